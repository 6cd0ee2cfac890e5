"""The worker process: loops that turn until they are told to stop. Any number may run, on any machine."""

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
import structlog

from ringoff.app import App, build
from ringoff.db.pool import BY_INDEX, Connection, Database
from ringoff.features import approvals, billing, cancellation, declaration, identity, notes, representation
from ringoff.features.access import idempotency
from ringoff.features.billing import keeping
from ringoff.features.calls import conversations
from ringoff.kit.clock import ticks
from ringoff.kit.failpoint import failpoint
from ringoff.kit.pulse import Pulse
from ringoff.reconcile.archive import archive
from ringoff.reconcile.loop import SystemLoop
from ringoff.reconcile.model import Lane
from ringoff.settings import Settings

log = structlog.get_logger(__name__)

_RIPEN_MOST = 500
_GIVES_WAY = 10
_SETTLE_EVERY, _SETTLE_MOST = 0.5, 200
_SWEEP_EVERY, _FORGET_EVERY = 15.0, 60.0
_ARCHIVE_EVERY = _FORGET_SESSIONS_EVERY = _ERASE_EVERY = 3600.0  # they walk whole tables
_EXPIRE_EVERY = 600.0
_FORGET_MOST = 5_000
_EXPIRE_MOST = 500
_ERASE_MOST = 1_000
_SHRED_MOST = 100
_OVERLAP = timedelta(seconds=1)
_LOOK_BACK_EVERY = 1.0  # for what was committed late, or skipped while another held it
_SET_CLOCK_EVERY = 30.0


async def work(settings: Settings, database_url: str, lane: Lane) -> None:
    """Run one lane in this process until SIGTERM or SIGINT."""
    settle_in(lane)
    database = Database(database_url, size=4 + 3 * (len(settings.systems) + 3), session=BY_INDEX)
    app = await build(settings, database).open()
    try:
        await Worker(app, lane).run()
    finally:
        await app.close()


def settle_in(lane: Lane) -> None:
    """What a process does once that is a worker and nothing else. Bulk work gives way to whatever people wait for."""
    _calm_the_collector()
    if lane.name == "bulk":
        os.nice(_GIVES_WAY)


