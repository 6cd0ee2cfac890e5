"""Settled obligations leave the hot table, by month, so that it and its indexes stay small."""

from datetime import datetime

from psycopg import sql

from ringoff.db import arrays
from ringoff.db.pool import Connection

# Whole subjects, whose last row was settled long enough ago; from the oldest on.
OVER = """
SELECT o.subject_id FROM obligation o
WHERE o.subject_id > %(after)s
GROUP BY o.subject_id
HAVING max(o.settled_at) < %(before)s AND bool_and(o.state IN ('discharged', 'void'))
ORDER BY o.subject_id LIMIT %(limit)s
"""
MONTHS = """
SELECT DISTINCT date_trunc('month', o.settled_at) FROM obligation o WHERE o.subject_id = ANY (%(ids)s::bigint[])
"""
PARTITION = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {name} PARTITION OF obligation_archive FOR VALUES FROM ({first}) TO ({next})"
)
MOVE = """
WITH gone AS (DELETE FROM obligation o WHERE o.subject_id = ANY (%(ids)s::bigint[]) RETURNING o.*)
INSERT INTO obligation_archive SELECT * FROM gone
"""
_ONE_MOVER = "SELECT pg_try_advisory_xact_lock(hashtext('ringoff archive'))"


async def archive(conn: Connection, before: datetime, *, after: int = 0, limit: int = 2_000) -> int | None:
    """Move up to `limit` subjects of which all was settled before `before`; returns the last one's id.

    None: there are none after `after`, or another worker is moving them now.
    """
    row = await (await conn.execute(_ONE_MOVER)).fetchone()
    if row is None or not row[0]:
        return None
    cursor = await conn.execute(OVER, {"before": before, "after": after, "limit": limit})
    subjects = [row[0] for row in await cursor.fetchall()]
    if not subjects:
        return None
    ids = {"ids": arrays.ints(subjects)}
    for (month,) in await (await conn.execute(MONTHS, ids)).fetchall():
        await _partition(conn, month)
    await conn.execute(MOVE, ids)
    return int(subjects[-1])


async def _partition(conn: Connection, month: datetime) -> None:
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    await conn.execute(
        PARTITION.format(
            name=sql.Identifier(f"obligation_archive_{month:%Y_%m}"),
            first=sql.Literal(month.isoformat()),
            next=sql.Literal(following.isoformat()),
        )
    )
