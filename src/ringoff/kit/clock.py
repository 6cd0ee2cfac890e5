"""Time is injected: every SQL statement takes `now` as a parameter, so a test lives through 45 days in a millisecond.

All processes of one installation must agree on the time, because leases compare it. So a process does not trust
its machine's wall clock: it measures the offset to the database's clock now and then, and counts on by `ticks`.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def ticks() -> float:
    """Seconds that nothing stops or sets: they count on while this process is stopped, and while its machine sleeps."""
    return time.clock_gettime(_CLOCK)


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...


class SystemClock:
    """The database's clock, followed from here. `set` is called by the pool when it opens."""

    def __init__(self) -> None:
        self._origin = datetime.now(UTC)
        self._started = ticks()

    def now(self) -> datetime:
        return self._origin + timedelta(seconds=ticks() - self._started)

    def set(self, database_now: datetime) -> timedelta:
        """Follow the database's clock from now on; returns how far this machine's wall clock is off."""
        self._origin, self._started = database_now.astimezone(UTC), ticks()
        return datetime.now(UTC) - self._origin


class ManualClock:
    """A clock that a test moves by hand."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