def _calm_the_collector() -> None:
    """Batches make many small objects that live for a moment: collecting at every 700 of them cost a quarter of a
    worker's CPU. What was loaded until now stays for good and is no longer looked at.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class Worker:
    """One lane's loops over all systems, in one process."""

    def __init__(self, app: App, lane: Lane) -> None:
        self.app, self.lane = app, lane
        self._pulse, self._stop = Pulse(), asyncio.Event()
        self.loops = [SystemLoop(app.database, s, lane, app.pace, self._pulse) for s in app.systems.values()]
        self._ripened_to: dict[int, datetime] = {}
        self._look_back_at: dict[int, float] = {}

    def stop(self) -> None:
        self._stop.set()
        self._pulse.send()

    async def run(self) -> None:
        """Until `stop`, or SIGTERM or SIGINT; then what is in hand is finished."""
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, self.stop)
        async with asyncio.TaskGroup() as group:
            for system_loop in self.loops:
                group.create_task(system_loop.run(self._stop))
            group.create_task(self._ripen_for_ever())
            if self.app.terms.final_bills:
                group.create_task(self._every(_SETTLE_EVERY, self.settle))
            group.create_task(self._every(_SET_CLOCK_EVERY, self.app.database.set_clock))
            if self.lane.name == "interactive":
                group.create_task(self._listen())
            else:
                group.create_task(self._every(_SWEEP_EVERY, self._sweep))
                group.create_task(self._every(_ARCHIVE_EVERY, self._archive))
                group.create_task(self._every(_FORGET_EVERY, self._forget_answers))
                group.create_task(self._every(_EXPIRE_EVERY, self.expire_declarations))
                group.create_task(self._every(_FORGET_SESSIONS_EVERY, self._forget_sessions))
                group.create_task(self._every(_ERASE_EVERY, self.erase_bills))
                group.create_task(self._every(_ERASE_EVERY, self.shred))
                group.create_task(self._every(_EXPIRE_EVERY, self.expire_approvals))

    async def _ripen_for_ever(self) -> None:
        while not self._stop.is_set():
            heard = self._pulse.listen()
            try:
                busy = await self.ripen()
            except (psycopg.Error, OSError) as error:
                log.warning("database_unwell", loop="ripen", error=type(error).__name__)
                busy = False
            except Exception:
                log.exception("ripen_failed")
                busy = False
            if not busy:
                await self._pulse.wait(heard, self.app.pace.poll)

    async def ripen(self) -> bool:
        """Start what is ripe, a batch for each priority; whether anything was found."""
        found = False
        for priority in self.lane.priorities:
            now = self.app.database.clock.now()
            looks_back = ticks() >= self._look_back_at.get(priority, 0.0)
            since = self._ripened_to.get(priority)
            async with self.app.database.transaction() as conn:
                ripe = await cancellation.ripen(
                    conn,
                    self.app.terms,
                    now,
                    priority=priority,
                    before=self.lane.due_before(priority, now, self.app.pace),
                    since="-infinity" if since is None or looks_back else since - _OVERLAP,
                    limit=_RIPEN_MOST,
                )
            if looks_back:
                self._look_back_at[priority] = ticks() + _LOOK_BACK_EVERY
            if ripe:
                failpoint("ripened")
                found = True
                self._ripened_to[priority] = max(ripe)
                self._pulse.send()
        return found

    async def settle(self) -> None:
        """Make the final bills of lines that have closed, a batch a transaction, until none is due."""
        system = "payments" if "payments" in self.app.systems else None
        while not self._stop.is_set():
            async with self.app.database.transaction() as conn:
                now = self.app.database.clock.now()
                looked_at = await billing.settle_due(conn, self.app.rules, now, system=system, limit=_SETTLE_MOST)
                told = await cancellation.tell_bills(conn, self.app.terms, now, limit=_SETTLE_MOST)
            if not looked_at and not told:
                return
            self._pulse.send()

    async def _listen(self) -> None:
        """Woken by NOTIFY, for interactive work only: notifying serialises commits. Polling is the safety net."""
        while not self._stop.is_set():
            try:
                async with await psycopg.AsyncConnection.connect(
                    self.app.database.url, autocommit=True, application_name="ringoff-listen"
                ) as connection:
                    await connection.execute("LISTEN ringoff_interactive")
                    while not self._stop.is_set():
                        async for _ in connection.notifies(timeout=1.0):
                            self._pulse.send()
            except (psycopg.Error, OSError) as error:
                log.warning("database_unwell", loop="listen", error=type(error).__name__)
                await asyncio.sleep(1.0)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while not self._stop.is_set():
            try:
                await work()
            except (psycopg.Error, OSError) as error:
                log.warning("database_unwell", loop=work.__name__, error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), seconds)

    async def _sweep(self) -> None:
        async with self.app.database.transaction() as conn:
            asleep = await cancellation.sweep(conn, self.app.terms, self.app.database.clock.now())
        if asleep:
            log.error("cases_found_asleep", count=len(asleep), first=asleep[0])

    async def _archive(self) -> None:
        before = self.app.database.clock.now() - self.app.rules.pack("neutral").intervals.archive_after
        last: int | None = 0
        while last is not None and not self._stop.is_set():
            async with self.app.database.transaction() as conn:
                last = await archive(conn, before, after=last)

    async def expire_declarations(self) -> None:
        """And erase what those said that lapsed long ago."""
        for step in (declaration.expire, declaration.erase):
            done = _EXPIRE_MOST
            while done == _EXPIRE_MOST and not self._stop.is_set():
                async with self.app.database.transaction() as conn:
                    done = await step(conn, self.app.database.clock.now(), limit=_EXPIRE_MOST)

    async def erase_bills(self) -> None:
        """Final bills that were kept as long as their rule pack says."""
        erased = _ERASE_MOST
        while erased == _ERASE_MOST and not self._stop.is_set():
            async with self.app.database.transaction() as conn:
                now = self.app.database.clock.now()
                erased = await keeping.erase_expired(conn, now, self._kept_for, _ERASE_MOST)

    async def shred(self) -> None:
        """Papers of representations, and notes, that were kept as long as their rule pack says."""
        for step in (representation.shred_expired, self._shred_notes):
            shredded = _SHRED_MOST
            while shredded == _SHRED_MOST and not self._stop.is_set():
                async with self.app.database.transaction() as conn:
                    shredded = await step(conn, self.app.database.clock.now(), _SHRED_MOST)

    async def expire_approvals(self) -> None:
        """Those that nobody gave, or nobody used, in time."""
        done = _EXPIRE_MOST
        while done == _EXPIRE_MOST and not self._stop.is_set():
            async with self.app.database.transaction() as conn:
                done = await approvals.expire(conn, self.app.database.clock.now(), _EXPIRE_MOST)

    async def _shred_notes(self, conn: Connection, now: datetime, limit: int) -> int:
        def kept_for(jurisdiction: str) -> timedelta:
            return self.app.rules.pack(jurisdiction).identity.archive_kept

        return await notes.shred_expired(conn, now, kept_for, limit)

    def _kept_for(self, jurisdiction: str) -> timedelta:
        return self.app.rules.pack(jurisdiction).billing.documents_kept

    async def _forget_sessions(self) -> None:
        async with self.app.database.transaction() as conn:
            await identity.forget_expired(conn, self.app.database.clock.now())
            await conversations.forget_expired(conn, self.app.database.clock.now())

    async def _forget_answers(self) -> None:
        kept_for = self.app.rules.pack("neutral").intervals.idempotency_kept
        forgotten = _FORGET_MOST
        while forgotten == _FORGET_MOST and not self._stop.is_set():
            async with self.app.database.transaction() as conn:
                now = self.app.database.clock.now()
                forgotten = await idempotency.forget_expired(conn, now, kept_for, _FORGET_MOST)
