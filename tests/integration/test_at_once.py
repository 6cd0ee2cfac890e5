"""Wave 0: what is asked as soon as a case is scheduled, long before it is ripe, such as the stop of renewals."""

from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features.cancellation import State
from ringoff.kit.errors import Unavailable
from tests.support.world import World

RENEWALS_FIRST: dict[str, dict[str, Any]] = {
    "renewals": {"wave": 0, "effect": "undo", "gates": False},
    "hlr": {"wave": 1, "effect": "pivot", "gates": True},
}


async def test_it_is_asked_while_the_holder_can_still_change_their_mind(database: Database) -> None:
    world = await World.make(database, RENEWALS_FIRST)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.drain()
    assert world["renewals"].asked and not world["hlr"].asked
    assert await world.state(case) is State.SCHEDULED


async def test_a_withdrawal_gives_it_back(database: Database) -> None:
    world = await World.make(database, RENEWALS_FIRST)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.drain()
    assert await world.withdraw(case) is State.WITHDRAWING
    await world.drain()
    assert await world.state(case) is State.WITHDRAWN
    assert [kind for system, kind, _ in world.journal if system == "renewals"] == ["release", "restore"]


async def test_what_nobody_had_asked_yet_is_just_let_be(database: Database) -> None:
    world = await World.make(database, RENEWALS_FIRST)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    assert await world.withdraw(case) is State.WITHDRAWN
    await world.drain()
    assert world.journal == []


async def test_the_ripe_case_goes_on_with_its_first_wave_and_closes(database: Database) -> None:
    world = await World.make(database, RENEWALS_FIRST)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.later(minutes=16)
    await world.drain()
    assert await world.state(case) is State.CLOSED
    assert [system for system, _, _ in world.journal] == ["renewals", "hlr"]


async def test_a_case_that_waits_for_a_person_has_asked_nothing(database: Database) -> None:
    world = await World.make(database, RENEWALS_FIRST)
    (line,) = await world.lines(status="suspended")
    case = await world.case(line, channel="web")
    await world.drain()
    assert not world["renewals"].asked
    await world.review(case, approve=True)
    await world.drain()
    assert world["renewals"].asked


async def test_declined_after_a_second_look_it_is_given_back(database: Database) -> None:
    world = await World.make(database, RENEWALS_FIRST)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.drain()
    await world.rows("UPDATE line SET msisdn = NULL WHERE id = %s RETURNING id", line)
    await world.later(minutes=16)
    assert await world.state(case) is State.IN_REVIEW
    await world.review(case, approve=False)
    await world.drain()
    assert [kind for system, kind, _ in world.journal if system == "renewals"] == ["release", "restore"]
    assert await world.state(case) is State.DECLINED


@pytest.mark.parametrize("wrong", [{"effect": "pivot"}, {"gates": True}, {"scope": "account"}])
async def test_only_what_can_be_undone_and_gates_nothing_is_asked_so_early(
    database: Database, wrong: dict[str, Any]
) -> None:
    systems = {**RENEWALS_FIRST, "renewals": {**RENEWALS_FIRST["renewals"], **wrong}}
    world = await World.make(database, systems)
    (line,) = await world.lines()
    with pytest.raises(Unavailable, match="renewals"):
        await world.case(line, channel="web")
