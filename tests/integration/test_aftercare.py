"""After closing: is it really still gone?"""

from ringoff.db.pool import Database
from ringoff.features.cancellation import State
from tests.support.world import World


async def closed(world: World) -> int:
    (line,) = await world.lines()
    case = await world.case(line)
    await world.drain()
    assert await world.state(case) is State.CLOSED
    return case


async def test_a_gating_system_is_asked_again_after_one_seven_and_thirty_days(database: Database) -> None:
    world = await World.make(database)
    case = await closed(world)
    asked_after = []
    for day in range(1, 61):
        before = len(world["hlr"].asked)
        await world.later(days=1)
        asked_after += [day] * (len(world["hlr"].asked) - before)
    assert asked_after == [1, 7, 30]
    assert await world.owed(case, "verify") == {f"hlr.verify.{n}": "discharged" for n in (1, 2, 3)}
    assert [task.kind for task in world["billing"].asked] == ["release"]


async def test_one_check_is_owed_at_a_time(database: Database) -> None:
    world = await World.make(database)
    case = await closed(world)
    assert await world.owed(case, "verify") == {"hlr.verify.1": "due"}
    await world.later(days=1)
    assert await world.owed(case, "verify") == {"hlr.verify.1": "discharged", "hlr.verify.2": "due"}


async def test_a_line_that_came_back_to_life_is_released_again_and_told_to_the_desk(database: Database) -> None:
    world = await World.make(database)
    case = await closed(world)
    world["hlr"].gone.clear()
    await world.later(days=1)
    assert "A-1" in world["hlr"].gone
    assert await world.owed(case, "release", "verify") == {
        "hlr.release.1": "discharged",
        "hlr.release.2": "discharged",
        "bindings.release.1": "discharged",
        "billing.release.1": "discharged",
        "hlr.verify.1": "discharged",
        "hlr.verify.2": "due",
    }
    (told,) = [one.event for one in await world.events(case) if one.event.type == "line.leftover_found"]
    assert told.detail == {"system": "hlr", "evidence": {"seen": "present"}}
    assert await world.state(case) is State.CLOSED
    world["hlr"].gone.clear()
    await world.later(days=6)
    assert (await world.owed(case, "release"))["hlr.release.3"] == "discharged"


async def test_a_stranger_on_the_same_sim_goes_to_a_person_and_is_never_released(database: Database) -> None:
    world = await World.make(database)
    case = await closed(world)
    world["hlr"].gone.clear()
    world["hlr"].plan("A-1", "person")
    await world.later(days=1)
    assert await world.owed(case, "verify") == {"hlr.verify.1": "fallout", "hlr.verify.2": "due"}
    assert world["hlr"].gone == set()


async def test_a_leftover_whose_number_lives_on_another_line_by_now_goes_to_a_person(database: Database) -> None:
    world = await World.make(database)
    case = await closed(world)
    await world.lines(account="B")
    moved = "UPDATE line SET msisdn = old.msisdn, imsi = old.imsi FROM line old WHERE line.line_ref = 'B-1'"
    await world.rows(moved + " AND old.line_ref = 'A-1'")
    world["hlr"].gone.clear()
    await world.later(days=1)
    assert world["hlr"].gone == set()
    assert "fallout" in (await world.owed(case, "release", "verify")).values()


async def test_a_check_that_a_system_answers_later_is_not_impatient_because_it_was_owed_for_weeks(
    database: Database,
) -> None:
    world = await World.make(database)
    case = await closed(world)
    await world.later(days=1)
    await world.later(days=6)
    world["hlr"].plan("A-1", "accepted")
    await world.later(days=23)
    assert (await world.owed(case, "verify"))["hlr.verify.3"] == "due"
    await world.later(minutes=2)
    assert (await world.owed(case, "verify"))["hlr.verify.3"] == "discharged"
