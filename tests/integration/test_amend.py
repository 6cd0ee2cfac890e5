"""Other dates, holds, and numbers that are moved to another carrier."""

import pytest

from ringoff.db.pool import Database
from ringoff.features.cancellation import Receipt, State
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotFound
from tests.support.world import THREE_WAVES, World

WEB = Actor("subscriber", "web")
WITH_NUMBER = {**THREE_WAVES, "number": {"wave": 3, "effect": "forward_only", "gates": False, "ported": False}}


async def test_a_rescheduled_case_follows_its_new_date_only(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, when="2026-11-25")
    assert await world.reschedule(case, "2026-11-27") is State.SCHEDULED
    await world.later(days=3)
    assert await world.state(case) is State.SCHEDULED
    await world.later(days=2)
    assert await world.state(case) is State.CLOSED
    (told,) = [one.event for one in await world.events(case) if one.event.type == "case.rescheduled"]
    assert told.detail == {"before": "2026-11-25", "after": "2026-11-27"}


async def test_a_case_that_is_moved_to_now_still_has_its_time_to_undo(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web", when="2026-12-24")
    await world.later(days=1)
    await world.reschedule(case, "now", actor=WEB)
    await world.later(minutes=14)
    assert await world.state(case) is State.SCHEDULED
    await world.later(minutes=1)
    assert await world.state(case) is State.CLOSED


async def test_the_new_terms_are_the_terms_that_a_repeated_request_is_compared_with(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, when="2026-12-24")
    await world.reschedule(case, "2026-12-25")
    same, other = await world.ask(line, when="2026-12-25"), await world.ask(line, when="2026-12-24")
    assert same == [Receipt(case, line, State.SCHEDULED, created=False)]
    assert isinstance(other[0], Conflict)


async def test_what_has_begun_or_ended_cannot_be_rescheduled(database: Database) -> None:
    world = await World.make(database)
    first, second = await world.lines(count=2)
    releasing, withdrawn = await world.case(first), await world.case(second, channel="web")
    await world.ripen()
    await world.withdraw(withdrawn)
    for case in (releasing, withdrawn):
        with pytest.raises(Conflict) as refusal:
            await world.reschedule(case, "2026-12-24")
        assert refusal.value.code == "too_late_to_reschedule"
    with pytest.raises(NotFound):
        await world.reschedule(4711, "now")


async def test_an_impossible_new_date_changes_nothing(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, when="2026-12-24")
    before = await world.rows("SELECT * FROM cancellation")
    with pytest.raises(InvalidInput):
        await world.reschedule(case, "2026-11-01")
    assert await world.rows("SELECT * FROM cancellation") == before
    assert "case.rescheduled" not in await world.told(case)


async def test_a_hold_is_set_once_and_lifted_once_each_with_who_and_why(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    assert await world.hold(line, "fraud") is True
    assert await world.hold(line, "fraud") is False
    await world.lift(line, "fraud")
    with pytest.raises(NotFound):
        await world.lift(line, "fraud")
    with pytest.raises(InvalidInput):
        await world.hold(line, "bad_mood")
    told = await world.rows("SELECT type, actor, channel, detail FROM event ORDER BY id")
    detail = {"line_ref": "A-1", "kind": "fraud"}
    assert told == [
        ("hold.set", "key:carrier", "api", {**detail, "why": "a reason"}),
        ("hold.lifted", "key:carrier", "api", {**detail, "why": "cleared"}),
    ]
    assert await world.hold(line, "fraud") is True


async def test_a_hold_does_not_stop_what_has_begun(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.ripen()
    await world.hold(line, "fraud")
    await world.drain()
    assert await world.state(case) is State.CLOSED


async def test_nothing_closes_while_a_port_is_pending_and_all_goes_on_when_it_is_cancelled(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.port(line, "pending")
    await world.later(days=2)
    assert await world.state(case) is State.SCHEDULED
    await world.port(line, "cancelled")
    await world.drain()
    assert await world.state(case) is State.CLOSED
    assert await world.rows("SELECT cause FROM cancellation") == [("cancelled",)]


@pytest.mark.parametrize("pending_first", [True, False])
async def test_a_completed_port_closes_a_line_that_nobody_had_cancelled(
    database: Database, pending_first: bool
) -> None:
    world = await World.make(database, WITH_NUMBER)
    (line,) = await world.lines()
    if pending_first:
        await world.port(line, "pending")
    answer = await world.port(line, "completed")
    assert answer is not None and answer.created
    await world.drain()
    assert await world.state(answer.case_id) is State.CLOSED
    assert set(await world.owed(answer.case_id, "release")) == {"hlr.release.1", "billing.release.1"}
    assert await world.rows("SELECT count(*) FROM hold WHERE lifted_at IS NULL") == [(0,)]


@pytest.mark.parametrize("when", ["2026-12-24", "now"])
async def test_a_completed_port_closes_a_scheduled_case_at_once_and_without_quarantine(
    database: Database, when: str
) -> None:
    world = await World.make(database, WITH_NUMBER)
    (line,) = await world.lines()
    case = await world.case(line, channel="web", when=when)
    await world.hold(line, "fraud")
    answer = await world.port(line, "completed")
    assert answer is not None and (answer.case_id, answer.created) == (case, False)
    await world.drain()
    assert await world.state(case) is State.CLOSED
    assert [entry for entry in world.journal if entry[0] == "number"] == []
    assert "case.ported" in await world.told(case)


async def test_a_completed_port_takes_a_case_out_of_review(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines(status="suspended")
    case = await world.case(line)
    await world.port(line, "completed")
    await world.drain()
    assert await world.state(case) is State.CLOSED


async def test_a_completed_port_reported_twice_is_one_closing(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    first, second = await world.port(line, "completed"), await world.port(line, "completed")
    assert first is not None and second is not None
    assert (first.case_id, second.created) == (second.case_id, False)
    await world.drain()
    with pytest.raises(Conflict) as refusal:
        await world.port(line, "completed")
    assert refusal.value.code == "line_closed"
    assert await world.rows("SELECT count(*) FROM cancellation") == [(1,)]
