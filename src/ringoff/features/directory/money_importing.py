"""Checks the files of money against each other and against what is known. The SQL is in money_checks.py."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg import sql

from ringoff.db.pool import Connection
from ringoff.features.directory import holder_staging, money_checks, staging
from ringoff.features.directory.kinds import KINDS, MONEY, UNCHANGED
from ringoff.features.directory.model import FileKind

Check = sql.SQL | sql.Composed | LiteralString
_CLOCKS_APART = timedelta(minutes=5)
_EARLIEST_ZONE = timedelta(hours=14)  # east of Greenwich: where a day begins first

_NAMED: Sequence[tuple[FileKind, Check]] = (
    *((kind, staging.STRANGE_ACCOUNT) for kind in ("bills", "bill_items", "payments", "deposits", "mandates")),
    ("bill_items", holder_staging.STRANGE_LINE),
    ("deposits", holder_staging.STRANGE_LINE),
    ("prepaid_balances", holder_staging.STRANGE_LINE),
    ("instalment_plans", holder_staging.STRANGE_LINE),
    ("commitments", holder_staging.STRANGE_LINE),
    ("usage", holder_staging.STRANGE_LINE),
)
_DATED: Sequence[tuple[FileKind, str]] = (
    ("bills", "issued_on"),
    ("payments", "received_at"),
    ("deposits", "taken_on"),
    ("usage", "used_at"),
)
_SOUND: Sequence[tuple[FileKind, Check]] = (
    ("bill_items", money_checks.STRANGE_BILL),
    ("payments", money_checks.STRANGE_BILL),
    ("bill_items", money_checks.ITEMS_DO_NOT_ADD_UP),
    ("bills", money_checks.BILL_LEFT_ITS_ITEMS),
    ("bill_items", money_checks.OTHER_CURRENCY),
    ("payments", money_checks.OTHER_CURRENCY),
    ("bills", money_checks.BILL_PAID_IN_OTHER_CURRENCY),
    ("payments", money_checks.PAID_TOO_MUCH),
    ("bills", money_checks.OPEN_TOO_MUCH),
    ("payments", money_checks.REFUNDED_MORE),
    ("deposits", money_checks.DEPOSIT_ON_OTHER_ACCOUNT),
    ("usage", money_checks.STRANGE_BILL_OF_USAGE),
)
_LEFT_AS_IT_IS: Sequence[tuple[FileKind, Check]] = (
    ("bills", money_checks.SETTLED_BILL),
    ("bill_items", money_checks.SETTLED_BILL),
    ("deposits", money_checks.RETURNED_DEPOSIT),
    ("deposits", holder_staging.CLOSED_LINE),
    ("prepaid_balances", holder_staging.CLOSED_LINE),
    ("instalment_plans", holder_staging.CLOSED_LINE),
    ("commitments", holder_staging.CLOSED_LINE),
    ("usage", money_checks.BILLED_USAGE),
    ("usage", money_checks.LATE_USAGE),
)


async def check_money(conn: Connection, kinds: Collection[FileKind], now: datetime) -> int:
    """After the lines, some of which were refused; returns how many bills say what is known already."""
    await _run(conn, _NAMED, kinds, now)
    for statement in (money_checks.KNOWN_BILLS, money_checks.KNOWN_PAYMENTS, money_checks.ANALYZE_KNOWN):
        await conn.execute(statement, prepare=False)
    await conn.execute(money_checks.SPELLED, prepare=False)
    for kind, column in _DATED:
        names = {"column": sql.Identifier(column), "name": sql.Literal(column)}
        future = money_checks.FUTURE.format(staged=staging.name_of(kind), **names)
        latest = (now + _EARLIEST_ZONE).date() if column.endswith("_on") else now + _CLOCKS_APART
        await conn.execute(future, {"file": KINDS.index(kind), "latest": latest})
    await _run(conn, _SOUND, kinds, now)
    unchanged = (await conn.execute(UNCHANGED["bills"])).rowcount
    await _run(conn, _LEFT_AS_IT_IS, kinds, now)
    return unchanged


async def leave_out_money(conn: Connection, kinds: Collection[FileKind]) -> None:
    """All of it where a row of it is wrong: a part of somebody's money is a wrong amount."""
    cursor = await conn.execute(money_checks.WRONG_MONEY, {"files": [KINDS.index(kind) for kind in MONEY]})
    if await cursor.fetchone() == (True,):
        await _run(conn, [(kind, money_checks.LEFT_OUT) for kind in MONEY], kinds, None)


async def _run(
    conn: Connection, checks: Sequence[tuple[FileKind, Check]], kinds: Collection[FileKind], now: datetime | None
) -> None:
    for kind, check in checks:
        if kind in kinds:
            asked: dict[str, Any] = {"file": KINDS.index(kind), "now": now}
            names = {"staged": staging.name_of(kind), "name": sql.Literal(kind)}
            await conn.execute(check.format(**names) if isinstance(check, sql.SQL) else check, asked)
