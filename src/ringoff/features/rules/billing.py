"""The section [billing]: what the law of a place, or our own care, says of the money of leaving."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ringoff.features.rules.values import Duration, Strict

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class BillingRules(Strict):
    """Amounts are whole minor units."""

    proration: Literal["as_sold", "daily"]
    """daily: days that were billed and not used come back, whatever the plan says; as_sold: the plan says."""
    unpaid: Literal["block", "charge", "follow"]
    """Unpaid bills keep the line from leaving, are charged with any final bill, or with the account's last one."""
    prepaid: Literal["refund", "forfeit"]
    """What was paid for and not used of a prepaid balance. What was given for nothing is never paid out."""
    early_termination: Literal["as_agreed", "first_term", "none"]
    """Whether the agreed fee may be charged; first_term: not for a contract that prolonged itself."""
    instalments: Literal["continue", "due"]
    """Of a device, where its plan says nothing and another line of the account goes on. With the last line: due."""
    written_off_below: dict[Currency, Annotated[int, Field(ge=0)]]
    """What a holder owes in all and is not worth the asking. What is owed to them is always returned."""
    unbilled_most: Duration
    """How long ago service may have been used that no bill has yet. Nobody asks for what lies further back."""
    usage_cut_off: Duration
    """How long after closing usage may still arrive, on a supplementary bill; the carrier bears what comes later."""
    refund_within: Duration
    """How soon a refund has to be with the holder."""
    documents_kept: Duration
    """How long bills are kept, and then erased."""
    paper: Literal["a4", "us-letter"] = "a4"
    """On which they are printed there."""

    def writes_off(self, total: int, currency: str) -> bool:
        return 0 < total < self.written_off_below.get(currency, 0)
