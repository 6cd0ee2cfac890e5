"""Which indexes were used, as PostgreSQL counts it: what was really done, not what a plan promises."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ringoff.db.pool import Connection, Database

_READ = """
SELECT c.relname, pg_stat_get_xact_numscans(c.oid), pg_stat_get_xact_tuples_returned(c.oid) FROM pg_class c
 WHERE c.relkind = 'i' AND c.relnamespace = 'public'::regnamespace
"""


@asynccontextmanager
async def looking(database: Database) -> AsyncIterator[tuple[Connection, dict[str, int]]]:
    """A transaction; at its end, by each index that was looked into, how many of its entries were read."""
    read: dict[str, int] = {}
    async with database.transaction() as conn:
        before = await _counted(conn)
        yield conn, read
        for name, (looks, entries) in (await _counted(conn)).items():
            if looks > before[name][0]:
                read[name] = entries - before[name][1]


async def _counted(conn: Connection) -> dict[str, tuple[int, int]]:
    cursor = await conn.execute(_READ)
    return {name: (looks, entries) for name, looks, entries in await cursor.fetchall()}
