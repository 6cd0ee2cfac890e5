"""What the final bill is made from, and what it is. Pure: no database, no clock.

Amounts are whole minor units; a positive amount is owed by the holder, a negative one to them. Days are days in the
account's own time zone; a period runs from `first` to `end`, the first day that is no longer in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Proration = Literal["none", "daily", "to_period_end"]
BilledKind = Literal["recurring", "add_on", "discount", "usage", "one_time", "instalment"]
FinalKind = Literal[
    "unused_service",  # billed in advance and not used: comes back
    "used_service",  # used and not billed yet
    "usage",
    "instalments",
    "early_termination",
    "prepaid_balance",
    "deposit",
    "unpaid_bill",
    "credit",
]


@dataclass(frozen=True, slots=True)
class BilledItem:
    """A line of a bill, as it was billed. A discount's `net` is negative."""

    bill_number: str
    item: int
    kind: BilledKind
    name: str
    currency: str
    net: int
    tax: int
    tax_name: str = ""
    first: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    usage_ref: str
    name: str
    used_at: datetime
    currency: str
    net: int
    tax: int
    tax_name: str = ""


@dataclass(frozen=True, slots=True)
class Instalments:
    plan_ref: str
    name: str
    currency: str
    instalment: int
    remaining: int
    next_due: date | None
    on_leaving: Literal["continue", "due"] | None
    line_id: int = 0
    """Whose they are; 0: of the line that is looked at."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """`fee` is what leaving on the first day would cost; `ends_on` is its last day."""

    commitment_ref: str
    name: str
    starts_on: date
    ends_on: date
    currency: str
    fee: int
    declines: Literal["none", "monthly"]
    rolled_over: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    currency: str
    amount: int
    promotional: int
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Deposit:
    """Of the line, or (`of_account`) of the account, which gets it back with its last line."""

    deposit_ref: str
    taken_on: date
    currency: str
    amount: int
    of_account: bool


@dataclass(frozen=True, slots=True)
class OpenBill:
    """A bill that is not paid whole (`amount` > 0), or a credit note that is not used up (< 0)."""

    bill_number: str
    issued_on: date
    due_on: date | None
    currency: str
    amount: int
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """`left`: what has not been refunded of it. Only what a processor knows can go back the way it came."""

    payment_ref: str
    received_at: datetime
    currency: str
    left: int
    processor_ref: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of the money around one line, as of one moment."""

    line_id: int
    account_id: int
    time_zone: str
    proration: Proration
    billed: Literal["advance", "arrears"]
    price: int
    """The plan's price of a month today: asked only where the line was never billed at all."""
    currency: str
    bill_cycle_day: int | None
    activated_on: date | None
    kind: Literal["prepaid", "postpaid"] = "postpaid"
    items: Sequence[BilledItem] = ()
    usage: Sequence[Usage] = ()
    instalments: Sequence[Instalments] = ()
    """Of all lines of the account: those that went on after their line had closed end with the account."""
    commitments: Sequence[Commitment] = ()
    balances: Sequence[Balance] = ()
    deposits: Sequence[Deposit] = ()
    open_bills: Sequence[OpenBill] = ()
    payments: Sequence[Payment] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """`last_day`: of service. `charged_until`: earlier, where the end counts from a declaration.

    `unbilled_since`: service that no bill has, although it was used before that day, is not asked for any more.
    `closed_at`: when the network let go, the end of usage; None while that lies ahead. `last_line`: the account ends.
    """

    last_day: date
    last_line: bool
    charged_until: date | None = None
    closed_at: datetime | None = None
    unbilled_since: date | None = None

    @property
    def last_charged(self) -> date:
        return self.last_day if self.charged_until is None else min(self.last_day, self.charged_until)


@dataclass(frozen=True, slots=True)
class FinalItem:
    """One row of a final bill: it can be checked with a pencil. `source` names what it comes from, once a bill.

    `days` of `of_days`, where it is a part of a period; `months` of `of_months`, where it is a part of a commitment.
    `of_net`: what they are a part of, the price of the whole period as it was billed or the fee as it was agreed, in
    the item's own direction. `rule` is why: a word that the pages and the bill explain.
    """

    kind: FinalKind
    name: str
    source: str
    currency: str
    net: int
    tax: int = 0
    tax_name: str = ""
    first: date | None = None
    end: date | None = None
    days: int | None = None
    of_days: int | None = None
    months: int | None = None
    of_months: int | None = None
    of_net: int | None = None
    rule: str = ""

    @property
    def total(self) -> int:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class FinalBill:
    """What leaving costs, or brings. `continuing`: instalments that go on because another line does."""

    items: tuple[FinalItem, ...]
    continuing: tuple[Instalments, ...] = ()

    @property
    def totals(self) -> Mapping[str, int]:
        sums: dict[str, int] = {}
        for item in self.items:
            sums[item.currency] = sums.get(item.currency, 0) + item.total
        return sums


@dataclass(frozen=True, slots=True)
class Difference:
    """Why a settled item is not what was quoted. `because` names the event: payment, usage, bill, credit, leaving_day.

    None: nothing that is known explains it, and a person has to look before any money moves.
    """

    source: str
    currency: str
    quoted: int
    settled: int
    because: str | None


@dataclass(frozen=True, slots=True)
class Movement:
    """An amount that goes one way. Above zero it is charged, else it is returned, to `payment_ref` where it can be."""

    currency: str
    amount: int
    kind: Literal["charge", "refund"]
    route: Literal["processor", "transfer", "guest"]
    payment_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What follows from a final bill in one currency."""

    currency: str
    total: int
    written_off: bool
    movements: tuple[Movement, ...] = field(default=())
