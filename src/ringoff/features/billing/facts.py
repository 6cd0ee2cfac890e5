"""What is known of the money around lines, as of now: one statement a kind, however many lines are asked about."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, LiteralString

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.billing import store
from ringoff.features.billing.model import (
    Balance,
    BilledItem,
    Commitment,
    Deposit,
    Facts,
    Instalments,
    OpenBill,
    Payment,
    Usage,
)

_PAYMENTS_MOST = 24
"""How many of the newest of an account a refund may go back to: what is more goes by transfer."""
_OF_LINES: Mapping[str, tuple[LiteralString, Callable[..., Any]]] = {
    "items": (store.ITEMS, BilledItem),
    "usage": (store.USAGE, Usage),
    "commitments": (store.COMMITMENTS, Commitment),
    "balances": (store.BALANCES, Balance),
    "deposits": (store.DEPOSITS_OF_LINES, Deposit),
}
_OF_ACCOUNTS: Mapping[str, tuple[LiteralString, Callable[..., Any]]] = {
    "instalments": (store.INSTALMENTS, Instalments),
    "deposits": (store.DEPOSITS_OF_ACCOUNTS, Deposit),
    "open_bills": (store.OPEN_BILLS, OpenBill),
    "payments": (store.PAYMENTS, Payment),
}


async def facts(conn: Connection, line_ids: Sequence[int]) -> dict[int, Facts]:
    """By line; a line that does not exist is missing. In each: items by period, payments newest first."""
    asked: dict[str, Any] = {"line_ids": arrays.ints(set(line_ids)), "limit": _PAYMENTS_MOST}
    lines = await (await conn.execute(store.LINES, asked)).fetchall()
    asked["account_ids"] = arrays.ints({line[1] for line in lines})
    of_lines = {name: await _by_owner(conn, *how, asked) for name, how in _OF_LINES.items()}
    of_accounts = {name: await _by_owner(conn, *how, asked) for name, how in _OF_ACCOUNTS.items()}
    told = {}
    for line in lines:
        own: dict[str, Any] = {name: found.get(line[0], ()) for name, found in of_lines.items()}
        shared = {name: found.get(line[1], ()) for name, found in of_accounts.items()}
        told[line[0]] = Facts(*line, **(own | shared | {"deposits": own["deposits"] + shared["deposits"]}))
    return told


async def _by_owner(
    conn: Connection, statement: LiteralString, shape: Callable[..., Any], asked: Mapping[str, Any]
) -> dict[int, tuple[Any, ...]]:
    """`statement` gives the line or the account, then the fields of `shape`. Those that have nothing are missing."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for owner, *fields in await (await conn.execute(statement, asked)).fetchall():
        found[owner].append(shape(*fields))
    return {owner: tuple(of_owner) for owner, of_owner in found.items()}
