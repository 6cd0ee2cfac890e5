"""What a final bill and a statement tell. Pure: no database, no clock.

Amounts are whole minor units; above zero they are owed by the holder, below they go to them. What is not known is
left at its default, and is then not told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ringoff.features.billing.model import Difference, FinalItem, Instalments
from ringoff.features.billing.statement import Statement
from ringoff.features.notices.model import Service

Paper = Literal["a4", "us-letter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    carrier_name: str
    support: str = ""
    """How a person is reached, as the carrier writes it."""
    pay_to: str = ""
    """How a bill is paid that no card pays, as the carrier writes it: a bank account, a desk."""
    accent: str = "#0f5c5c"
    """The carrier's colour; darkened until text in it can be read on white."""
    paper: Paper = "a4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    name: str
    account_number: str
    locale: str
    """Any BCP 47 tag: the document is in the nearest language that we speak."""
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An amount (above zero) that is charged or refunded, as in `money_movement`.

    `to`: what it is charged to or returned to, as the holder knows it ("Visa ending in 4242"); "" where that is not
    known. `by`: the last day; `done_on`: when it was done. `pay_url`: where a guest pays.
    """

    kind: Literal["charge", "refund"]
    amount: int
    route: Literal["processor", "transfer", "cheque", "guest"]
    to: str = ""
    by: date | None = None
    done_on: date | None = None
    pay_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalBillDocument:
    """A final bill in one currency: items in another one do not stand on it."""

    sender: Sender
    holder: Holder
    bill_number: str
    case_number: str
    issued_at: datetime
    currency: str
    items: Sequence[FinalItem]
    last_day: date
    line_ref: str
    msisdn: str | None = None
    """E.164 with its plus."""
    iccid: str | None = None
    service: Service = "voice"
    plan_name: str = ""
    charged_until: date | None = None
    """Where the end counts from a declaration: earlier than the last day."""
    version: int = 1
    """From 2 on it is a supplementary bill."""
    continuing: Sequence[Instalments] = ()
    differences: Sequence[Difference] = ()
    ways: Sequence[Way] = ()
    written_off: bool = False
    late_usage_until: date | None = None
    """Until then usage may arrive and make a supplementary bill."""

    @property
    def total(self) -> int:
        return sum(item.total for item in self.items if item.currency == self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDocument:
    sender: Sender
    holder: Holder
    issued_at: datetime
    statement: Statement
