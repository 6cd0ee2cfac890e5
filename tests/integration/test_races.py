"""Many at once, on as many connections: one consistent ending each."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ringoff.db.pool import Connection, Database
from ringoff.features import cancellation
from ringoff.features.cancellation import Receipt, Request, State, When, store
from ringoff.features.readiness.store import FACTS
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, RingoffError
from ringoff.kit.pulse import Pulse
from ringoff.reconcile.loop import SystemLoop
from tests.support.world import BULK, CARRIER, INTERACTIVE, UNDO_FIRST, World, turned

SOAK = bool(os.environ.get("RINGOFF_SOAK"))


@pytest.fixture
async def wide(database_url: str) -> AsyncIterator[Database]:
    """A database with as many connections as there are racers."""
    async with Database(database_url, size=24) as opened:
        yield opened


async def test_two_hundred_requests_for_one_line_at_once_are_one_case(wide: Database) -> None:
    world = await World.make(wide)
    (line,) = await world.lines()
    actors = [CARRIER, Actor("subscriber", "web"), Actor("agent:lin", "care"), Actor("bulk:1", "bulk")]
    answers = await asyncio.gather(*[world.ask(line, actor=actors[n % 4]) for n in range(200)])
    receipts = [answer for (answer,) in answers if isinstance(answer, Receipt)]
    assert len(receipts) == 200
    assert sum(r.created for r in receipts) == 1
    assert len({r.case_id for r in receipts}) == 1
    assert await world.rows("SELECT count(*) FROM cancellation") == [(1,)]
    assert await world.rows("SELECT count(*) FROM event WHERE type = 'case.requested'") == [(1,)]


async def test_two_bulks_over_the_same_lines_in_opposite_order_share_them_out(wide: Database) -> None:
    world = await World.make(wide)
    lines = await world.lines(count=300)
    orders = [lines, lines[::-1], random.sample(lines, 300), random.sample(lines, 300)]
    answers = [a for batch in await asyncio.gather(*[world.ask(*order) for order in orders]) for a in batch]
    assert Counter(a.created for a in answers if isinstance(a, Receipt)) == {True: 300, False: 900}


class Paused:
    """A connection that stops before one statement until it is told to go on."""

    def __init__(self, conn: Connection, before: str) -> None:
        self._conn, self._before = conn, before
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)

    async def execute(self, query: Any, *how: Any) -> Any:
        if query == self._before:
            self.reached.set()
            await self.go_on.wait()
        return await self._conn.execute(query, *how)


@pytest.mark.parametrize("before", [store.SHARE_LINES, store.OPEN_CASES, FACTS])
async def test_a_request_that_meets_a_closing_makes_no_second_case(wide: Database, before: str) -> None:
    world = await World.make(wide)
    (line,) = await world.lines()
    await world.case(line)
    async with wide.transaction() as conn:
        paused = Paused(conn, before)
        wish = [Request(line, When("now"))]
        asking = asyncio.create_task(
            cancellation.request(paused, world.app.terms, wish, CARRIER, world.now)  # type: ignore[arg-type]
        )
        await paused.reached.wait()
        await asyncio.wait_for(world.drain(), 20)
        paused.go_on.set()
        (answer,) = await asking
    assert isinstance(answer, Conflict) or not answer.created  # type: ignore[union-attr]
    assert await world.rows("SELECT state FROM cancellation") == [("closed",)]


async def _turning(world: World, stop: asyncio.Event) -> None:
    """A worker whose loops turn at the same time, until stopped."""
    pulse = Pulse()
    loops = [
        SystemLoop(world.app.database, system, lane, world.app.pace, pulse)
        for system in world.app.systems.values()
        for lane in (BULK, INTERACTIVE)
    ]

    async def turn(loop: SystemLoop) -> None:
        while not stop.is_set():
            if not await turned(loop):
                await asyncio.sleep(0.005)

    async def ripen() -> None:
        while not stop.is_set():
            if not await world.ripen():
                await asyncio.sleep(0.005)

    await asyncio.gather(ripen(), *[turn(loop) for loop in loops])


async def _race(world: World, line: int) -> None:
    """A case ripens while its holder withdraws, an agent reschedules, and the other carrier reports the port."""
    case = await world.case(line)

    async def withdraw() -> None:
        await world.withdraw(case)
        world.history.append(("holder", "withdrawn", case))

    async def soon(act: Any) -> None:
        await asyncio.sleep(random.expovariate(150))
        try:
            await act
        except RingoffError as refusal:
            assert isinstance(refusal, Conflict), refusal

    acts = [withdraw(), world.reschedule(case, random.choice(["now", "2026-12-24"])), world.port(line, "completed")]
    await asyncio.gather(*[soon(act) for act in random.sample(acts, 3)])


@pytest.mark.parametrize("rounds", [200, pytest.param(1000, marks=pytest.mark.slow)])
async def test_withdrawal_pivot_reschedule_and_port_racing_each_other_end_consistently(
    wide: Database, rounds: int
) -> None:
    if rounds > 200 and not SOAK:
        rounds = 20
    world = await World.make(wide, UNDO_FIRST)
    lines = await world.lines(count=rounds)
    stop = asyncio.Event()
    workers = [asyncio.create_task(_turning(world, stop)) for _ in range(3)]
    for first in range(0, rounds, 10):
        await asyncio.gather(*[_race(world, line) for line in lines[first : first + 10]])
    stop.set()
    await asyncio.gather(*workers)
    for _ in range(3):
        await world.later(days=40)
    await _ended_consistently(world)


ENDINGS = """
SELECT c.id, c.state, l.line_ref, l.status FROM cancellation c JOIN line l ON l.id = c.line_id ORDER BY c.id
"""


async def _ended_consistently(world: World) -> None:
    cases = await world.rows(ENDINGS)
    seen = {state for _, state, _, _ in cases}
    assert seen == {State.CLOSED, State.WITHDRAWN}, seen  # all ended, and the race went both ways
    closed_lines = {line for _, state, line, _ in cases if state == State.CLOSED}
    assert {line for _, _, line, status in cases if status == "closed"} == closed_lines
    effects = Counter(world.history)
    assert max(effects.values()) == 1, effects.most_common(3)
    for case, state, line, _ in cases:
        released = ("hlr", "release", case) in effects
        assert released == (state == State.CLOSED), (case, state)
        assert ("portal", "restore", case) not in effects or state == State.WITHDRAWN
        assert (line in world["portal"].gone) == (line in world["hlr"].gone) == (line in closed_lines)
    confirmed: set[int] = set()
    for system, what, case in world.history:
        assert (system, what) != ("hlr", "release") or case not in confirmed
        if what == "withdrawn":
            confirmed.add(case)
    assert await world.asleep() == []
    assert await world.rows("SELECT count(*) FROM event WHERE type = 'case.found_asleep'") == [(0,)]


FOUR_GATES = {
    name: {"wave": wave, "effect": "forward_only", "gates": True}
    for name, wave in zip("abcd", [1, 1, 1, 2], strict=True)
}


async def test_no_case_sleeps_when_its_systems_are_settled_at_the_same_moment(wide: Database) -> None:
    """Lock, then check: of two settles that end one wave, the second must see the first."""
    world = await World.make(wide, FOUR_GATES, pace={"batch_most": 40})
    lines = await world.lines(count=2000)
    await world.ask(*lines)
    while await world.ripen():
        pass
    stop = asyncio.Event()
    workers = [asyncio.create_task(_turning(world, stop)) for _ in range(3)]
    unfinished = "SELECT count(*) FROM obligation WHERE kind = 'release' AND state = 'due'"
    while (await world.rows(unfinished))[0][0]:
        assert not any(worker.done() for worker in workers)
        await asyncio.sleep(0.2)
    stop.set()
    await asyncio.gather(*workers)
    assert await world.asleep() == []
    assert await world.rows("SELECT state, count(*) FROM cancellation GROUP BY state") == [("closed", 2000)]
    assert max(Counter(world.history).values()) == 1
    assert len(world.history) == 8000
