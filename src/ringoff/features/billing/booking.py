"""Books what was imported: bills, payments, deposits, and what was settled before or beside us.

Each row of these has one transaction that books it as it is now; where an import changed the row, that transaction is
reversed and another one booked, on the day on which we learned it. When all is booked, what the ledger has as
receivable of a bill is what is open of it. A payment for a bill that a final bill took over stays on the account.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, LiteralString, TypeVar

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.billing import ledger_store as store
from ringoff.features.billing.ledger import Posting, Transaction, book, reverse
from ringoff.features.billing.moving import paid_by_holders

_BATCH = 2_000  # rows
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class _Due:
    """A row to be booked. `booked`: the transaction that books it as it was before, if there is one."""

    ref: str
    today: date
    booked: int | None
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class _DuePayment(_Due):
    of_bill: str | None


@dataclass(frozen=True, slots=True)
class _DueBill(_Due):
    currency: str
    left: int
    """Open, or below zero: the credit that is left."""


async def book_imported(conn: Connection, now: datetime, account_ids: Sequence[int] | None = None) -> int:
    """Of these accounts, or of all; returns how many transactions were booked, reversals included."""
    asked = {"now": now, "account_ids": None if account_ids is None else arrays.ints(account_ids), "limit": _BATCH}
    booked = 0
    while payments := await _due(conn, store.UNBOOKED_PAYMENTS, asked, _payment):
        booked += await _book(conn, payments, store.PAYMENTS_BOOKED, now)
        await paid_by_holders(conn, {(row.transaction.account_id, row.of_bill) for row in payments if row.of_bill}, now)
    while deposits := await _due(conn, store.UNBOOKED_DEPOSITS, asked, _deposit):
        booked += await _book(conn, deposits, store.DEPOSITS_BOOKED, now)
    while bills := await _due(conn, store.UNBOOKED_BILLS, asked, _bill):
        booked += await _book(conn, bills, store.BILLS_BOOKED, now)
        booked += await _settle(conn, bills, now)
    return booked


async def _due(
    conn: Connection, statement: LiteralString, asked: dict[str, Any], read: Callable[..., _Row]
) -> list[_Row]:
    return [read(*row) for row in await (await conn.execute(statement, asked)).fetchall()]


def _payment(
    account_id: int,
    ref: str,
    bill_number: str | None,
    amount: int,
    currency: str,
    dated: date,
    today: date,
    booked: int | None,
    taken: bool,
) -> _DuePayment:
    of_bill = None if taken and booked is None else bill_number
    postings = (Posting("cash", currency, amount), Posting("receivable", currency, -amount, of_bill))
    transaction = Transaction(account_id, "payment", f"payment {ref}", dated, postings)
    return _DuePayment(ref, today, booked, transaction, of_bill)


def _deposit(
    account_id: int, ref: str, amount: int, currency: str, dated: date, today: date, booked: int | None
) -> _Due:
    postings = (Posting("cash", currency, amount), Posting("deposits", currency, -amount))
    return _Due(ref, today, booked, Transaction(account_id, "deposit", f"deposit {ref}", dated, postings))


def _bill(
    account_id: int,
    number: str,
    amount: int,
    currency: str,
    dated: date,
    today: date,
    booked: int | None,
    left: int,
    tax: int,
) -> _DueBill:
    postings = (
        Posting("receivable", currency, amount, number),
        Posting("revenue", currency, tax - amount),
        Posting("tax", currency, -tax),
    )
    transaction = Transaction(account_id, "bill", f"bill {number}", dated, postings)
    return _DueBill(number, today, booked, transaction, currency, left)


async def _book(conn: Connection, rows: Sequence[_Due], mark: LiteralString, now: datetime) -> int:
    before = await _postings(conn, [row.booked for row in rows if row.booked is not None])
    written = [(row.booked, [p for p in row.transaction.postings if p.amount]) for row in rows]
    stale = {booked for booked, postings in written if booked is not None and before[booked] != postings}
    reversed_ = await reverse(conn, stale, now)
    fresh = {
        (row.transaction.account_id, row.ref): row.transaction
        if row.booked is None
        else replace(row.transaction, source=f"{row.transaction.source} after {row.booked}", dated=row.today)
        for row in rows
        if row.booked is None or row.booked in stale
    }
    ids = await book(conn, fresh.values(), now)
    new = {key: ids.get((one.account_id, one.source)) for key, one in fresh.items()}
    accounts = [row.transaction.account_id for row in rows]
    marked = {
        "account_ids": arrays.ints(accounts),
        "refs": arrays.texts([row.ref for row in rows]),
        "transaction_ids": arrays.ints(
            new.get((account_id, row.ref), row.booked) for account_id, row in zip(accounts, rows, strict=True)
        ),
    }
    await conn.execute(mark, marked)
    return reversed_ + len(ids)


async def _postings(conn: Connection, transaction_ids: Sequence[int]) -> dict[int, list[Posting]]:
    found: defaultdict[int, list[Posting]] = defaultdict(list)
    if transaction_ids:
        asked = {"transaction_ids": arrays.ints(transaction_ids)}
        for id_, *posting in await (await conn.execute(store.BOOKED_POSTINGS, asked)).fetchall():
            found[id_].append(Posting(*posting))
    return found


async def _settle(conn: Connection, bills: Sequence[_DueBill], now: datetime) -> int:
    """What is open of a bill by what the carrier says, and not by what we know: it was paid elsewhere.

    Or from what stands on the account and was not said for what. A bill that a final bill took over is ours to settle.
    """
    accounts = arrays.ints(bill.transaction.account_id for bill in bills)
    refs = {"account_ids": accounts, "refs": arrays.texts([bill.ref for bill in bills])}
    owed: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    times: Counter[tuple[int, str]] = Counter()
    ours = set()
    for account, ref, currency, amount, count, taken in await (await conn.execute(store.RECEIVABLES, refs)).fetchall():
        owed[account, ref][currency] += amount
        times[account, ref] += count
        if taken:
            ours.add((account, ref))
    differing: dict[_DueBill, dict[str, int]] = {}
    for bill in bills:
        key = (bill.transaction.account_id, bill.ref)
        owed[key][bill.currency] -= bill.left
        if key not in ours and any(owed[key].values()):
            differing[bill] = {currency: amount for currency, amount in owed[key].items() if amount}
    if not differing:
        return 0
    on_account = await _on_account(conn, differing)
    return len(await book(conn, [_elsewhere(bill, of, on_account, times) for bill, of in differing.items()], now))


async def _on_account(conn: Connection, bills: dict[_DueBill, dict[str, int]]) -> Counter[tuple[int, str]]:
    asked = {"account_ids": arrays.ints({bill.transaction.account_id for bill in bills})}
    rows = await (await conn.execute(store.ON_ACCOUNT, asked)).fetchall()
    return Counter({(account, currency): amount for account, currency, amount in rows})


def _elsewhere(
    bill: _DueBill, settled: dict[str, int], on_account: Counter[tuple[int, str]], times: Counter[tuple[int, str]]
) -> Transaction:
    """`on_account` is what stands there; what is taken from it is gone for the next bill."""
    account_id = bill.transaction.account_id
    postings = []
    for currency, amount in settled.items():
        standing = -on_account[account_id, currency]
        taken = min(amount, max(standing, 0)) if amount > 0 else max(amount, min(standing, 0))
        on_account[account_id, currency] += taken
        postings += [
            Posting("receivable", currency, -amount, bill.ref),
            Posting("receivable", currency, taken),
            Posting("elsewhere", currency, amount - taken),
        ]
    source = f"settled {bill.ref} #{times[account_id, bill.ref]}"
    dated = bill.transaction.dated if bill.booked is None else bill.today
    return Transaction(account_id, "settled_elsewhere", source, dated, postings)
