"""A final bill is issued: numbered, booked, and what follows from it owed, all in the caller's transaction."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.billing import closing_store as store
from ringoff.features.billing.ledger import Ledger, Posting, Transaction, book
from ringoff.features.billing.model import Difference, FinalBill, FinalItem, FinalKind, Settled
from ringoff.features.billing.serial import continuing_to_json, differences_to_json, items_to_json
from ringoff.kit.ids import case_number
from ringoff.reconcile import store as obligations
from ringoff.reconcile.model import NewObligation

# Against which ledger an item's net and tax are booked; what was owed before moves over from its own bill.
_LEDGER: dict[FinalKind, Ledger] = {"prepaid_balance": "prepaid", "deposit": "deposits"}
_TAKEN_OVER: frozenset[FinalKind] = frozenset({"unpaid_bill", "credit"})


@dataclass(frozen=True, slots=True)
class Issue:
    """One currency of what leaving with one line cost. `version` above 1: a supplementary bill."""

    case_id: int
    account_id: int
    line_id: int
    version: int
    last_day: date
    priority: int
    bill: FinalBill
    settled: Settled
    differences: tuple[Difference, ...] = ()
    one_of_several: bool = False
    """Whether the case has bills in other currencies as well."""

    @property
    def number(self) -> str:
        """`F-2N9S-3BZEF`: the case's, so that whoever has one finds the other."""
        currency = f"-{self.settled.currency}" if self.one_of_several else ""
        version = f"-{self.version}" if self.version > 1 else ""
        return f"F{case_number(self.case_id)[1:]}{currency}{version}"

    @property
    def state(self) -> str:
        if self.settled.written_off:
            return "written_off"
        routes = {movement.route for movement in self.settled.movements}
        if "processor" in routes:
            return "moving"
        return "task" if "transfer" in routes else "open" if routes else "settled"


async def issue(conn: Connection, issues: Sequence[Issue], now: datetime, system: str | None) -> None:
    """`system`: the one that moves money. Each number is issued once: the database refuses a second."""
    if not issues:
        return
    ids = await _insert_bills(conn, issues, now)
    await _take_up(conn, issues, now)
    await book(conn, [transaction for one in issues for transaction in _transactions(one)], now)
    moving = [(one, movement) for one in issues for movement in one.settled.movements]
    if not moving:
        return
    cursor = await conn.execute(
        store.INSERT_MOVEMENTS,
        {
            "now": now,
            "bill_ids": arrays.ints([ids[one.number] for one, _ in moving]),
            "account_ids": arrays.ints([one.account_id for one, _ in moving]),
            "kinds": arrays.texts([movement.kind for _, movement in moving]),
            "amounts": arrays.ints([abs(movement.amount) for _, movement in moving]),
            "currencies": arrays.texts([movement.currency for _, movement in moving]),
            "routes": arrays.texts([movement.route for _, movement in moving]),
            "payments": arrays.texts([movement.payment_ref for _, movement in moving]),
        },
    )
    numbered = [row[0] for row in await cursor.fetchall()]
    owed = [
        NewObligation(movement_id, system, movement.kind, 1, one.priority, now)
        for movement_id, (one, movement) in zip(numbered, moving, strict=True)
        if system is not None and movement.route == "processor"
    ]
    await obligations.insert(conn, owed, now)


async def _insert_bills(conn: Connection, issues: Sequence[Issue], now: datetime) -> dict[str, int]:
    cursor = await conn.execute(
        store.INSERT_FINAL_BILLS,
        {
            "now": now,
            "case_ids": arrays.ints([one.case_id for one in issues]),
            "account_ids": arrays.ints([one.account_id for one in issues]),
            "versions": arrays.ints([one.version for one in issues]),
            "currencies": arrays.texts([one.settled.currency for one in issues]),
            "numbers": arrays.texts([one.number for one in issues]),
            "last_days": arrays.times([one.last_day for one in issues]),
            "items": arrays.texts([items_to_json(one.bill.items) for one in issues]),
            "continuing": arrays.texts([continuing_to_json(one.bill.continuing) for one in issues]),
            "totals": arrays.ints([one.settled.total for one in issues]),
            "differences": arrays.texts([differences_to_json(one.differences) for one in issues]),
            "states": arrays.texts([one.state for one in issues]),
        },
    )
    return dict(await cursor.fetchall())


async def _take_up(conn: Connection, issues: Sequence[Issue], now: datetime) -> None:
    """What these bills have taken up is on no later one."""
    rows = [(one, item) for one in issues for item in one.bill.items]
    usage = [(one, item) for one, item in rows if item.kind == "usage"]
    deposits = [(one, item) for one, item in rows if item.kind == "deposit"]
    balances = [(one, item) for one, item in rows if item.kind == "prepaid_balance"]
    bills = [(one, item) for one, item in rows if item.kind in _TAKEN_OVER]
    due = [(one, item) for one, item in rows if item.kind == "instalments"]
    for found, statement in (
        (usage, store.USAGE_BILLED),
        (deposits, store.DEPOSITS_RETURNED),
        (balances, store.BALANCES_SPENT),
        (bills, store.BILLS_TAKEN_OVER),
        (due, store.INSTALMENTS_DUE),
    ):
        if found:
            await conn.execute(
                statement,
                {
                    "now": now,
                    "line_ids": arrays.ints([one.line_id for one, _ in found]),
                    "account_ids": arrays.ints([one.account_id for one, _ in found]),
                    "refs": arrays.texts([_reference(item) for _, item in found]),
                    "currencies": arrays.texts([item.currency for _, item in found]),
                    "credits": arrays.ints([max(0, -item.net) for _, item in found]),
                    "numbers": arrays.texts([one.number for one, _ in found]),
                },
            )


def _transactions(one: Issue) -> Iterator[Transaction]:
    currency, number = one.settled.currency, one.number
    sums: Counter[tuple[Ledger, str | None]] = Counter()
    for item in one.bill.items:
        sums["receivable", number] += item.total
        if item.kind in _TAKEN_OVER:
            sums["receivable", _reference(item)] -= item.total
        elif item.kind in _LEDGER:
            sums[_LEDGER[item.kind], None] -= item.total
        else:
            sums["revenue", None] -= item.net
            sums["tax", None] -= item.tax
    postings = [Posting(ledger, currency, amount, bill) for (ledger, bill), amount in sums.items()]
    if postings:
        yield Transaction(one.account_id, "final_bill", f"final bill {number}", one.last_day, postings)
    if one.settled.written_off:
        off = (
            Posting("receivable", currency, -one.settled.total, number),
            Posting("written_off", currency, one.settled.total),
        )
        yield Transaction(one.account_id, "write_off", f"write-off {number}", one.last_day, off)


def _reference(item: FinalItem) -> str:
    """The last part of `usage U-7`, `deposit D-1`, `bill B-9`, `instalments 12/P-3`."""
    return item.source.partition(" ")[2]
