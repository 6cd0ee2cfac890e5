"""What is written as an array's text arrives in PostgreSQL as the very values."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringoff.db import arrays

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
tricky = st.sampled_from(["", "NULL", "null", '"', "\\", "{}", ",", " ", "a,b", "\n", "\t", "'", "𝄞", '\\"', "%s"])
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def back(url: str, written: str, type_: str) -> Any:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        row = connection.execute(f"SELECT %s::{type_}[]", [written]).fetchone()
    assert row is not None
    return row[0]


@many
@given(st.lists(st.none() | text | tricky))
def test_texts_arrive_as_they_were(postgres_url: str, values: list[str | None]) -> None:
    assert back(postgres_url, arrays.texts(values), "text") == values


@many
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_numbers_arrive_as_they_were(postgres_url: str, values: list[int | None]) -> None:
    assert back(postgres_url, arrays.ints(values), "bigint") == values


@many
@given(st.lists(st.booleans()))
def test_truths_arrive_as_they_were(postgres_url: str, values: list[bool]) -> None:
    assert back(postgres_url, arrays.bools(values), "bool") == values


@many
@given(st.lists(st.none() | instants), st.lists(st.none() | st.dates(date(1, 1, 2))), instants, st.integers(0, 5))
def test_times_arrive_as_they_were(
    postgres_url: str, values: list[datetime | None], days: list[date | None], one: datetime, count: int
) -> None:
    assert back(postgres_url, arrays.times(values), "timestamptz") == values
    assert back(postgres_url, arrays.times(days), "date") == days
    assert back(postgres_url, arrays.times([one] * count), "timestamptz") == [one] * count


def test_two_equal_instants_are_not_taken_for_all_being_the_same(postgres_url: str) -> None:
    one = datetime(2026, 1, 1, tzinfo=UTC)
    values = [one, one + timedelta(seconds=1), one]
    assert back(postgres_url, arrays.times(values), "timestamptz") == values


@many
@given(st.lists(st.none() | st.binary()))
def test_bytes_arrive_as_they_were(postgres_url: str, values: list[bytes | None]) -> None:
    assert back(postgres_url, arrays.blobs(values), "bytea") == values


@many
@given(st.lists(st.none() | st.dictionaries(text, text | st.booleans() | st.lists(text))))
def test_json_arrives_as_it_was_and_nothing_stays_nothing(postgres_url: str, values: list[Any]) -> None:
    arrived = back(postgres_url, arrays.jsons(values), "text")
    assert [None if v is None else json.loads(v) for v in arrived] == values
