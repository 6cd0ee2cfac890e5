"""Plans, accounts, lines and bills as a page needs them, and what an import did."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from ringoff.kit.ids import AccountId, LineId

FileKind = Literal[
    "plans",
    "accounts",
    "lines",
    "bills",
    "bindings",
    "bill_items",
    "payments",
    "deposits",
    "prepaid_balances",
    "instalment_plans",
    "commitments",
    "usage",
    "mandates",
]
"""In the order in which they are written."""
BindingKind = Literal["mandate", "linked_app", "authorised_user", "instalments", "discount", "unlock", "voicemail"]
"""What hangs on a line and the carrier knows of."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`monthly_price` in minor units of `currency`."""

    plan_code: str
    name: str
    kind: Literal["prepaid", "postpaid"]
    monthly_price: int
    currency: str


@dataclass(frozen=True, slots=True)
class Account:
    id: AccountId
    account_number: str
    holder_name: str
    kind: Literal["consumer", "business"]
    email: str | None
    phone: str | None
    locale: str
    time_zone: str
    jurisdiction: str
    bill_cycle_day: int | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is now. A case keeps its own snapshot of the identities, because a number outlives its line."""

    id: LineId
    line_ref: str
    msisdn: str | None
    service: Literal["voice", "data", "iot"]
    imsi: str | None
    iccid: str | None
    eid: str | None
    imei: str | None
    status: Literal["active", "suspended", "closed"]
    activated_on: date | None
    paid_until: date | None
    primary_line_ref: str | None
    closed_at: datetime | None
    account: Account
    plan: Plan


@dataclass(frozen=True, slots=True)
class Bill:
    """Amounts in minor units of `currency`; `open_amount` is still to be paid."""

    number: str
    issued_on: date
    due_on: date | None
    amount: int
    open_amount: int
    currency: str
    pay_url: str | None
    has_document: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row of a file was not imported. `column` is empty where the whole row is meant."""

    file: str
    line: int
    column: str
    reason: str
    conflict: bool = False

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one file's rows. `conflicts` concern lines that have a case, or are closed: left as they were."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicts: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`problems` are the first few of all conflicts and rejected rows; the rejects file has every one of them."""

    plans: Tally
    accounts: Tally
    lines: Tally
    bills: Tally = Tally()
    bindings: Tally = Tally()
    bill_items: Tally = Tally()
    payments: Tally = Tally()
    deposits: Tally = Tally()
    prepaid_balances: Tally = Tally()
    instalment_plans: Tally = Tally()
    commitments: Tally = Tally()
    usage: Tally = Tally()
    mandates: Tally = Tally()
    problems: tuple[Problem, ...] = ()

    @property
    def conflicts(self) -> int:
        return sum(tally.conflicts for tally in self._tallies().values())

    @property
    def rejected(self) -> int:
        return sum(tally.rejected for tally in self._tallies().values())

    def summary(self) -> dict[str, Any]:
        """JSON-ready counts, for the audit log and `--json`. Not every carrier has every kind of money."""
        every_carrier = _KINDS[:5]
        told = {kind: tally for kind, tally in self._tallies().items() if kind in every_carrier or tally != Tally()}
        return {kind: asdict(tally) for kind, tally in told.items()}

    def _tallies(self) -> dict[FileKind, Tally]:
        return {kind: getattr(self, kind) for kind in _KINDS}


_KINDS: tuple[FileKind, ...] = get_args(FileKind)
