"""An account's statement, from the ledger: what was owed, what happened, what is owed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ringoff.db.pool import Connection
from ringoff.features.billing import ledger_store as store
from ringoff.features.billing.ledger import TransactionKind
from ringoff.kit.errors import InvalidInput

STATEMENT_MOST = 2_000
"""How many rows one statement tells, unless more are asked for."""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """`amount` above zero: owed by the holder; `balance` of this currency, after it. `source`: "bill B-7"."""

    dated: date
    kind: TransactionKind
    source: str
    currency: str
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class Statement:
    """By day, both days included. Balances by currency: above zero the holder owes, below zero they are owed.

    `deposits`: held at the end, by currency; they are the holder's and pay nothing until they are returned.
    `shortened`: there were more rows than are told; the closing balance counts them all.
    """

    since: date
    until: date
    opening: Mapping[str, int]
    rows: Sequence[StatementRow]
    closing: Mapping[str, int]
    deposits: Mapping[str, int]
    shortened: bool = False


def period(since: date | None, until: date | None, today: date, usual: timedelta) -> tuple[date, date]:
    """Both days of a statement; `usual`: how long it is where only its end is known.

    Raises InvalidInput (`period_invalid`).
    """
    last = until or today
    with suppress(OverflowError):  # the first days of our calendar have none before them
        first = since or last - usual
        if first <= last < date.max:
            return first, last
    raise InvalidInput("period_invalid", "A statement ends on the day on which it begins, or later.")


async def statement(
    conn: Connection,
    account_id: int,
    since: date,
    until: date,
    *,
    in_confidence: bool = True,
    most: int = STATEMENT_MOST,
) -> Statement:
    """`until` at least `since`, else nothing is told. `in_confidence`: with what its own holder must not learn of.

    `most`: how many rows are told, the oldest first.
    """
    asked = {"account_id": account_id, "since": since, "until": until, "in_confidence": in_confidence}
    asked |= {"limit": most + 1}
    opening = await _balances(conn, asked, since)
    closing = await _balances(conn, asked, until + timedelta(days=1))
    told = await (await conn.execute(store.STATEMENT, asked)).fetchall()
    running = Counter(opening)
    rows = []
    for dated, kind, source, currency, amount in told[:most]:
        running[currency] += amount
        rows.append(StatementRow(dated, kind, source, currency, amount, running[currency]))
    deposits: dict[str, int] = dict(await (await conn.execute(store.DEPOSITS_HELD, asked)).fetchall())
    return Statement(since, until, opening, rows, closing, deposits, len(told) > most)


async def _balances(conn: Connection, asked: Mapping[str, Any], day: date) -> dict[str, int]:
    """At the beginning of `day`; a currency that was never used is missing."""
    rows = await (await conn.execute(store.BALANCE_BEFORE, {**asked, "day": day})).fetchall()
    return dict(rows)
