"""Who a holder is: signing in and proving it again, the way back in, and what each of it allows.

Functions take the edge's transaction. What a wrong answer counts must be committed, so `sign_in`, `second_factor` and
`step_up` *return* their refusal; `or_raise` turns it into an exception once the transaction is over:

    async with app.database.transaction() as conn:
        answer = await identity.sign_in(conn, app.identity, name, password, visit, now)
    signed_in = identity.or_raise(answer)
"""

from typing import TypeVar

from ringoff.features.identity.contacts import contacts_of_record, tell
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import ensure_login, record
from ringoff.features.identity.links import Link, make_link, open_link, use_link
from ringoff.features.identity.model import (
    AccountClosed,
    Earliest,
    Level,
    Method,
    Purpose,
    SecuritySummary,
    Session,
    SignedIn,
    Visit,
    earliest,
    rested,
)
from ringoff.features.identity.presence import (
    end_other_sessions,
    end_session,
    prove_again,
    session,
    sessions,
    start_session,
)
from ringoff.features.identity.recovery import RECOVERY, ask_reset, send_archive_link, set_password
from ringoff.features.identity.seeding import seed_login
from ringoff.features.identity.signing_in import second_factor, sign_in, step_up
from ringoff.kit.errors import RingoffError

_T = TypeVar("_T")


def or_raise(answer: _T | RingoffError) -> _T:
    """After the transaction, never within it: there it would take back the count of wrong answers."""
    if isinstance(answer, RingoffError):
        raise answer
    return answer


__all__ = [
    "RECOVERY",
    "AccountClosed",
    "Earliest",
    "Identity",
    "Level",
    "Link",
    "Method",
    "Purpose",
    "SecuritySummary",
    "Session",
    "SignedIn",
    "Visit",
    "ask_reset",
    "contacts_of_record",
    "earliest",
    "end_other_sessions",
    "end_session",
    "ensure_login",
    "make_link",
    "open_link",
    "or_raise",
    "prove_again",
    "record",
    "rested",
    "second_factor",
    "seed_login",
    "send_archive_link",
    "session",
    "sessions",
    "set_password",
    "sign_in",
    "start_session",
    "step_up",
    "tell",
    "use_link",
]
