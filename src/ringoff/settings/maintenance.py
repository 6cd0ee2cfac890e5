"""When a system wants to be left alone: `Sun 02:00-04:00 Europe/Berlin`, `Mon-Fri,Sun 23:30-01:00 Asia/Shanghai`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TEXT = re.compile(
    r"(?P<days>[a-z,-]+)\s+(?P<start>\d\d:\d\d)\s*[-–]\s*(?P<end>\d\d:\d\d)(?:\s+(?P<zone>[\w/+-]+))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """Recurs on its days in its zone. One that ends at or before its start ends on the next day.

    Where clocks change, times that happen twice or never are read so that the window is rather too long.
    """

    days: frozenset[int]
    """Of the start; Monday is 0."""
    start: time
    end: time
    ends_next_day: bool
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> Self:
        """Days (`daily`, `Sun`, `Mon-Fri`, `Sat,Sun`), `HH:MM-HH:MM` (24:00 may end it), zone (UTC if left out)."""
        matched = _TEXT.fullmatch(text.strip())
        if matched is None:
            raise ValueError(f"a maintenance window looks like 'Sun 02:00-04:00 Europe/Berlin', not {text!r}")
        if matched["start"] == matched["end"]:
            raise ValueError(f"{text!r} starts when it ends; for a whole day write 00:00-24:00")
        start = time.fromisoformat(matched["start"])
        end = time(0) if matched["end"] == "24:00" else time.fromisoformat(matched["end"])
        return cls(_days(matched["days"]), start, end, end <= start, _zone(matched["zone"] or "UTC"))

    def is_open(self, now: datetime) -> bool:
        return any(opens <= now < closes for opens, closes in self._around(now))

    def next_end(self, now: datetime) -> datetime:
        """The end, in UTC, of the window that is open at `now`, or else of the next one."""
        return min(closes for _, closes in self._around(now) if closes > now)

    def next_start(self, now: datetime) -> datetime:
        """The start, in UTC, of the next window that is not open yet."""
        return min(opens for opens, _ in self._around(now) if opens > now)

    def _around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        today = now.astimezone(self.zone).date()
        for offset in range(-2, 9):
            day = today + timedelta(days=offset)
            if day.weekday() in self.days:
                last = day + timedelta(days=1) if self.ends_next_day else day
                yield min(self._instants(day, self.start)), max(self._instants(last, self.end))

    def _instants(self, day: date, at: time) -> list[datetime]:
        return [datetime.combine(day, at.replace(fold=fold), self.zone).astimezone(UTC) for fold in (0, 1)]


def _days(text: str) -> frozenset[int]:
    if text.lower() == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last and last not in _DAYS):
            raise ValueError(f"days are written Mon, Tue, Wed, Thu, Fri, Sat, Sun or daily, not {part!r}")
        begin, count = _DAYS.index(first), (_DAYS.index(last or first) - _DAYS.index(first)) % 7
        days.update((begin + step) % 7 for step in range(count + 1))
    return frozenset(days)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError; a folder's name an OSError
        raise ValueError(f"there is no time zone {name!r}") from error
