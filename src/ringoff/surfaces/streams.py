"""Event streams: everybody who watches a case in this process is served by one query a tick, however many they are."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
import psycopg_pool
import structlog

from ringoff.db.pool import Database
from ringoff.features import proof
from ringoff.features.cancellation import casefile
from ringoff.features.proof import Recorded
from ringoff.kit.errors import Unavailable
from ringoff.surfaces.traffic import Traffic

TICK = 0.25  # seconds
_EVENTS_A_TICK = 100
_BACKLOG_MOST = 500  # events that a slow reader may lag behind before it is left to catch up

log = structlog.get_logger("ringoff.api")


@dataclass(slots=True, eq=False)
class _Watcher:
    """`queue` brings batches of events; None is the end."""

    case_id: int
    after: int
    queue: asyncio.Queue[Sequence[Recorded] | None] = field(default_factory=asyncio.Queue)
    waiting: int = 0

    def give(self, events: Sequence[Recorded]) -> None:
        self.after = events[-1].id
        self.waiting += len(events)
        self.queue.put_nowait(events)


class EventStreams:
    """`most` streams at once in this process; each ends with its case, or after `longest` seconds."""

    def __init__(self, database: Database, traffic: Traffic, *, most: int = 200, longest: float = 3600.0) -> None:
        self._database, self._traffic = database, traffic
        self._most, self._longest = most, longest
        self._watchers: set[_Watcher] = set()
        self._polling: asyncio.Task[None] | None = None

    def reserve(self) -> None:
        """Raises Unavailable (`too_many_streams`) before a stream is begun that could not be served."""
        if len(self._watchers) >= self._most:
            message = f"{self._most} event streams are open already: poll the case, or try again later."
            raise Unavailable("too_many_streams", message, retry_after=30)

    async def watch(self, case_id: int, after: int) -> AsyncIterator[Recorded]:
        """The case's events after `after`, and what follows, until it has ended and nothing trails."""
        self.reserve()
        watcher = _Watcher(case_id, after)
        self._watchers.add(watcher)
        self._traffic.streams.inc()
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll(), name="event-streams")
        try:
            async with asyncio.timeout(self._longest):
                while (batch := await watcher.queue.get()) is not None:
                    watcher.waiting -= len(batch)
                    for recorded in batch:
                        yield recorded
        except TimeoutError:
            log.debug("event stream reached its longest life")  # the reader comes back with its Last-Event-ID
        finally:
            self._watchers.discard(watcher)
            self._traffic.streams.dec()

    async def close(self) -> None:
        """End all streams."""
        for watcher in self._watchers:
            watcher.queue.put_nowait(None)
        if self._polling is not None:
            self._polling.cancel()
            with suppress(asyncio.CancelledError):
                await self._polling

    async def _poll(self) -> None:
        while self._watchers:
            try:
                more = await self._look()
            except (psycopg.Error, psycopg_pool.PoolTimeout, OSError) as error:
                log.warning("database unwell", loop="event streams", error=type(error).__name__)
                more = False
            await asyncio.sleep(0 if more else TICK)

    async def _look(self) -> bool:
        """First who has ended, then their events: so the last event is never missed. Whether there is more to read."""
        watchers = [w for w in self._watchers if w.waiting < _BACKLOG_MOST]
        if not watchers:
            return False
        async with self._database.transaction() as conn:
            over = await casefile.over(conn, {w.case_id for w in watchers})
            told = await proof.timelines(conn, [(w.case_id, w.after) for w in watchers], _EVENTS_A_TICK)
        for watcher, events in zip(watchers, told, strict=True):
            if events:
                watcher.give(events)
            if watcher.case_id in over and len(events) < _EVENTS_A_TICK:
                watcher.queue.put_nowait(None)
        return any(len(events) == _EVENTS_A_TICK for events in told)
