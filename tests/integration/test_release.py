"""From ripe to closed, wave after wave, and what may still change on the way."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from ringoff.db.pool import Connection, Database
from ringoff.features.cancellation import State
from ringoff.ports import Done
from ringoff.reconcile.claim import Claimer
from ringoff.reconcile.model import Lane
from ringoff.reconcile.settle import settle
from ringoff.reconcile.systems import SharedSystem
from tests.support.world import THREE_WAVES, World

LAST_LINE: Mapping[str, Mapping[str, Any]] = {
    "hlr": {"wave": 1, "effect": "pivot", "gates": True},
    "bindings": {"wave": 2, "effect": "forward_only", "gates": False},
    "access": {"wave": 2, "effect": "undo", "gates": False, "scope": "account"},
    "mandate": {"wave": 3, "effect": "forward_only", "gates": False, "scope": "account"},
}


WAITING = """
SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_a_line_is_closed_by_its_systems_wave_after_wave(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.ripen()
    assert await world.owed(case) == {"hlr.release.1": "due"}
    await world.turn("hlr")
    assert await world.owed(case) == {"hlr.release.1": "discharged", "hlr.verify.1": "due", "bindings.release.1": "due"}
    assert await world.state(case) is State.CLOSED
    await world.drain()
    assert [system for system, _, _ in world.journal] == ["hlr", "bindings", "billing"]
    assert await world.rows("SELECT status, closed_at FROM line") == [("closed", world.now)]


async def test_nothing_is_asked_to_let_go_before_the_time_to_undo_is_over(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.later(minutes=14, seconds=59)
    assert await world.state(case) is State.SCHEDULED
    assert world.journal == []
    await world.later(seconds=1)
    assert await world.state(case) is State.CLOSED


async def test_a_line_stays_until_the_end_of_the_chosen_day_where_its_holder_lives(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines(zone="Pacific/Kiritimati")
    case = await world.case(line, when="2026-12-01")
    await world.later(days=7, hours=21, minutes=59, seconds=58)  # 2026-12-01 09:59:58 UTC
    assert await world.state(case) is State.SCHEDULED
    await world.later(seconds=1)
    assert await world.state(case) is State.CLOSED


async def test_closing_waits_for_every_gating_system_and_for_no_trailing_one(database: Database) -> None:
    world = await World.make(
        database,
        {
            "hlr": {"wave": 1, "effect": "pivot", "gates": True},
            "roaming": {"wave": 1, "effect": "forward_only", "gates": False},
            "hss": {"wave": 2, "effect": "forward_only", "gates": True},
        },
    )
    (line,) = await world.lines()
    world["roaming"].plan("A-1", "accepted")
    world["hss"].plan("A-1", "accepted")
    case = await world.case(line)
    await world.drain()
    assert await world.owed(case, "release") == {"hlr.release.1": "discharged", "roaming.release.1": "due"}
    await world.later(minutes=2)
    assert await world.owed(case, "release") == {
        "hlr.release.1": "discharged",
        "roaming.release.1": "discharged",
        "hss.release.1": "due",
    }
    assert await world.state(case) is State.RELEASING
    await world.later(minutes=2)
    assert await world.state(case) is State.CLOSED


async def test_one_systems_fallout_blocks_no_other(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    world["bindings"].plan("A-1", "person")
    case = await world.case(line)
    await world.drain()
    assert await world.state(case) is State.CLOSED
    assert await world.owed(case, "release") == {
        "hlr.release.1": "discharged",
        "bindings.release.1": "fallout",
        "billing.release.1": "discharged",
    }


async def test_the_fallout_of_a_gating_system_keeps_the_line_open(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    world["hlr"].plan("A-1", "person")
    case = await world.case(line)
    await world.later(days=30)
    assert await world.state(case) is State.RELEASING
    assert await world.owed(case) == {"hlr.release.1": "fallout"}
    assert await world.asleep() == []


async def test_the_accounts_own_systems_follow_its_last_line_and_no_other(database: Database) -> None:
    world = await World.make(database, LAST_LINE)
    first, last = await world.lines(count=2)
    one = await world.case(first)
    await world.drain()
    assert set(await world.owed(one, "release")) == {"hlr.release.1", "bindings.release.1"}
    assert await world.rows("SELECT closed_at FROM account") == [(None,)]
    other = await world.case(last)
    await world.drain()
    assert set(await world.owed(other, "release")) == {f"{s}.release.1" for s in LAST_LINE}
    assert set((await world.owed(other, "release")).values()) == {"discharged"}
    assert "account.closed" in await world.told(other)
    assert await world.rows("SELECT closed_at FROM account") == [(world.now,)]


@pytest.mark.parametrize("wave", [1, 2, 3])
async def test_an_accounts_system_is_asked_whichever_wave_it_is_in(database: Database, wave: int) -> None:
    world = await World.make(database, {"hlr": THREE_WAVES["hlr"], "mandate": {**LAST_LINE["mandate"], "wave": wave}})
    (line,) = await world.lines()
    case = await world.case(line)
    await world.drain()
    assert await world.owed(case, "release") == {"hlr.release.1": "discharged", "mandate.release.1": "discharged"}


async def _released_by_hand(world: World, conn: Connection, name: str) -> None:
    """One settle of this system's only due row, in a transaction that the test ends."""
    system = world.app.systems[name]
    shared = SharedSystem(name, world.app.pace)
    batch = await Claimer(system, shared, Lane("interactive"), world.app.pace).claim(world.app.database, 0, 1)
    assert batch is not None
    outcomes = [(row, Done({})) for row in batch.claimed]
    await settle(conn, system, batch.token, outcomes, world.now, world.app.pace)


@pytest.mark.parametrize("first_commits_first", [True, False])
async def test_of_two_last_lines_that_close_at_once_exactly_one_closes_the_account(
    database: Database, first_commits_first: bool
) -> None:
    """The first settle stops before its commit; the second must wait for it, or would not see that it is the last."""
    world = await World.make(database, LAST_LINE)
    cases = [await world.case(line) for line in await world.lines(count=2)]
    await world.ripen()
    wrote, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with database.transaction() as conn:
            await _released_by_hand(world, conn, "hlr")
            wrote.set()
            await go_on.wait()
            if not first_commits_first:
                raise ConnectionError("rolled back")

    async def second() -> None:
        await wrote.wait()
        async with database.transaction() as conn:
            await _released_by_hand(world, conn, "hlr")

    running = [asyncio.create_task(first()), asyncio.create_task(second())]
    await wrote.wait()
    while not await world.rows(WAITING):
        assert not running[1].done(), running[1]
        await asyncio.sleep(0.01)
    go_on.set()
    await asyncio.gather(*running, return_exceptions=True)
    await world.later(minutes=1)  # the lease of the one rolled back has run out
    assert {await world.state(case) for case in cases} == {State.CLOSED}
    assert await world.rows("SELECT count(*) FROM event WHERE type = 'account.closed'") == [(1,)]
    assert len([entry for entry in world.journal if entry[0] == "mandate"]) == 1


async def test_many_last_lines_closing_at_once_close_each_account_once(database: Database) -> None:
    world = await World.make(database, LAST_LINE)
    lines = [line for number in range(15) for line in await world.lines(f"A{number}", 4)]
    await world.ask(*lines)
    await world.ripen()
    for _ in range(20):
        await asyncio.gather(*[world.turn("hlr") for _ in range(3)])
    await world.drain()
    assert await world.rows("SELECT count(*) FROM event WHERE type = 'account.closed'") == [(15,)]
    assert await world.rows("SELECT count(*) FROM account WHERE closed_at IS NULL") == [(0,)]
    assert len([entry for entry in world.journal if entry[0] == "mandate"]) == 15


async def test_ripening_looks_again_and_a_hold_set_meanwhile_makes_it_wait(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.hold(line, "fraud")
    await world.hold(line, "port_pending")
    await world.later(minutes=20)
    await world.later(hours=20)
    assert await world.state(case) is State.SCHEDULED
    assert (await world.told(case)).count("case.waiting") == 1
    await world.lift(line, "fraud")
    await world.drain()
    assert await world.state(case) is State.SCHEDULED
    await world.lift(line, "port_pending")
    await world.drain()
    assert await world.state(case) is State.CLOSED


@pytest.mark.parametrize("change", ["msisdn = '+4915199999999'", "imsi = '262019999999999'", "iccid = NULL"])
async def test_a_line_that_is_no_longer_the_one_asked_for_goes_to_a_person(database: Database, change: str) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.rows(f"UPDATE line SET {change} WHERE id = %s", line)
    await world.later(minutes=20)
    assert await world.state(case) is State.IN_REVIEW
    assert world.journal == []


async def test_a_line_that_changes_while_it_is_released_is_not_touched_any_more(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.ripen()
    await world.rows("UPDATE line SET imsi = '262019999999999' WHERE id = %s", line)
    await world.drain()
    assert await world.owed(case) == {"hlr.release.1": "fallout"}
    assert world["hlr"].asked == []


async def test_a_secondary_line_added_meanwhile_closes_first(database: Database) -> None:
    world = await World.make(database)
    (primary,) = await world.lines()
    case = await world.case(primary, channel="web")
    (secondary,) = await world.lines(primary=primary)
    await world.later(minutes=20)
    assert await world.state(case) is State.SCHEDULED
    await world.case(secondary)
    await world.drain()
    assert await world.state(case) is State.CLOSED
    assert [line for system, _, line in world.journal if system == "hlr"] == ["A-2", "A-1"]


async def test_a_system_that_answers_later_is_only_asked_again_and_a_callback_wakes_it(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    world["hlr"].plan("A-1", "accepted", "accepted")
    case = await world.case(line)
    await world.drain()
    await world.later(seconds=59)
    assert len(world["hlr"].asked) == 1
    await world.later(seconds=1)
    assert [(task.reference, task.attempt) for task in world["hlr"].asked] == [(None, 1), (f"R-{case}.release.1", 2)]
    woken = "UPDATE obligation SET due_at = %s WHERE reference IS NOT NULL"
    await world.rows(woken, world.now)
    await world.drain()
    assert await world.state(case) is State.CLOSED
    assert (await world.told(case)).count("release.accepted") == 1


async def test_cases_wait_out_a_system_that_is_down_and_close_when_it_is_back(database: Database) -> None:
    world = await World.make(database)
    lines = await world.lines(count=5)
    for number in range(1, 6):
        world["hlr"].plan(f"A-{number}", *["down"] * 20)
    cases = [await world.case(line) for line in lines]
    for _ in range(60):
        await world.later(seconds=31)
    assert {await world.state(case) for case in cases} == {State.RELEASING}
    world["hlr"].script.clear()
    for _ in range(12):
        await world.later(seconds=31)
    assert {await world.state(case) for case in cases} == {State.CLOSED}
    assert await world.rows("SELECT failures, open_until FROM system WHERE name = 'hlr'") == [(0, None)]


async def test_everything_that_happens_to_a_case_is_told_in_order(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.drain()
    events = [one.event for one in await world.events(case)]
    assert [e.type for e in events] == [
        "case.requested",
        "case.scheduled",
        "case.releasing",
        "release.discharged",
        "case.closed",
        "account.closed",
        "release.discharged",
        "release.discharged",
    ]
    assert {e.at for e in events} == {world.now}
    assert {e.actor.name for e in events[2:]} == {"ringoff"}


async def test_a_closed_line_is_closed_for_good(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.drain()
    with pytest.raises(Exception, match="comes back only as a new line"):
        await world.rows("UPDATE line SET status = 'active', closed_at = NULL WHERE id = %s", line)
    with pytest.raises(Exception, match="this transition does not exist"):
        await world.rows("UPDATE cancellation SET state = 'releasing', ended_at = NULL WHERE id = %s", case)
    with pytest.raises(Exception, match="never deleted"):
        await world.rows("DELETE FROM cancellation WHERE id = %s", case)
    with pytest.raises(Exception, match="never regresses"):
        await world.rows("UPDATE obligation SET state = 'due' WHERE subject_id = %s", case)
    assert timedelta(0) == world.now - (await world.rows("SELECT ended_at FROM cancellation"))[0][0]
