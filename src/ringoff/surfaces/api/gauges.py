"""How the whole installation stands, read from the database when /metrics is asked: right whichever process answers."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg
import psycopg_pool
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg.rows import TupleRow

from ringoff.db.pool import Connection, Database
from ringoff.reconcile.model import BULK, INTERACTIVE
from ringoff.surfaces import figures

FRESH = 5.0  # seconds for which an answer is given again, so that many scrapers cost as much as one

LIMIT_TIME = "SET LOCAL statement_timeout = '3s'"

# Only what is open, each state by its partial index. Not counted: what is settled, which grows for ever; and what lies
# further ahead than a retry does, which is after-care. The index is entered at each system, and left at that instant.
OBLIGATIONS = """
SELECT s.name, 'due', sum(d.count)::bigint, coalesce(extract(epoch FROM %(now)s - min(d.oldest)), 0)::float8
  FROM system s CROSS JOIN unnest(%(priorities)s::smallint[]) AS p (priority) CROSS JOIN LATERAL (
       SELECT count(*), min(o.due_at) FILTER (WHERE o.due_at <= %(now)s) AS oldest FROM obligation o
        WHERE o.state = 'due' AND o.system = s.name AND o.priority = p.priority
          AND o.due_at <= %(now)s::timestamptz + interval '1 hour'
          AND (o.kind <> 'verify' OR o.due_at <= %(now)s)) AS d
 GROUP BY s.name HAVING sum(d.count) > 0
UNION ALL
SELECT o.system, 'fallout', count(*), 0 FROM obligation o WHERE o.state = 'fallout' GROUP BY o.system
"""
CASES = """
SELECT state, count(*) FROM cancellation
 WHERE state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing') GROUP BY state
"""
SYSTEMS = "SELECT name, failures, coalesce(open_until > %(now)s, false) FROM system"

log = structlog.get_logger("ringoff.api")


class Gauges:
    """`trial` says of each configured system whether it is a stand-in."""

    def __init__(self, database: Database, trial: Mapping[str, bool]) -> None:
        self._database = database
        self._trial = trial
        self._told = b""
        self._told_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def expose(self) -> bytes:
        """In Prometheus' text format. A database that does not answer is itself a figure: `ringoff_database_up 0`.

        One that answers, but does not count in time, is up: figures that it did not give are missing.
        """
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
            "ringoff_obligations", "Open obligations: due (within the hour), or in fallout.", labels=["system", "state"]
        )
        oldest = GaugeMetricFamily(
            "ringoff_oldest_due_seconds", "How long the oldest due obligation has been due.", labels=["system"]
        )
        cases = GaugeMetricFamily("ringoff_open_cases", "Open cancellations.", labels=["state"])
        breaker = GaugeMetricFamily("ringoff_breaker_open", "1 while a system is left alone.", labels=["system"])
        failures = GaugeMetricFamily("ringoff_system_failures", "Failures in a row.", labels=["system"])
        trial = GaugeMetricFamily("ringoff_system_trial", "1 for a stand-in, for trials only.", labels=["system"])
        priorities = [INTERACTIVE, BULK]
        for system, state, count, age in await _rows(conn, OBLIGATIONS, now=now, priorities=priorities):
            owed.add_metric([system, state], count)
            if state == "due":
                oldest.add_metric([system], age)
        for state, count in await _rows(conn, CASES):
            cases.add_metric([state], count)
        for name, in_a_row, is_open in await _rows(conn, SYSTEMS, now=now):
            breaker.add_metric([name], int(is_open))
            failures.add_metric([name], in_a_row)
        for name, stands_in in self._trial.items():
            trial.add_metric([name], int(stands_in))
        return [owed, oldest, cases, breaker, failures, trial, *await _of_people(conn, now)]


async def _of_people(conn: Connection, now: datetime) -> list[Metric]:
    """What the desk's operations page shows as well; nothing where it is not counted in time."""
    items = GaugeMetricFamily("ringoff_queue_items", "What waits for a person.", labels=["queue"])
    oldest = GaugeMetricFamily(
        "ringoff_queue_oldest_seconds", "How long the oldest item of a queue has waited.", labels=["queue"]
    )
    ended = GaugeMetricFamily("ringoff_ended_last_hour", "Cases that ended in the last whole hour.", labels=["state"])
    took = GaugeMetricFamily(
        "ringoff_closing_seconds", "From the first release to closed, in the last two days.", labels=["quantile"]
    )
    try:
        async with conn.transaction():
            waiting, hours = await figures.waiting(conn, now), await figures.hours(conn, now)
            spans = await figures.took(conn, now)
    except psycopg.errors.QueryCanceled:
        log.warning("figures not counted in time", query="queues")
        return []
    for each in waiting:
        items.add_metric([each.queue], each.count)
        oldest.add_metric([each.queue], (now - each.oldest).total_seconds() if each.oldest else 0)
    whole = hours[-2]
    for state, count in (("closed", whole.closed), ("withdrawn", whole.withdrawn), ("declined", whole.declined)):
        ended.add_metric([state], count)
    for quantile, span in zip(("0.5", "0.9"), spans or (), strict=False):
        took.add_metric([quantile], span.total_seconds())
    return [items, oldest, ended, took]


async def _rows(conn: Connection, query: LiteralString, **values: Any) -> Sequence[TupleRow]:
    """Nothing where the time is over before the answer is there: the other figures are told all the same."""
    try:
        async with conn.transaction():
            return await (await conn.execute(query, values)).fetchall()
    except psycopg.errors.QueryCanceled:
        log.warning("figures not counted in time", query=query)
        return []


class _Registry(CollectorRegistry, Collector):
    """Exactly these metrics, once."""

    def __init__(self, metrics: list[Metric]) -> None:
        super().__init__()
        self._metrics = metrics
        self.register(self)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics
