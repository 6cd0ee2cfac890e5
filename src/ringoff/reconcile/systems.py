"""What all workers share about one outside system: its breaker, its rate and its maintenance windows.

It is kept in one row a system, so that ten workers on five machines behave as one polite caller. The row is read at
most every `_FRESH` seconds and written only when something changes (a failure, a recovery, a rate's allowance).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from ringoff.db.pool import Connection
from ringoff.reconcile.model import Pace
from ringoff.settings import MaintenanceWindow

_FRESH = 0.2

REGISTER = """
INSERT INTO system (name, rate_per_second, maintenance) VALUES (%(name)s, %(rate)s, %(maintenance)s::jsonb)
ON CONFLICT (name) DO UPDATE SET rate_per_second = excluded.rate_per_second, maintenance = excluded.maintenance
WHERE (system.rate_per_second, system.maintenance) IS DISTINCT FROM (excluded.rate_per_second, excluded.maintenance)
"""
READ = "SELECT failures, open_until, rate_per_second, maintenance FROM system WHERE name = %(name)s"
# One worker wins the right to try whether the system is back.
PROBE = """
UPDATE system SET open_until = %(until)s
WHERE name = %(name)s AND failures >= %(threshold)s AND open_until <= %(now)s RETURNING true
"""
# While the breaker is open, what was still under way says nothing new.
FAILED = """
UPDATE system SET failures = failures + 1, last_failure = %(why)s, open_until = CASE
    WHEN failures + 1 < %(threshold)s THEN NULL
    ELSE %(now)s + least(%(most)s, %(first)s * power(2, least(failures + 1 - %(threshold)s, 20))) END
WHERE name = %(name)s AND (open_until IS NULL OR open_until <= %(now)s OR failures < %(threshold)s OR %(probed)s)
"""
UNPROBED = "UPDATE system SET open_until = %(now)s WHERE name = %(name)s AND failures > 0"
RECOVERED = """
UPDATE system SET failures = 0, last_failure = NULL, open_until = NULL WHERE name = %(name)s AND failures > 0
"""
# A token bucket of one second's worth.
ALLOW = """
UPDATE system SET allowance_at = %(now)s, allowance = GREATEST(0, filled - least(%(want)s, floor(filled)))
FROM (SELECT least(greatest(rate_per_second, 1), allowance + rate_per_second * greatest(0, extract(epoch FROM
             %(now)s - greatest(allowance_at, %(now)s - interval '1 second'))::float8)) AS filled
      FROM system WHERE name = %(name)s FOR UPDATE) AS bucket
WHERE name = %(name)s RETURNING least(%(want)s, floor(filled))::int
"""
GIVE_BACK = "UPDATE system SET allowance = allowance + %(unused)s WHERE name = %(name)s"


@dataclass(slots=True)
class _Seen:
    failures: int
    open_until: datetime | None
    rate: float | None
    windows: tuple[MaintenanceWindow, ...]


class SharedSystem:
    """May this worker call the system now, and for how many obligations?"""

    def __init__(self, name: str, pace: Pace) -> None:
        self.name = name
        self._pace = pace
        self._seen: _Seen | None = None
        self._seen_at = 0.0
        self._probing = False

    async def allowed(self, conn: Connection, now: datetime, want: int) -> int:
        """How many of `want` obligations may be claimed now; 0 while the breaker is open or in maintenance."""
        self._probing = False
        seen = await self._look(conn)
        if any(window.is_open(now) for window in seen.windows):
            return 0
        if seen.failures >= self._pace.breaker_failures:
            if not await self._may_probe(conn, now, seen):
                return 0
            want, self._probing = 1, True
        if seen.rate is None:
            return want
        cursor = await conn.execute(ALLOW, {"name": self.name, "now": now, "want": want})
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def unused(self, conn: Connection, now: datetime, count: int, *, found: bool) -> None:
        """Give back what was allowed and not needed; a probe that found no work is another's to make."""
        if self._probing and not found:
            await conn.execute(UNPROBED, {"name": self.name, "now": now})
        if count > 0 and self._seen is not None and self._seen.rate is not None:
            await conn.execute(GIVE_BACK, {"name": self.name, "unused": count})

    async def failed(self, conn: Connection, now: datetime, why: str) -> None:
        pace = self._pace
        await conn.execute(
            FAILED,
            {
                "name": self.name,
                "now": now,
                "why": why,
                "probed": self._probing,
                "threshold": pace.breaker_failures,
                "first": pace.breaker_first,
                "most": pace.breaker_most,
            },
        )
        self._seen = None

    async def answered(self, conn: Connection) -> None:
        """The system is well. Costs nothing while it was well before."""
        if self._seen is None or self._seen.failures > 0:
            await conn.execute(RECOVERED, {"name": self.name})
            self._seen = None

    async def _may_probe(self, conn: Connection, now: datetime, seen: _Seen) -> bool:
        if seen.open_until is not None and seen.open_until > now:
            return False
        until = now + max(self._pace.breaker_first, timedelta(seconds=1))
        cursor = await conn.execute(
            PROBE, {"name": self.name, "now": now, "until": until, "threshold": self._pace.breaker_failures}
        )
        self._seen = None
        return await cursor.fetchone() is not None

    async def _look(self, conn: Connection) -> _Seen:
        if self._seen is None or time.monotonic() - self._seen_at > _FRESH:
            cursor = await conn.execute(READ, {"name": self.name})
            row = await cursor.fetchone()
            failures, open_until, rate, windows = row or (0, None, None, [])
            self._seen = _Seen(failures, open_until, rate, tuple(MaintenanceWindow.parse(text) for text in windows))
            self._seen_at = time.monotonic()
        return self._seen


async def register(conn: Connection, systems: Sequence[tuple[str, float | None, Sequence[str]]]) -> None:
    """Bring name, rate and maintenance windows of the configured systems into the shared rows."""
    for name, rate, maintenance in sorted(systems):
        await conn.execute(
            REGISTER, {"name": name, "rate": rate, "maintenance": orjson.dumps(list(maintenance)).decode()}
        )
