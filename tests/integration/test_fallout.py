"""What needs a person, and what the person does about it."""

from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features.cancellation import ObligationId, State, list_obligations
from ringoff.kit.errors import Conflict, InvalidInput, NotFound
from tests.support.world import World


async def fallen(world: World, *words: str) -> int:
    (line,) = await world.lines()
    world["hlr"].plan("A-1", *(words or ("person",)))
    case = await world.case(line)
    await world.drain()
    return case


async def test_a_retried_obligation_is_asked_again_and_the_case_goes_on(database: Database) -> None:
    world = await World.make(database)
    case = await fallen(world)
    await world.retry(case, "hlr")
    await world.drain()
    assert await world.state(case) is State.CLOSED
    assert [t for t in await world.told(case) if t.startswith("release")][:3] == [
        "release.fallout",
        "release.retried",
        "release.discharged",
    ]


async def test_patience_ends_after_twelve_refusals_and_a_retry_is_given_all_of_it_again(database: Database) -> None:
    world = await World.make(database)
    case = await fallen(world, *["retry"] * 24)
    for _ in range(15):
        await world.later(minutes=10)
    assert len(world["hlr"].asked) == 12
    assert await world.owed(case) == {"hlr.release.1": "fallout"}
    await world.retry(case, "hlr")
    for _ in range(15):
        await world.later(minutes=10)
    assert len(world["hlr"].asked) == 24
    assert {task.attempt for task in world["hlr"].asked} == {1}


async def test_accepted_work_is_given_three_days_and_three_more_when_retried(database: Database) -> None:
    world = await World.make(database)
    case = await fallen(world, *["accepted"] * 200)
    for _ in range(80):
        await world.later(hours=1)
    assert await world.owed(case) == {"hlr.release.1": "fallout"}
    await world.retry(case, "hlr")
    await world.later(hours=1)
    assert await world.owed(case) == {"hlr.release.1": "due"}
    world["hlr"].script.clear()
    await world.later(hours=1)
    assert await world.state(case) is State.CLOSED


@pytest.mark.parametrize("resolved_as", ["discharged", "void"])
async def test_a_person_answers_for_a_release_and_the_case_goes_on(database: Database, resolved_as: str) -> None:
    world = await World.make(database)
    case = await fallen(world)
    await world.resolve(case, "hlr", resolved_as)
    assert await world.state(case) is State.CLOSED
    await world.drain()
    (told,) = [one.event for one in await world.events(case) if one.event.type == "release.resolved"]
    assert (told.actor.name, told.detail) == (
        "key:carrier",
        {"system": "hlr", "resolved_as": resolved_as, "why": "by hand"},
    )
    evidence = await world.rows("SELECT evidence FROM obligation WHERE system = 'hlr' AND kind = 'release'")
    assert evidence == [
        ({"msisdn": "another", "resolved_by": "key:carrier", "resolved_as": resolved_as, "why": "by hand"},)
    ]


@pytest.mark.parametrize("answer", ["retry", "resolve"])
async def test_only_fallout_waits_for_a_person(database: Database, answer: str) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.ripen()

    async def do(system: str) -> None:
        await (world.retry(case, system) if answer == "retry" else world.resolve(case, system, "discharged"))

    with pytest.raises(Conflict):
        await do("hlr")
    with pytest.raises(NotFound):
        await do("billing")
    await world.drain()
    with pytest.raises(Conflict):
        await do("hlr")
    assert (await world.told(case)).count(f"release.{answer}d") == 0


async def test_fallout_is_listed_page_after_page_without_gap_or_repetition(database: Database) -> None:
    world = await World.make(database)
    lines = await world.lines(count=7)
    for number in range(1, 8):
        world["hlr"].plan(f"A-{number}", "person")
    await world.ask(*lines)
    await world.drain()
    found: list[Any] = []
    after = None
    while True:
        async with database.transaction() as conn:
            page = await list_obligations(conn, after=after, limit=3)
        if not page:
            break
        found += page
        after = page[-1].id
    assert len({str(one.id) for one in found}) == len(found) == 7
    assert {one.last_outcome for one in found} == {"another subscriber holds that IMSI"}
    assert [ObligationId.parse(str(one.id)) for one in found] == [one.id for one in found]


@pytest.mark.parametrize(
    "text", ["", "hlr.release.1", "C-0000-00000.hlr.release.1", "x.y.z.w", "C-8K3M-V0QXX.a.b.12345"]
)
def test_what_is_no_obligations_id_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput):
        ObligationId.parse(text)
