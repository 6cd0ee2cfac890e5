"""Claiming: taking due rows of one system under a lease, and hearing from their owners what they are about."""

import secrets
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog

from ringoff.db.pool import Connection, Database
from ringoff.kit.clock import ticks
from ringoff.ports import Key, NeedsPerson, Outcome, Task
from ringoff.reconcile import store
from ringoff.reconcile.model import Claimed, Lane, Owner, Pace, System
from ringoff.reconcile.systems import SharedSystem

log = structlog.get_logger(__name__)
_OVERLAP = timedelta(milliseconds=500)  # longer than a transaction between taking `now` and its commit
_LOOK_BACK_EVERY = 1.0  # seconds, and never more than a twentieth of the time


@dataclass(slots=True)
class Batch:
    """What one claim took. `lost` are those that turned out to be somebody else's by now."""

    token: int
    claimed: Sequence[Claimed]
    tasks: Sequence[Task]
    decided: Sequence[tuple[Claimed, Outcome]]  # their owner already knows how they end
    lease_ends: float  # in ticks(), which also count while we are stopped
    lost: set[Key] = field(default_factory=set)

    def still_ours(self, task: Task) -> bool:
        return ticks() < self.lease_ends and task.key not in self.lost


class Claimer:
    """Claims for one system and lane, and remembers how far it came.

    Settled rows leave dead entries at the front of the index, which pile up while an old snapshot is held open
    (a report, pg_dump). So a claim starts where the last one stopped, and looks back from the beginning only now and
    then: for retries that came due and for a dead worker's leases.
    """

    def __init__(self, system: System, shared: SharedSystem, lane: Lane, pace: Pace) -> None:
        self._system, self._shared, self._lane, self._pace = system, shared, lane, pace
        self._came_to: dict[int, datetime] = {}
        self._look_back_at: dict[int, float] = defaultdict(float)

    async def claim(self, database: Database, priority: int, want: int) -> Batch | None:
        started, now, token = ticks(), database.clock.now(), secrets.randbits(62)
        async with database.transaction() as conn:
            allowed = await self._shared.allowed(conn, now, want)
            claimed = await self._take(conn, now, token, priority, allowed) if allowed else []
            await self._shared.unused(conn, now, allowed - len(claimed), found=bool(claimed))
            briefs = await _briefs(conn, self._system, claimed)
        if not claimed:
            return None
        self._came_to[priority] = max(row.due_at for row in claimed)
        tasks, decided = [], []
        for row in claimed:
            brief = briefs[row.key]
            if isinstance(brief, Mapping):
                tasks.append(as_task(row, brief))
            else:
                decided.append((row, brief))
        return Batch(token, claimed, tasks, decided, started + self._pace.lease.total_seconds())

    async def _take(self, conn: Connection, now: datetime, token: int, priority: int, limit: int) -> list[Claimed]:
        parameters = {
            "system": self._system.name,
            "priority": priority,
            "before": self._lane.due_before(priority, now, self._pace),
            "now": now,
            "token": token,
            "lease_until": now + self._pace.lease,
        }
        since, started = self._came_to.get(priority), time.monotonic()
        if since is None or started >= self._look_back_at[priority]:
            claimed = await store.claim(conn, since="-infinity", limit=limit, **parameters)
            took = time.monotonic() - started
            self._look_back_at[priority] = started + max(_LOOK_BACK_EVERY, 20 * took)
            return claimed
        return await store.claim(conn, since=since - _OVERLAP, limit=limit, **parameters)


def as_task(row: Claimed, brief: Mapping[str, Any]) -> Task:
    return Task(row.subject_id, row.kind, row.cycle, row.attempts, brief, row.reference, row.keepsake)


async def _briefs(
    conn: Connection, system: System, claimed: Sequence[Claimed]
) -> dict[Key, Mapping[str, Any] | Outcome]:
    by_owner: dict[Owner, list[Claimed]] = defaultdict(list)
    for row in claimed:
        by_owner[system.owners[row.kind]].append(row)
    briefs: dict[Key, Mapping[str, Any] | Outcome] = {}
    for owner, rows in by_owner.items():
        try:
            briefs.update(await owner.brief(conn, rows))
        except (psycopg.Error, OSError):
            raise
        except Exception:
            log.exception("brief_failed", system=system.name, count=len(rows))
            briefs.update(await _briefs_one_by_one(conn, owner, rows))
    return briefs


async def _briefs_one_by_one(
    conn: Connection, owner: Owner, rows: Sequence[Claimed]
) -> dict[Key, Mapping[str, Any] | Outcome]:
    """One row that cannot be told about must not stop the others, now or for ever."""
    briefs: dict[Key, Mapping[str, Any] | Outcome] = {}
    for row in rows:
        try:
            briefs.update(await owner.brief(conn, [row]))
        except (psycopg.Error, OSError):
            raise
        except Exception as error:
            why = f"what it is about cannot be told ({type(error).__name__})"
            briefs[row.key] = NeedsPerson(why, untouched=True)
    return briefs


async def renew(conn: Connection, system: System, batch: Batch, keys: Sequence[Key], until: datetime) -> None:
    """Keep what is still in hand; whatever somebody else took meanwhile is marked lost."""
    cursor = await conn.execute(
        store.RENEW,
        {**store.key_columns(keys), "system": system.name, "token": batch.token, "lease_until": until},
    )
    kept = set(await cursor.fetchall())
    batch.lost.update(key for key in keys if key not in kept)
