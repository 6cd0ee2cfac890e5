"""How the installation stands, in figures read from the database: for Prometheus, and for the desk's operations page.

Nothing here is counted in this process, so it is right whichever process is asked. Only what is open is counted whole,
each by its partial index; of what has ended, the last two days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features.queues import QUEUES, Queue

HOURS = 48

# How many, and since when the oldest waits.
QUEUED = """
SELECT 'review', count(*), min(requested_at) FROM cancellation WHERE state = 'in_review'
UNION ALL
SELECT 'fallout', count(*), min(created_at) FROM obligation WHERE state = 'fallout'
UNION ALL
SELECT 'declarations', count(*), min(received_at) FROM declaration WHERE state = 'received'
UNION ALL
SELECT 'refunds', count(*), min(since) FROM (
    SELECT asked_at AS since FROM money_movement WHERE state = 'due' AND route IN ('transfer', 'cheque')
    UNION ALL SELECT closed_at FROM settlement WHERE state = 'stuck') AS money
UNION ALL
SELECT 'representatives', count(*), min(opened_at) FROM representation WHERE state = 'open'
UNION ALL
SELECT 'approvals', count(*), min(asked_at) FROM approval WHERE state = 'waiting' AND expires_at > %(now)s
"""
FALLOUT = "SELECT system, count(*) FROM obligation WHERE state = 'fallout' GROUP BY system ORDER BY 2 DESC, 1"
SYSTEMS = """
SELECT s.name, s.failures, s.open_until, s.last_failure,
       (SELECT min(d.due_at) FROM unnest(%(priorities)s::smallint[]) AS p (priority) CROSS JOIN LATERAL (
               SELECT o.due_at FROM obligation o WHERE o.state = 'due' AND o.system = s.name
                  AND o.priority = p.priority AND o.due_at <= %(now)s ORDER BY o.due_at LIMIT 1) AS d)
  FROM system s ORDER BY s.name
"""
ENDED = """
SELECT date_trunc('hour', ended_at), count(*) FILTER (WHERE state = 'closed'),
       count(*) FILTER (WHERE state = 'withdrawn'), count(*) FILTER (WHERE state = 'declined')
  FROM cancellation WHERE ended_at >= %(since)s GROUP BY 1 ORDER BY 1
"""
# From the moment from which nothing but us kept the line, to its being closed.
TOOK = """
SELECT percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - releasing_at))
  FROM cancellation WHERE ended_at >= %(since)s AND state = 'closed' AND releasing_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    queue: Queue
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class SystemState:
    """`open_until`: its breaker is open till then. `oldest_due`: since when something waits for it."""

    name: str
    failures: int
    open_until: datetime | None
    last_failure: str | None
    oldest_due: datetime | None


@dataclass(frozen=True, slots=True)
class Hour:
    """What ended in the hour that began then."""

    begins: datetime
    closed: int
    withdrawn: int
    declined: int


async def waiting(conn: Connection, now: datetime) -> list[Waiting]:
    """In the order of the queues."""
    found = {row[0]: Waiting(*row) for row in await (await conn.execute(QUEUED, {"now": now})).fetchall()}
    return [found[queue] for queue in QUEUES if queue in found]


async def fallout(conn: Connection) -> list[tuple[str, int]]:
    """By system, the most first."""
    return [(system, count) for system, count in await (await conn.execute(FALLOUT)).fetchall()]


async def systems(conn: Connection, priorities: Sequence[int], now: datetime) -> list[SystemState]:
    cursor = await conn.execute(SYSTEMS, {"now": now, "priorities": list(priorities)})
    return [SystemState(*row) for row in await cursor.fetchall()]


async def hours(conn: Connection, now: datetime) -> list[Hour]:
    """The last HOURS, the oldest first, those in which nothing ended as well."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    found = {row[0]: Hour(*row) for row in await (await conn.execute(ENDED, {"since": first})).fetchall()}
    every = [first + timedelta(hours=n) for n in range(HOURS)]
    return [found.get(begins, Hour(begins, 0, 0, 0)) for begins in every]


async def took(conn: Connection, now: datetime) -> tuple[timedelta, timedelta] | None:
    """From the start of releasing to closed, in two days: the median, and nine of ten. None: nothing closed."""
    row = await (await conn.execute(TOOK, {"since": now - timedelta(hours=HOURS)})).fetchone()
    if row is None or row[0] is None:
        return None
    median, most = row[0]
    return timedelta(seconds=float(median)), timedelta(seconds=float(most))
