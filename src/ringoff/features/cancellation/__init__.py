"""What Ringoff exists for: a line's cancellation, from the request to the proof that it is gone.

`model.py` holds the pure decisions, `store.py` the SQL. A command is one function: `request` (intake.py), `review`
(review.py), `request_account` (account.py), `request_declared` (declared.py), `ask_to_confirm`, `confirm_contact`
(contact.py), `offer_veto` (leeway.py), `reschedule`, `set_hold`, `lift_hold`, `port_out` (amend.py), `withdraw`
(withdrawal.py), `ripen` (release.py), `tell_bills` (billed.py), `tell_again` (again.py), `retry`, `resolve`
(fallout.py). `CaseOwner` (owner.py) is what the reconciler talks to. `casefile.py` reads.
"""

from ringoff.features.cancellation.account import request_account
from ringoff.features.cancellation.again import tell_again
from ringoff.features.cancellation.amend import lift_hold, port_out, reschedule, set_hold
from ringoff.features.cancellation.billed import tell_bills
from ringoff.features.cancellation.contact import ask_to_confirm, confirm_contact
from ringoff.features.cancellation.declared import request_declared
from ringoff.features.cancellation.fallout import (
    Obligation,
    ObligationId,
    get_obligation,
    list_obligations,
    resolve,
    retry,
    skipping,
)
from ringoff.features.cancellation.intake import request
from ringoff.features.cancellation.leeway import Leeway, offer_veto
from ringoff.features.cancellation.many import closing_many
from ringoff.features.cancellation.model import Receipt, Request, State, Step, When
from ringoff.features.cancellation.owner import CaseOwner, sweep
from ringoff.features.cancellation.promises import Cost, Going, costs, costs_of_choices
from ringoff.features.cancellation.release import ripen
from ringoff.features.cancellation.review import review
from ringoff.features.cancellation.terms import Terms
from ringoff.features.cancellation.withdrawal import PivotInDoubt, withdraw

__all__ = [
    "CaseOwner",
    "Cost",
    "Going",
    "Leeway",
    "Obligation",
    "ObligationId",
    "PivotInDoubt",
    "Receipt",
    "Request",
    "State",
    "Step",
    "Terms",
    "When",
    "ask_to_confirm",
    "closing_many",
    "confirm_contact",
    "costs",
    "costs_of_choices",
    "get_obligation",
    "lift_hold",
    "list_obligations",
    "offer_veto",
    "port_out",
    "request",
    "request_account",
    "request_declared",
    "reschedule",
    "resolve",
    "retry",
    "review",
    "ripen",
    "set_hold",
    "skipping",
    "sweep",
    "tell_again",
    "tell_bills",
    "withdraw",
]
