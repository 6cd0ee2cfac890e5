"""The audit log, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ringoff.db.pool import Database
from ringoff.features.proof import Event, record, timeline
from ringoff.kit.actor import SYSTEM, Actor

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGENT = Actor("agent:lin", "care", "2001:db8::7")


async def test_an_event_tells_who_did_what_when_from_where_and_by_which_rule(database: Database) -> None:
    event = Event(
        subject_id=7, type="case.scheduled", actor=AGENT, at=NOW, rule="neutral@1/self", detail={"when": "now", "n": 2}
    )
    async with database.transaction() as conn:
        await record(conn, [event])
    async with database.transaction() as conn:
        (told,) = await timeline(conn, 7)
    assert told.event == event


async def test_events_of_one_call_keep_their_order_and_their_subjects(database: Database) -> None:
    events = [
        Event(subject_id=1 + number % 2, type=f"step.{number}", actor=SYSTEM, at=NOW + timedelta(seconds=number))
        for number in range(100)
    ]
    async with database.transaction() as conn:
        await record(conn, events)
        odd = await timeline(conn, 2)
        everything = await timeline(conn, 1, limit=10) + await timeline(conn, 3)
    assert [r.event.type for r in odd] == [f"step.{number}" for number in range(1, 100, 2)]
    assert [r.event.type for r in everything] == [f"step.{number}" for number in range(0, 20, 2)]


async def test_a_timeline_is_read_on_from_the_last_event_seen(database: Database) -> None:
    async with database.transaction() as conn:
        await record(conn, [Event(subject_id=9, type=f"t.{n}", actor=SYSTEM, at=NOW) for n in range(5)])
        first = await timeline(conn, 9, limit=2)
        rest = await timeline(conn, 9, after=first[-1].id)
    assert [r.event.type for r in first + rest] == ["t.0", "t.1", "t.2", "t.3", "t.4"]


async def test_recording_nothing_writes_nothing(database: Database) -> None:
    async with database.transaction() as conn:
        await record(conn, [])
        cursor = await conn.execute("SELECT count(*) FROM event")
        assert await cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    "change", ["UPDATE event SET actor = 'nobody'", "DELETE FROM event", "TRUNCATE event", "TRUNCATE event CASCADE"]
)
async def test_the_database_refuses_to_change_what_was_recorded(database: Database, change: str) -> None:
    async with database.transaction() as conn:
        await record(conn, [Event(subject_id=1, type="case.closed", actor=SYSTEM, at=NOW)])
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        async with database.transaction() as conn:
            await conn.execute(change)
    async with database.transaction() as conn:
        assert len(await timeline(conn, 1)) == 1


async def test_an_event_is_gone_when_the_transaction_of_what_it_tells_is_rolled_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as conn:
            await record(conn, [Event(subject_id=1, type="case.closed", actor=SYSTEM, at=NOW)])
            raise ZeroDivisionError
    async with database.transaction() as conn:
        assert await timeline(conn, 1) == []
