"""How the whole installation stands, read from the database when /metrics is asked: right whichever process answers."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import datetime

import psycopg
import psycopg_pool
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ringoff.db.pool import Connection, Database

FRESH = 5.0  # seconds for which an answer is given again, so that many scrapers cost as much as one

LIMIT_TIME = "SET LOCAL statement_timeout = '3s'"

# Only what is open: these have partial indexes. What is settled grows for ever and is not counted.
OBLIGATIONS = """
SELECT system, state, count(*),
       coalesce(extract(epoch FROM %(now)s - min(due_at) FILTER (WHERE due_at <= %(now)s)), 0)::float8
  FROM obligation WHERE state IN ('due', 'fallout') GROUP BY system, state
"""
CASES = """
SELECT state, count(*) FROM cancellation
 WHERE state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing') GROUP BY state
"""
SYSTEMS = "SELECT name, failures, coalesce(open_until > %(now)s, false) FROM system"


class Gauges:
    """`trial` says of each configured system whether it is a stand-in."""

    def __init__(self, database: Database, trial: Mapping[str, bool]) -> None:
        self._database = database
        self._trial = trial
        self._told = b""
        self._told_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def expose(self) -> bytes:
        """In Prometheus' text format. A database that does not answer is itself a figure: `ringoff_database_up 0`."""
        async with self._one_at_a_time:
            if time.monotonic() - self._told_at > FRESH:
                self._told = generate_latest(_Registry(await self._read()))
                self._told_at = time.monotonic()
            return self._told

    async def _read(self) -> list[Metric]:
        up = GaugeMetricFamily("ringoff_database_up", "Whether the database answers.")
        try:
            async with self._database.transaction() as conn:
                await conn.execute(LIMIT_TIME)
                metrics = await self._figures(conn, self._database.clock.now())
        except (psycopg.Error, psycopg_pool.PoolTimeout, OSError):
            metrics, answers = [], 0
        else:
            answers = 1
        up.add_metric([], answers)
        return [up, *metrics]

    async def _figures(self, conn: Connection, now: datetime) -> list[Metric]:
        owed = GaugeMetricFamily(
            "ringoff_obligations", "Open obligations: due, or in fallout for a person.", labels=["system", "state"]
        )
        oldest = GaugeMetricFamily(
            "ringoff_oldest_due_seconds", "How long the oldest due obligation has been due.", labels=["system"]
        )
        cases = GaugeMetricFamily("ringoff_open_cases", "Open cancellations.", labels=["state"])
        breaker = GaugeMetricFamily("ringoff_breaker_open", "1 while a system is left alone.", labels=["system"])
        failures = GaugeMetricFamily("ringoff_system_failures", "Failures in a row.", labels=["system"])
        trial = GaugeMetricFamily("ringoff_system_trial", "1 for a stand-in, for trials only.", labels=["system"])
        cursor = await conn.execute(OBLIGATIONS, {"now": now})
        for system, state, count, age in await cursor.fetchall():
            owed.add_metric([system, state], count)
            if state == "due":
                oldest.add_metric([system], age)
        cursor = await conn.execute(CASES)
        for state, count in await cursor.fetchall():
            cases.add_metric([state], count)
        cursor = await conn.execute(SYSTEMS, {"now": now})
        for name, in_a_row, is_open in await cursor.fetchall():
            breaker.add_metric([name], int(is_open))
            failures.add_metric([name], in_a_row)
        for name, stands_in in self._trial.items():
            trial.add_metric([name], int(stands_in))
        return [owed, oldest, cases, breaker, failures, trial]


class _Registry(CollectorRegistry, Collector):
    """Exactly these metrics, once."""

    def __init__(self, metrics: list[Metric]) -> None:
        super().__init__()
        self._metrics = metrics
        self.register(self)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics
