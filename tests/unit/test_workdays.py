"""Business days are counted where somebody lives, without weekends and what is a holiday there."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ringoff.kit.errors import InvalidInput
from ringoff.kit.workdays import end_of_business_day

NEW_YORK = "America/New_York"


def end(since: str, days: int = 2, zone: str = NEW_YORK, country: str = "US") -> str:
    """Where they live, as `2026-11-27 00:00`."""
    at = end_of_business_day(datetime.fromisoformat(since).replace(tzinfo=UTC), days, zone, country)
    assert at.tzinfo is UTC
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-16T15:00", "2026-11-19 00:00"),  # Monday: the whole of Tuesday and Wednesday
        ("2026-11-20T15:00", "2026-11-25 00:00"),  # Friday: over the weekend
        ("2026-11-21T15:00", "2026-11-25 00:00"),  # Saturday: as on Friday
        ("2026-11-24T15:00", "2026-11-28 00:00"),  # over Thanksgiving
        ("2026-07-01T15:00", "2026-07-07 00:00"),  # Independence Day is observed on Friday
        ("2026-12-31T15:00", "2027-01-06 00:00"),  # over the new year
        ("2026-11-17T03:00", "2026-11-19 00:00"),  # still Monday there
    ],
)
def test_two_business_days_in_america(since: str, until: str) -> None:
    assert end(since) == until


def test_without_a_country_only_weekends_are_left_out() -> None:
    assert end("2026-11-24T15:00", country="") == "2026-11-27 00:00"


def test_a_change_of_the_clocks_moves_the_hour_not_the_day() -> None:
    assert end("2026-10-30T15:00", 1) == "2026-11-03 00:00"
    assert end_of_business_day(datetime(2026, 10, 30, 15, tzinfo=UTC), 1, NEW_YORK, "US").hour == 5


def test_an_unknown_zone_counts_in_utc_and_an_unknown_country_is_told() -> None:
    assert end_of_business_day(datetime(2026, 11, 16, 15, tzinfo=UTC), 1, "Nowhere/At", "").hour == 0
    with pytest.raises(InvalidInput):
        end("2026-11-24T15:00", country="QQ")
