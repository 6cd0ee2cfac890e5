"""When its time is over, a representation's key is shredded: nobody reads any more who it was, nor any paper."""

from collections.abc import Sequence
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import subject_keys
from ringoff.features.representation import store
from ringoff.features.representation.service import part_of, record
from ringoff.kit.actor import SYSTEM, Actor


async def shred(conn: Connection, ids: Sequence[int], actor: Actor, now: datetime) -> int:
    """For good, backups included. That there was one, and how it was decided, stays. Returns how many it was."""
    asked = {"ids": arrays.ints(ids), "now": now}
    shredded = await (await conn.execute(store.SHRED, asked)).fetchall()
    await conn.execute(store.SHRED_PAPERS, asked)
    for id_, account_id in shredded:
        await subject_keys.shred(conn, [account_id], part_of(id_), now)
        await record(conn, "shredded", id_, actor, now)
    return len(shredded)


async def shred_expired(conn: Connection, now: datetime, limit: int = 100) -> int:
    """Those that were kept as long as their rule pack says. Returns how many: with fewer than `limit` all are."""
    rows = await (await conn.execute(store.EXPIRED, {"now": now, "limit": limit})).fetchall()
    return await shred(conn, [row[0] for row in rows], SYSTEM, now) if rows else 0
