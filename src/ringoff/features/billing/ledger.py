"""Double entry, append-only: what was booked is never edited, a correction is a reversing transaction.

Amounts are whole minor units; above zero is a debit. In each currency a transaction's debits equal its credits, which
the database enforces as well.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.billing import ledger_store as store

Ledger = Literal[
    "receivable", "revenue", "tax", "cash", "elsewhere", "deposits", "prepaid", "refunds_due", "written_off"
]
TransactionKind = Literal[
    "bill", "payment", "settled_elsewhere", "deposit", "final_bill", "charge", "refund", "write_off", "reversal"
]


@dataclass(frozen=True, slots=True)
class Posting:
    """`bill_number`: which bill a receivable belongs to; none: to the account."""

    ledger: Ledger
    currency: str
    amount: int
    bill_number: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """`source` is what it books, once an account: "bill B-7". `dated`: the day it counts for, in the account's zone.

    Postings of nothing are left out when it is written; one without any (a bill of 0.00) says that it was looked at.
    ValueError where it does not balance.
    """

    account_id: int
    kind: TransactionKind
    source: str
    dated: date
    postings: Sequence[Posting]

    def __post_init__(self) -> None:
        sums: Counter[str] = Counter()
        for posting in self.postings:
            sums[posting.currency] += posting.amount
        if any(sums.values()):
            raise ValueError(f"{self.source} does not balance: {dict(sums)}")


async def book(conn: Connection, transactions: Iterable[Transaction], now: datetime) -> dict[tuple[int, str], int]:
    """Writes those whose (account_id, source) is not in the ledger yet; returns the ids of these, by that key."""
    fresh: dict[tuple[int, str], Transaction] = {}
    for one in transactions:
        fresh.setdefault((one.account_id, one.source), one)
    if not fresh:
        return {}
    ones = list(fresh.values())
    cursor = await conn.execute(
        store.TRANSACTIONS,
        {
            "account_ids": arrays.ints(one.account_id for one in ones),
            "kinds": arrays.texts([one.kind for one in ones]),
            "sources": arrays.texts([one.source for one in ones]),
            "dates": arrays.times([one.dated for one in ones]),
            "now": now,
        },
    )
    ids: dict[tuple[int, str], int] = {(account, source): id_ for id_, account, source in await cursor.fetchall()}
    rows = [
        (id_, entry, posting)
        for key, id_ in ids.items()
        for entry, posting in enumerate((p for p in fresh[key].postings if p.amount), start=1)
    ]
    if rows:
        await conn.execute(
            store.POSTINGS,
            {
                "transaction_ids": arrays.ints(id_ for id_, _, _ in rows),
                "entries": arrays.ints(entry for _, entry, _ in rows),
                "ledgers": arrays.texts([posting.ledger for _, _, posting in rows]),
                "currencies": arrays.texts([posting.currency for _, _, posting in rows]),
                "amounts": arrays.ints(posting.amount for _, _, posting in rows),
                "bill_numbers": arrays.texts([posting.bill_number for _, _, posting in rows]),
            },
        )
    return ids


async def reverse(conn: Connection, transaction_ids: Iterable[int], now: datetime) -> int:
    """Books the opposite of each, on today's day of its account: what was told of earlier days stays told.

    Once each, however often it is asked for; a reversal is not reversed: what it took back is booked again instead.
    Returns how many were reversed now.
    """
    ids = arrays.ints(set(transaction_ids))
    cursor = await conn.execute(store.REVERSALS, {"transaction_ids": ids, "now": now})
    reversals = [row[0] for row in await cursor.fetchall()]
    if reversals:
        await conn.execute(store.REVERSE_POSTINGS, {"transaction_ids": arrays.ints(reversals)})
    return len(reversals)
