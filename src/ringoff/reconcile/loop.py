"""One worker's loop for one system: claim, act, settle, again.

A batch of one and a batch of five hundred are the same code. Outcomes are settled as they come, so a slow item never
holds the rest; leases are renewed while work goes on. A batch grows or shrinks so that its outside calls last about
`pace.batch_takes` seconds.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import psycopg
import structlog

from ringoff.db.pool import Connection, Database
from ringoff.kit.clock import ticks
from ringoff.kit.failpoint import failpoint
from ringoff.kit.pulse import Pulse
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Task, Unknown
from ringoff.reconcile import store
from ringoff.reconcile.claim import Batch, Claimer, renew
from ringoff.reconcile.model import Claimed, Lane, Pace, System
from ringoff.reconcile.settle import settle
from ringoff.reconcile.systems import SharedSystem

log = structlog.get_logger(__name__)
_SETTLE_EVERY = 0.05
_SETTLE_TRIES = 8


class SystemLoop:
    def __init__(self, database: Database, system: System, lane: Lane, pace: Pace, pulse: Pulse) -> None:
        self.system = system
        self._database, self._lane, self._pace, self._pulse = database, lane, pace, pulse
        self._shared = SharedSystem(system.name, pace)
        self._claimer = Claimer(system, self._shared, lane, pace)
        self._size = min(64, pace.batch_most)
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then what is in hand is finished first."""
        while not stop.is_set():
            heard = self._pulse.listen()
            try:
                busy = await self.turn()
            except (psycopg.Error, OSError) as error:
                log.warning("database_unwell", system=self.system.name, error=type(error).__name__)
                await self._pulse.wait(heard, 1.0)
                continue
            except Exception:
                log.exception("turn_failed", system=self.system.name)
                await self._pulse.wait(heard, 1.0)
                continue
            if not busy:
                await self._pulse.wait(heard, self._pace.poll)
        await self.finish()

    async def turn(self) -> bool:
        """Claim once for each priority and set the batches to work; whether anything was found."""
        found = False
        for priority in self._lane.priorities:
            while len(self._running) >= self._pace.batches_at_once:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            batch = await self._claimer.claim(self._database, priority, self._size)
            if batch is not None:
                failpoint("claimed")
                found = True
                work = asyncio.create_task(self._work(batch), name=f"{self.system.name}/{batch.token}")
                self._running.add(work)
                work.add_done_callback(self._running.discard)
        return found

    async def finish(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=self._pace.lease.total_seconds())

    async def _work(self, batch: Batch) -> None:
        rows = {row.key: row for row in batch.claimed}
        outcomes: list[tuple[Claimed, Outcome]] = list(batch.decided)
        open_keys = {task.key for task in batch.tasks}
        acting = asyncio.create_task(self._act(batch, rows, outcomes))
        renewing = asyncio.create_task(self._keep(batch, open_keys))
        try:
            while True:
                finished, _ = await asyncio.wait({acting}, timeout=_SETTLE_EVERY)
                ready, outcomes[:] = list(outcomes), []
                if ready:
                    open_keys.difference_update(row.key for row, _ in ready)
                    await self._settle(batch, ready)
                if finished:
                    break
            await self._let_go(batch, open_keys)
        finally:
            acting.cancel()
            renewing.cancel()

    async def _act(
        self, batch: Batch, rows: dict[tuple[int, str, int], Claimed], outcomes: list[tuple[Claimed, Outcome]]
    ) -> None:
        answered = {row.key for row, _ in batch.decided}
        started = time.monotonic()
        try:
            async for task, outcome in self.system.connector.discharge(batch.tasks, batch.still_ours):
                if task.key not in answered:
                    answered.add(task.key)
                    outcomes.append((rows[task.key], outcome))
                    failpoint("effected")
        except Exception as error:
            log.exception("connector_raised", system=self.system.name)
            why = f"the connector failed ({type(error).__name__})"
            outcomes.extend((rows[t.key], Unknown(why)) for t in self._ours(batch) if t.key not in answered)
        self._resize(len(batch.claimed), time.monotonic() - started)

    @staticmethod
    def _ours(batch: Batch) -> Sequence[Task]:
        return [task for task in batch.tasks if batch.still_ours(task)]

    async def _settle(self, batch: Batch, outcomes: Sequence[tuple[Claimed, Outcome]]) -> None:
        """Tries again through a database restart; what cannot be written in time is found again by its lease."""
        for attempt in range(_SETTLE_TRIES):
            try:
                await self._settle_once(batch, outcomes)
            except (psycopg.OperationalError, OSError) as error:
                log.warning("settle_again", system=self.system.name, attempt=attempt, error=type(error).__name__)
                await asyncio.sleep(min(0.05 * 2**attempt, 2))
            except Exception as error:
                log.exception("settle_failed", system=self.system.name, count=len(outcomes))
                await self._settle_apart(batch, outcomes, error)
                return
            else:
                return
        log.error("settle_given_up", system=self.system.name, count=len(outcomes))

    async def _settle_once(self, batch: Batch, outcomes: Sequence[tuple[Claimed, Outcome]]) -> None:
        failpoint("settling")
        async with self._database.transaction() as conn:
            await settle(conn, self.system, batch.token, outcomes, self._database.clock.now(), self._pace)
            await self._tell_shared(conn, outcomes)
        failpoint("settled")
        self._pulse.send()

    async def _settle_apart(self, batch: Batch, outcomes: Sequence[tuple[Claimed, Outcome]], error: Exception) -> None:
        """One outcome cannot be written (evidence that is no JSON to PostgreSQL, say): it must not hold the others."""
        if len(outcomes) > 1:
            for outcome in outcomes:
                await self._settle(batch, [outcome])
        elif not _is_plain(outcomes[0][1]):
            why = f"how it ended could not be written ({type(error).__name__})"
            await self._settle(batch, [(outcomes[0][0], NeedsPerson(why))])

    async def _tell_shared(self, conn: Connection, outcomes: Sequence[tuple[Claimed, Outcome]]) -> None:
        failures = [o.why for _, o in outcomes if isinstance(o, RetryAfter | Unknown) and o.system_failed]
        well = any(isinstance(o, Done | Accepted | NeedsPerson) or not o.system_failed for _, o in outcomes)
        if failures and not well:
            await self._shared.failed(conn, self._database.clock.now(), failures[-1][:500])
        elif well:
            await self._shared.answered(conn)

    async def _keep(self, batch: Batch, open_keys: set[tuple[int, str, int]]) -> None:
        """Renew the lease of what is still open, three times in its length."""
        lease = self._pace.lease
        while True:
            await asyncio.sleep(lease.total_seconds() / 3)
            keys, started = sorted(open_keys - batch.lost), ticks()
            if not keys:
                continue
            with suppress(psycopg.Error, OSError):  # then the lease runs out, which still_ours tells the connector
                async with self._database.transaction() as conn:
                    await renew(conn, self.system, batch, keys, self._database.clock.now() + lease)
                batch.lease_ends = started + lease.total_seconds()

    async def _let_go(self, batch: Batch, open_keys: set[tuple[int, str, int]]) -> None:
        """What the connector left out goes back at once, instead of when the lease runs out."""
        if not open_keys:
            return
        with suppress(psycopg.Error, OSError):  # the lease runs out by itself
            async with self._database.transaction() as conn:
                await conn.execute(
                    store.LET_GO,
                    {
                        "system": self.system.name,
                        "subject_ids": sorted({key[0] for key in open_keys}),
                        "token": batch.token,
                    },
                )

    def _resize(self, count: int, took: float) -> None:
        """Towards a batch whose outside calls last `batch_takes`; only a full one tells that more may be had.

        Our own database is left out: when it is slow, smaller batches would make it slower still.
        """
        fitting = int(count * self._pace.batch_takes / max(took, 0.001))
        if fitting < self._size or count >= self._size:
            self._size = max(1, min(self._pace.batch_most, fitting, self._size * 4))


def _is_plain(outcome: Outcome) -> bool:
    """Nothing of the outside's is in it, so that writing it once more would fail once more."""
    return isinstance(outcome, NeedsPerson) and not outcome.evidence
