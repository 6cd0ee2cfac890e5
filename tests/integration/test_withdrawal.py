"""A change of mind, until the point of no return."""

import asyncio
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features.cancellation import State
from ringoff.kit.errors import Conflict, NotFound
from tests.support.world import UNDO_FIRST, World


async def refused(world: World, case: int) -> str:
    with pytest.raises(Conflict) as refusal:
        await world.withdraw(case)
    return refusal.value.code


async def in_hand(world: World, system: str) -> "asyncio.Task[bool]":
    """One turn of this system whose connector does not answer yet."""
    asked = len(world[system].asked)
    turning = asyncio.create_task(world.turn(system))
    while len(world[system].asked) == asked:
        await asyncio.sleep(0.005)
    return turning


async def let_answer(world: World, system: str, turning: "asyncio.Task[bool]") -> None:
    world[system].let_answer.set()
    await turning


async def test_a_withdrawn_cancellation_never_reaches_the_network(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.later(minutes=10)
    assert await world.withdraw(case) is State.WITHDRAWN
    await world.later(days=40)
    assert world.journal == [] and world["hlr"].asked == []
    assert (await world.told(case))[-1] == "case.withdrawn"


async def test_a_case_in_review_can_be_withdrawn(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines(status="suspended")
    assert await world.withdraw(await world.case(line)) is State.WITHDRAWN


async def test_withdrawing_twice_is_withdrawing_once(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.withdraw(case)
    before = await world.told(case)
    assert await world.withdraw(case) is State.WITHDRAWN
    assert await world.told(case) == before


async def test_what_has_ended_otherwise_cannot_be_withdrawn(database: Database) -> None:
    world = await World.make(database)
    closed, declined = await world.lines(), await world.lines(status="suspended")
    one, other = await world.case(closed[0]), await world.case(declined[0])
    await world.drain()
    await world.review(other, approve=False)
    assert [await refused(world, case) for case in (one, other)] == ["case_ended", "case_ended"]
    with pytest.raises(NotFound):
        await world.withdraw(4711)


async def test_a_line_is_free_for_a_new_case_after_a_withdrawal(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    first = await world.case(line, channel="web")
    await world.withdraw(first)
    second = await world.case(line)
    assert second != first
    await world.drain()
    assert (await world.state(first), await world.state(second)) == (State.WITHDRAWN, State.CLOSED)


async def test_until_the_pivot_is_claimed_a_releasing_case_can_be_withdrawn(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.ripen()
    assert await world.withdraw(case) is State.WITHDRAWN
    await world.later(days=2)
    assert world["hlr"].asked == []
    assert await world.owed(case) == {"hlr.release.1": "void"}


async def test_what_was_released_is_given_back_before_the_case_is_withdrawn(database: Database) -> None:
    world = await World.make(database, UNDO_FIRST)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.ripen()
    await world.turn("portal")
    assert await world.withdraw(case) is State.WITHDRAWING
    with pytest.raises(Conflict) as refusal:  # the slot is held until everything is given back
        await world.case(line)
    assert refusal.value.code == "withdrawal_under_way"
    assert await world.withdraw(case) is State.WITHDRAWING
    await world.drain()
    assert await world.state(case) is State.WITHDRAWN
    assert [(s, kind) for s, kind, _ in world.journal] == [("portal", "release"), ("portal", "restore")]
    assert await world.owed(case) == {
        "portal.release.1": "discharged",
        "hlr.release.1": "void",
        "portal.restore.1": "discharged",
    }


async def test_a_restore_that_needs_a_person_keeps_the_case_withdrawing(database: Database) -> None:
    world = await World.make(database, UNDO_FIRST)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.ripen()
    await world.turn("portal")
    world["portal"].plan("A-1", "person")
    await world.withdraw(case)
    await world.later(days=10)
    assert await world.state(case) is State.WITHDRAWING
    await world.resolve(case, "portal", "discharged", kind="restore")
    assert await world.state(case) is State.WITHDRAWN


async def test_a_claimed_pivot_is_the_point_of_no_return(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    world["hlr"].plan("A-1", "hang:done")
    case = await world.case(line)
    await world.ripen()
    turning = await in_hand(world, "hlr")
    assert await refused(world, case) == "point_of_no_return"
    await let_answer(world, "hlr", turning)
    assert await world.state(case) is State.CLOSED


async def test_a_pivot_that_was_accepted_is_the_point_of_no_return(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    world["hlr"].plan("A-1", "accepted")
    case = await world.case(line)
    await world.drain()
    assert await refused(world, case) == "point_of_no_return"
    await world.later(minutes=2)
    assert await world.state(case) is State.CLOSED


@pytest.mark.parametrize("happened", ["unknown", "unknown_done"])
async def test_where_the_pivot_is_in_doubt_the_system_itself_is_asked(database: Database, happened: str) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    world["hlr"].plan("A-1", happened)
    case = await world.case(line)
    await world.drain()
    if happened == "unknown":
        assert await world.withdraw(case) is State.WITHDRAWN
        await world.later(days=1)
        assert world.journal == []
    else:
        assert await refused(world, case) == "point_of_no_return"
        await world.later(days=1)
        assert await world.state(case) is State.CLOSED
        assert world.journal[0] == ("hlr", "release", "A-1")


async def test_a_system_that_cannot_say_counts_as_having_let_go(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    world["hlr"].plan("A-1", "unknown")
    world["hlr"].sees["A-1"] = "unsure"
    case = await world.case(line)
    await world.drain()
    assert await refused(world, case) == "point_of_no_return"
    await world.later(minutes=1)
    assert await world.state(case) is State.CLOSED


async def test_a_pivot_that_needs_a_person_can_be_withdrawn_when_the_line_is_still_there(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    world["hlr"].plan("A-1", "person")
    case = await world.case(line)
    await world.drain()
    assert await world.withdraw(case) is State.WITHDRAWN
    await world.later(days=1)
    assert world.journal == []
    assert await world.rows("SELECT count(*) FROM obligation WHERE state IN ('due', 'fallout')") == [(0,)]


async def test_a_refused_withdrawal_leaves_everything_as_it_was(database: Database) -> None:
    world = await World.make(database, {**UNDO_FIRST, "hss": {"wave": 2, "effect": "pivot", "gates": True}})
    (line,) = await world.lines()
    world["hlr"].plan("A-1", "accepted")
    case = await world.case(line)
    await world.drain("portal")
    await world.ripen()
    await world.turn("portal")
    await world.turn("hlr")
    assert await refused(world, case) == "point_of_no_return"
    assert await world.owed(case) == {
        "portal.release.1": "discharged",
        "hlr.release.1": "due",
        "hss.release.1": "due",
    }
    await world.later(minutes=2)
    assert await world.state(case) is State.CLOSED


@pytest.mark.parametrize("then", ["retry", "unknown", "unknown_done", "person", "done"])
async def test_work_in_hand_when_the_holder_withdraws_ends_with_the_line_as_it_was(
    database: Database, then: str
) -> None:
    """However the worker's try ends, it is not tried again, and what it did is given back."""
    world = await World.make(database, UNDO_FIRST)
    (line,) = await world.lines()
    world["portal"].plan("A-1", f"hang:{then}")
    case = await world.case(line)
    await world.ripen()
    turning = await in_hand(world, "portal")
    assert await world.withdraw(case) is State.WITHDRAWING
    await let_answer(world, "portal", turning)
    released = [entry for entry in world.journal if entry[1] == "release"]
    for _ in range(5):
        await world.later(hours=1)
    assert await world.state(case) is State.WITHDRAWN
    assert [entry for entry in world.journal if entry[1] == "release"] == released
    assert "A-1" not in world["portal"].gone


async def test_a_worker_that_died_with_the_work_in_hand_does_not_keep_a_withdrawal_waiting(database: Database) -> None:
    world = await World.make(database, UNDO_FIRST)
    (line,) = await world.lines()
    world["portal"].plan("A-1", "unknown_done")
    case = await world.case(line)
    await world.ripen()
    await world.rows(
        "UPDATE obligation SET lease_token = 1, lease_until = %s, attempts = 1", world.now + timedelta(seconds=15)
    )
    assert await world.withdraw(case) is State.WITHDRAWING
    for _ in range(5):
        await world.later(minutes=1)
    assert await world.state(case) is State.WITHDRAWN
    assert "A-1" not in world["portal"].gone
