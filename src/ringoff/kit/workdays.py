"""Business days, as laws count them: in somebody's own time zone, without weekends and public holidays."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringoff.kit.errors import InvalidInput


class _Days(Protocol):
    def __contains__(self, day: date) -> bool: ...


def end_of_business_day(since: datetime, days: int, zone: str, country: str) -> datetime:
    """The end of the `days`-th business day after the day of `since`, which is not counted itself. UTC.

    `country` (ISO 3166) whose public holidays are no business days; empty: none are. An unknown zone counts as UTC.
    Raises InvalidInput (`holidays_unknown`).
    """
    where = _zone(zone)
    day, left = since.astimezone(where).date(), days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5 and not _is_holiday(day, country)
    return datetime.combine(day + timedelta(days=1), time(), where).astimezone(UTC)


def _is_holiday(day: date, country: str) -> bool:
    return bool(country) and day in _holidays(country, day.year)


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> _Days:
    """National ones, with the day on which one is observed that falls on a weekend."""
    from holidays import country_holidays  # here: it takes a fifth of a second, and few commands count days

    try:
        found: _Days = country_holidays(country, years=year)
    except NotImplementedError:
        raise InvalidInput("holidays_unknown", f"The public holidays of {country} are not known.") from None
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
