"""Which indexes a transaction has used, as PostgreSQL counts them: what was really done, not what a plan promises."""

from ringoff.db.pool import Connection

_USED = """
SELECT c.relname, pg_stat_get_xact_tuples_returned(c.oid) FROM pg_class c
 WHERE c.relkind = 'i' AND c.relnamespace = 'public'::regnamespace AND pg_stat_get_xact_numscans(c.oid) > 0
"""


async def used(conn: Connection) -> dict[str, int]:
    """Of the transaction under way: each index that was looked into → how many of its entries were read."""
    cursor = await conn.execute(_USED)
    return dict(await cursor.fetchall())
