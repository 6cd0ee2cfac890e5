"""Settled obligations leave the hot table, by month, so that it and its indexes stay small."""

from datetime import datetime

from ringoff.db.pool import Connection

# A subject's rows leave together, when none of them is open any more.
MOVE = """
WITH gone AS (
    DELETE FROM obligation o
    WHERE o.subject_id IN (
        SELECT s.subject_id FROM obligation s
        WHERE s.settled_at < %(before)s AND s.subject_id > %(after)s
          AND NOT EXISTS (SELECT FROM obligation u WHERE u.subject_id = s.subject_id
                          AND (u.settled_at IS NULL OR u.settled_at >= %(before)s OR u.state = 'fallout'))
        ORDER BY s.subject_id LIMIT %(limit)s)
    RETURNING o.*)
INSERT INTO obligation_archive SELECT * FROM gone
"""


async def archive(conn: Connection, before: datetime, *, after: int = 0, limit: int = 20_000) -> int:
    """Move what was settled before `before`, whole subjects, about `limit` rows; returns how many rows moved."""
    cursor = await conn.execute(MOVE, {"before": before, "after": after, "limit": limit})
    return cursor.rowcount
