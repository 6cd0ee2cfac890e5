"""The reconciler itself: leases, outcomes, what all workers share about a system, and the archive."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features.cancellation import State, sweep
from ringoff.kit.ids import CaseId
from ringoff.kit.pulse import Pulse
from ringoff.ports import Done, Outcome
from ringoff.reconcile.archive import archive
from ringoff.reconcile.claim import Batch, Claimer
from ringoff.reconcile.loop import SystemLoop
from ringoff.reconcile.model import Lane
from ringoff.reconcile.settle import settle
from ringoff.reconcile.systems import SharedSystem
from tests.support.world import THREE_WAVES, World, turned

HLR = {"hlr": THREE_WAVES["hlr"]}
LANE = Lane("interactive")


def claimer(world: World, system: str = "hlr") -> Claimer:
    return Claimer(world.app.systems[system], SharedSystem(system, world.app.pace), LANE, world.app.pace)


async def claim(world: World, want: int = 100, by: Claimer | None = None) -> Batch | None:
    return await (by or claimer(world)).claim(world.app.database, 0, want)


async def settled(world: World, batch: Batch, outcome: Outcome = Done({}), system: str = "hlr") -> int:  # noqa: B008
    async with world.app.database.transaction() as conn:
        outcomes = [(row, outcome) for row in batch.claimed]
        return len(await settle(conn, world.app.systems[system], batch.token, outcomes, world.now, world.app.pace))


async def due(world: World, count: int) -> list[CaseId]:
    cases = [await world.case(line) for line in await world.lines(count=count)]
    await world.ripen()
    return cases


async def test_no_two_workers_ever_hold_the_same_obligation(database: Database) -> None:
    world = await World.make(database, HLR)
    await due(world, 40)
    batches = await asyncio.gather(*[claim(world, 15) for _ in range(6)])
    held = [row.key for batch in batches if batch for row in batch.claimed]
    assert len(held) == len(set(held)) == 40
    assert await claim(world) is None


async def test_a_dead_workers_lease_runs_out_and_another_takes_over_knowing_that_it_may_have_happened(
    database: Database,
) -> None:
    world = await World.make(database, HLR)
    await due(world, 1)
    first = await claim(world)
    world.clock.advance(world.app.pace.lease - timedelta(seconds=1))
    assert await claim(world) is None
    world.clock.advance(timedelta(seconds=2))
    second = await claim(world)
    assert first is not None and second is not None
    assert ([t.attempt for t in first.tasks], [t.attempt for t in second.tasks]) == ([1], [2])
    assert first.tasks[0].idempotency_key == second.tasks[0].idempotency_key


async def test_what_a_worker_writes_after_its_lease_was_taken_is_dropped(database: Database) -> None:
    world = await World.make(database, HLR)
    (case,) = await due(world, 1)
    stale = await claim(world)
    world.clock.advance(timedelta(minutes=1))
    fresh = await claim(world)
    assert stale is not None and fresh is not None
    assert await settled(world, stale) == 0
    assert await world.state(case) is State.RELEASING
    assert await settled(world, fresh) == 1
    assert await world.state(case) is State.CLOSED
    assert await settled(world, fresh) == 0
    assert (await world.told(case)).count("release.discharged") == 1


async def test_what_a_worker_writes_after_a_withdrawal_is_dropped_and_spoils_no_other_outcome(
    database: Database,
) -> None:
    world = await World.make(database, {"portal": {"wave": 1, "effect": "undo", "gates": True}})
    withdrawn, other = await due(world, 2)
    stale = await claim(world, by=claimer(world, "portal"))
    assert stale is not None
    world.clock.advance(timedelta(minutes=1))
    assert await world.withdraw(withdrawn) is State.WITHDRAWING
    await settled(world, stale, system="portal")
    assert await world.state(other) is State.CLOSED
    assert (await world.owed(withdrawn))["portal.release.1"] == "void"


async def test_a_worker_renews_what_it_still_has_in_hand(database: Database) -> None:
    world = await World.make(database, HLR, pace={"lease": timedelta(seconds=0.3)})
    (case,) = await due(world, 1)
    world["hlr"].plan("A-1", "hang:done")
    working = asyncio.create_task(world.turn("hlr"))
    while not world["hlr"].asked:
        await asyncio.sleep(0.01)
    for _ in range(8):
        world.clock.advance(timedelta(seconds=0.2))
        await asyncio.sleep(0.15)
        assert await claim(world) is None
    world["hlr"].let_answer.set()
    await working
    assert await world.state(case) is State.CLOSED


async def test_a_worker_that_lost_its_lease_asks_nothing_more_of_the_outside(database: Database) -> None:
    world = await World.make(database, HLR, pace={"lease": timedelta(seconds=0.2)})
    await due(world, 1)
    batch = await claim(world)
    assert batch is not None and batch.still_ours(batch.tasks[0])
    await asyncio.sleep(0.25)
    assert not batch.still_ours(batch.tasks[0])
    assert [o async for o in world["hlr"].discharge(batch.tasks, batch.still_ours)] == []


async def test_a_slow_line_holds_up_no_other_of_its_batch(database: Database) -> None:
    world = await World.make(database, HLR)
    cases = await due(world, 5)
    world["hlr"].plan("A-5", "hang:done")
    working = asyncio.create_task(world.turn("hlr"))
    while [await world.state(case) for case in cases[:4]] != [State.CLOSED] * 4:
        await asyncio.sleep(0.01)
    assert await world.state(cases[4]) is State.RELEASING
    world["hlr"].let_answer.set()
    await working
    assert await world.state(cases[4]) is State.CLOSED


async def test_a_connectors_bug_leaves_its_tasks_in_doubt_and_harms_no_others(database: Database) -> None:
    world = await World.make(database, HLR)
    cases = await due(world, 3)
    world["hlr"].plan("A-2", "raise")
    await world.drain()
    await world.later(minutes=1)
    assert {await world.state(case) for case in cases} == {State.CLOSED}


async def test_what_a_connector_leaves_out_goes_back_at_once(database: Database) -> None:
    world = await World.make(database, HLR)
    (case,) = await due(world, 1)
    world["hlr"].plan("A-1", "silent")
    await world.turn("hlr")
    assert await world.rows("SELECT lease_until FROM obligation WHERE system = 'hlr'") == [(None,)]
    await world.drain()
    assert await world.state(case) is State.CLOSED


async def test_a_loop_takes_many_more_than_one_batch_holds(database: Database) -> None:
    """All of them, one batch after the other, without waiting for a look back."""
    world = await World.make(database, HLR)
    await world.ask(*await world.lines(count=700))
    while await world.ripen():
        pass
    loop = SystemLoop(database, world.app.systems["hlr"], LANE, world.app.pace, Pulse())
    turns = 0
    while await turned(loop):
        turns += 1
    assert await world.rows("SELECT count(*) FROM line WHERE status = 'closed'") == [(700,)]


# ── What all workers share about a system ────────────────────────────────────────────────────────────────────────


async def test_the_breaker_opens_for_all_workers_lets_one_try_and_closes_for_all(database: Database) -> None:
    world = await World.make(database, HLR)
    cases = await due(world, 30)
    for number in range(1, 31):
        world["hlr"].plan(f"A-{number}", *["down"] * 50)
    for _ in range(world.app.pace.breaker_failures):
        world.clock.advance(timedelta(seconds=5))
        await world.turn("hlr")
    (failures, why, until) = (await world.rows("SELECT failures, last_failure, open_until FROM system"))[0]
    assert (failures, why) == (world.app.pace.breaker_failures, "refused connection")
    assert until > world.now
    asked = len(world["hlr"].asked)
    assert not await world.turn("hlr")
    world.clock.advance(timedelta(minutes=2))
    await asyncio.gather(*[world.turn("hlr") for _ in range(4)])
    assert len(world["hlr"].asked) == asked + 1
    world["hlr"].script.clear()
    for _ in range(6):
        await world.later(minutes=6)
    assert {await world.state(case) for case in cases} == {State.CLOSED}
    assert await world.rows("SELECT failures, last_failure, open_until FROM system") == [(0, None, None)]


async def test_a_refusal_of_one_line_is_no_failure_of_the_system(database: Database) -> None:
    world = await World.make(database, HLR)
    await due(world, 1)
    world["hlr"].plan("A-1", *["retry"] * 8)
    for _ in range(8):
        await world.later(minutes=10)
    assert await world.rows("SELECT failures FROM system") == [(0,)]


async def test_ten_workers_together_keep_to_a_systems_rate(database: Database) -> None:
    world = await World.make(database, {"hlr": {**HLR["hlr"], "rate_per_second": 10}})
    await due(world, 60)
    for seconds in range(1, 5):
        await asyncio.gather(*[world.turn("hlr") for _ in range(5)])
        await world.turn("hlr")
        assert len(world["hlr"].asked) == 10 * seconds
        world.clock.advance(timedelta(seconds=1))


async def test_what_is_allowed_and_not_needed_is_given_back(database: Database) -> None:
    world = await World.make(database, {"hlr": {**HLR["hlr"], "rate_per_second": 10}})
    await due(world, 3)
    for _ in range(4):
        await world.turn("hlr")
    await due(world, 7)
    for _ in range(4):
        await world.turn("hlr")
    assert len(world["hlr"].asked) == 10


async def test_nothing_is_asked_of_a_system_in_its_maintenance_window(database: Database) -> None:
    start = datetime(2026, 11, 29, 0, 30, tzinfo=UTC)  # a Sunday, 01:30 in Berlin
    window = {"hlr": {**HLR["hlr"], "maintenance": ["Sun 02:00-04:00 Europe/Berlin"]}}
    world = await World.make(database, window, start=start + timedelta(minutes=30))
    (case,) = await due(world, 1)
    for _ in range(12):
        await world.later(minutes=9, seconds=55)
    assert world["hlr"].asked == []
    await world.later(minutes=2)
    assert await world.state(case) is State.CLOSED


# ── The archive ──────────────────────────────────────────────────────────────────────────────────────────────────


async def moved(world: World, before: datetime) -> tuple[int, int]:
    async with world.app.database.transaction() as conn:
        last: int | None = 0
        while last is not None:
            last = await archive(conn, before, after=last, limit=2)
    query = "SELECT (SELECT count(*) FROM obligation), (SELECT count(*) FROM obligation_archive)"
    hot, archived = (await world.rows(query))[0]
    return hot, archived


async def test_what_was_settled_long_ago_leaves_the_hot_table_whole_and_by_month(database: Database) -> None:
    world = await World.make(database)
    lines = await world.lines(count=5)
    for number, line in enumerate(lines):
        await world.case(line)
        await world.drain()
        world.clock.advance(timedelta(days=12 if number % 2 else 1))
    for _ in range(40):
        await world.later(days=1)
    everything = await world.rows("SELECT * FROM obligation ORDER BY subject_id, system, kind, cycle")
    assert await moved(world, world.now - timedelta(days=400)) == (len(everything), 0)
    hot, archived = await moved(world, world.now + timedelta(days=1))
    assert (hot, archived) == (0, len(everything))
    assert await world.rows("SELECT * FROM obligation_archive ORDER BY subject_id, system, kind, cycle") == everything
    months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'obligation_archive'::regclass"
    assert (await world.rows(months))[0][0] >= 2


async def test_a_case_with_anything_open_stays_in_the_hot_table(database: Database) -> None:
    world = await World.make(database)
    lines = await world.lines(count=2)
    world["billing"].plan("A-1", "person")
    fallen, _ = [await world.case(line) for line in lines]
    for _ in range(45):
        await world.later(days=1)
    await moved(world, world.now)
    assert await world.rows("SELECT DISTINCT subject_id FROM obligation") == [(fallen,)]
    await world.resolve(fallen, "billing", "void")
    hot, _ = await moved(world, world.now + timedelta(days=1))
    assert hot == 0


async def test_only_one_worker_moves_at_a_time(database: Database) -> None:
    world = await World.make(database)
    async with database.transaction() as one, database.transaction() as other:
        assert await archive(one, world.now) is None
        await one.execute("SELECT pg_advisory_xact_lock(hashtext('ringoff archive'))")
        assert await archive(other, world.now) is None


@pytest.mark.parametrize("state", ["releasing", "withdrawing"])
async def test_the_sweep_wakes_and_reports_a_case_that_sleeps(database: Database, state: str) -> None:
    """It should never find one: here one is made, by taking its obligations away."""
    world = await World.make(database, HLR)
    (case,) = await due(world, 1)
    await world.rows("DELETE FROM obligation")
    if state == "withdrawing":
        await world.rows("UPDATE cancellation SET state = 'withdrawing'")
    async with database.transaction() as conn:
        assert await sweep(conn, world.app.terms, world.now) == [case]
    assert "case.found_asleep" in await world.told(case)
    async with database.transaction() as conn:
        assert await sweep(conn, world.app.terms, world.now) == []
