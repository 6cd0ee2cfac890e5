"""What the hotline's menu remembers of a call between two turns, so that any process can take the next one.

The state is the menu's own; here it is only kept, under a lock while somebody thinks about it, and forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from ringoff.db.pool import Connection
from ringoff.features.calls import store

KEPT = timedelta(days=1)
"""After the last word. What happened stands in the audit log."""


@dataclass(frozen=True, slots=True)
class Remembered:
    caller: str | None
    state: Mapping[str, Any]
    ended: bool


async def begin(conn: Connection, id_: str, caller: str | None, state: Mapping[str, Any], now: datetime) -> bool:
    """False: it had begun already, and stays as it is."""
    values = {"id": id_, "caller": caller, "state": Jsonb(state), "now": now}
    return (await conn.execute(store.BEGIN_CONVERSATION, values)).rowcount == 1


async def hold(conn: Connection, id_: str) -> Remembered | None:
    """Under its lock, until the transaction ends."""
    row = await (await conn.execute(store.HOLD_CONVERSATION, {"id": id_})).fetchone()
    return Remembered(*row) if row else None


async def keep(conn: Connection, id_: str, state: Mapping[str, Any], now: datetime) -> None:
    await conn.execute(store.KEEP_CONVERSATION, {"id": id_, "state": Jsonb(state), "now": now})


async def end(conn: Connection, id_: str, now: datetime) -> None:
    await conn.execute(store.END_CONVERSATION, {"id": id_, "now": now})


async def forget_expired(conn: Connection, now: datetime, limit: int = 10_000) -> None:
    """Also who waited then; and calls that ended without a word are ended."""
    before = {"before": now - KEPT, "limit": limit}
    for statement in (store.FORGET_CONVERSATIONS, store.FORGET_WAITING, store.END_SILENT_CALLS):
        await conn.execute(statement, {**before, "now": now})
