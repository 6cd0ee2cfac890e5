"""The whole life of cases under several workers, in any order that Hypothesis can think of.

Claiming, acting and settling are separate steps of separate workers; workers die or stop in between; the clock jumps;
holders, agents and other carriers interfere. Whatever happens: no illegal state, no second open case, nothing
released after a withdrawal was confirmed, and no case that sleeps.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ringoff.db.pool import Database
from ringoff.features.cancellation import Receipt
from ringoff.kit.actor import Actor
from ringoff.kit.errors import RingoffError
from ringoff.ports import Outcome, Task
from ringoff.reconcile.claim import Batch, Claimer
from ringoff.reconcile.model import Claimed, Lane
from ringoff.reconcile.settle import settle
from ringoff.reconcile.systems import SharedSystem
from tests.support.world import CARRIER, NOW, World

SYSTEMS = {
    "portal": {"wave": 1, "effect": "undo", "gates": True},
    "hlr": {"wave": 2, "effect": "pivot", "gates": True},
    "billing": {"wave": 3, "effect": "forward_only", "gates": False},
    "mandate": {"wave": 3, "effect": "forward_only", "gates": False, "scope": "account"},
}
NAMES = sorted(SYSTEMS)
LANE = Lane("interactive")
EXAMPLES = 2000 if os.environ.get("RINGOFF_SOAK") else 60
# What hangs on the accounts and is append-only: here it has nothing in it.
EMPTY = """
DO $$ BEGIN
    ALTER TABLE posting DISABLE TRIGGER USER;
    ALTER TABLE ledger_transaction DISABLE TRIGGER USER;
    ALTER TABLE duty DISABLE TRIGGER USER;
    ALTER TABLE note DISABLE TRIGGER USER;
    TRUNCATE cancellation, obligation, obligation_archive, hold, line, account CASCADE;
END $$
"""
WELL = "UPDATE system SET failures = 0, last_failure = NULL, open_until = NULL"
AGENT, OTHER = Actor("agent:lin", "care"), Actor("agent:ana", "care")
WORDS = ["done"] * 4 + ["accepted", "retry", "unknown", "unknown_done", "person", "silent", "down"]
LEGS = [0.5, 20.0, 600.0, 90_000.0]  # seconds: a moment, longer than a lease, than a backoff, than a day
WAITING = """
SELECT c.id, c.state, c.waiting_for FROM cancellation c
 WHERE c.state NOT IN ('closed', 'declined', 'withdrawn', 'in_review')
   AND NOT EXISTS (SELECT FROM obligation o WHERE o.subject_id = c.id AND o.kind IN ('release', 'restore')
                   AND o.state = 'fallout')
   AND NOT (c.state = 'scheduled' AND c.waiting_for IS NOT NULL
            AND (EXISTS (SELECT FROM hold h WHERE h.line_id = c.line_id AND h.lifted_at IS NULL)
                 OR EXISTS (SELECT FROM line s WHERE s.primary_line_id = c.line_id AND s.status <> 'closed')))
"""
UNDER_WAY = """
SELECT system FROM obligation
 WHERE subject_id = %s AND kind = 'release' AND state = 'due' AND (lease_until >= %s OR reference IS NOT NULL)
"""
FALLOUT = "SELECT subject_id, system, kind, cycle FROM obligation WHERE state = 'fallout' ORDER BY 1, 2, 3, 4"
INCONSISTENT = """
SELECT c.id, c.state, l.status FROM cancellation c JOIN line l ON l.id = c.line_id
 WHERE (c.state = 'closed') <> (l.status = 'closed')
   AND c.id = (SELECT max(n.id) FROM cancellation n WHERE n.line_id = c.line_id)
"""
Result = TypeVar("Result")


@dataclass(slots=True)
class Hand:
    """What one worker holds of one system: claimed, perhaps acted on, not yet settled."""

    system: str
    batch: Batch
    lease_ends: datetime
    outcomes: list[tuple[Claimed, Outcome]] = field(default_factory=list)
    acted: bool = False


class LifeCycle(RuleBasedStateMachine):
    world: World
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []
        self.hands: list[Hand] = []
        self.ended_at: dict[int, int] = {}  # withdrawn cases, and how many effects there had been by then
        self.barred: dict[int, tuple[int, set[tuple[str]]]] = {}  # since how many effects, and what was under way

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def attempt(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """A refusal with a reason is an answer too; anything else that is raised is a defect."""
        try:
            return self.run(work)
        except RingoffError:
            return None

    def cases(self, *states: str) -> list[int]:
        found = self.run(
            self.world.rows("SELECT id FROM cancellation WHERE state = ANY (%s) ORDER BY id", list(states))
        )
        return [row[0] for row in found]

    @initialize()
    def a_small_carrier(self) -> None:
        world = self.world
        world.clock.advance(NOW - world.now)
        self.run(world.rows(EMPTY))
        self.run(world.rows(WELL))
        for system in world.systems.values():
            system.gone.clear()
            system.script.clear()
            system.asked.clear()
        world.journal.clear()
        world.history.clear()

        async def people() -> list[int]:
            (primary,) = await world.lines("A")
            return [primary, *await world.lines("A", primary=primary), *await world.lines("B", 2)]

        self.lines = self.run(people())

    # ── What holders, agents and other carriers do ──────────────────────────────────────────────────────────────

    @rule(line=st.integers(0, 3), when=st.sampled_from(["now"] * 3 + ["2026-12-24", "period_end"]), whole=st.booleans())
    def request(self, line: int, when: str, whole: bool) -> None:
        wanted = self.lines if whole and line == 0 else [self.lines[line]]
        actor = AGENT if whole else CARRIER
        answers = self.run(self.world.ask(*wanted, when=when, actor=actor, whole_account=whole))
        assert all(isinstance(answer, Receipt | RingoffError) for answer in answers)

    @rule(line=st.integers(0, 3))
    def start_at_once(self, line: int) -> None:
        self.run(self.world.ask(self.lines[line], whole_account=True))
        self.run(self.world.ripen())

    @rule(pick=st.integers(0, 9))
    def withdraw(self, pick: int) -> None:
        cases = self.cases("in_review", "scheduled", "releasing", "withdrawing")
        if cases:
            case = cases[pick % len(cases)]
            if self.attempt(self.world.withdraw(case)) is not None:
                under_way = set(self.run(self.world.rows(UNDER_WAY, case, self.world.now)))
                self.barred.setdefault(case, (len(self.world.history), under_way))

    @rule(pick=st.integers(0, 9), when=st.sampled_from(["now", "2026-12-24"]))
    def reschedule(self, pick: int, when: str) -> None:
        cases = self.cases("in_review", "scheduled")
        if cases:
            self.attempt(self.world.reschedule(cases[pick % len(cases)], when))

    @rule(pick=st.integers(0, 9), approve=st.booleans())
    def review(self, pick: int, approve: bool) -> None:
        cases = self.cases("in_review")
        if cases:
            self.attempt(self.world.review(cases[pick % len(cases)], approve, actor=OTHER))

    @rule(line=st.integers(0, 3), kind=st.sampled_from(["fraud", "recent_change"]), lift=st.booleans())
    def hold(self, line: int, kind: str, lift: bool) -> None:
        act = self.world.lift if lift else self.world.hold
        self.attempt(act(self.lines[line], kind))

    @rule(line=st.integers(0, 3), status=st.sampled_from(["pending", "completed", "cancelled"]))
    def port(self, line: int, status: str) -> None:
        self.attempt(self.world.port(self.lines[line], status))

    @rule(pick=st.integers(0, 9), how=st.sampled_from(["retry", "discharged", "void"]))
    def a_person_sees_to_fallout(self, pick: int, how: str) -> None:
        fallout = self.run(self.world.rows(FALLOUT))
        if fallout:
            case, system, kind, cycle = fallout[pick % len(fallout)]
            if how == "retry":
                self.run(self.world.retry(case, system, kind, cycle))
            else:
                self.run(self.world.resolve(case, system, how, kind, cycle))

    # ── What workers do, one step at a time ─────────────────────────────────────────────────────────────────────

    @rule()
    def ripen(self) -> None:
        self.run(self.world.ripen())

    @rule(system=st.sampled_from(NAMES), want=st.integers(1, 4))
    def claim(self, system: str, want: int) -> None:
        app = self.world.app
        claimer = Claimer(app.systems[system], SharedSystem(system, app.pace), LANE, app.pace)
        batch = self.run(claimer.claim(app.database, 0, want))
        if batch is not None:
            hand = Hand(system, batch, self.world.now + app.pace.lease, list(batch.decided))
            for other in self.hands:  # never two at once on the same, while its lease lasts
                assert (
                    other.system != system
                    or other.lease_ends <= self.world.now
                    or not (
                        {row.key for row in other.batch.claimed}
                        & {row.key for row in batch.claimed} - {row.key for row, _ in other.outcomes}
                    )
                )
            self.hands.append(hand)

    @precondition(lambda self: any(not hand.acted for hand in self.hands))
    @rule(pick=st.integers(0, 9), words=st.lists(st.sampled_from(WORDS), min_size=4, max_size=4))
    def act(self, pick: int, words: list[str]) -> None:
        idle = [hand for hand in self.hands if not hand.acted]
        hand = idle[pick % len(idle)]
        hand.acted = True
        rows = {row.key: row for row in hand.batch.claimed}
        connector = self.world[hand.system]
        for task, word in zip(hand.batch.tasks, words, strict=False):
            connector.plan(str(task.brief["line_ref"]), word)

        def still_ours(task: Task) -> bool:
            return self.world.now < hand.lease_ends and hand.batch.still_ours(task)

        async def outside() -> None:
            async for task, outcome in connector.discharge(hand.batch.tasks, still_ours):
                hand.outcomes.append((rows[task.key], outcome))

        self.run(outside())
        connector.script.clear()

    @precondition(lambda self: bool(self.hands))
    @rule(pick=st.integers(0, 9))
    def settle(self, pick: int) -> None:
        hand = self.hands.pop(pick % len(self.hands))
        app = self.world.app

        async def write() -> None:
            async with app.database.transaction() as conn:
                await settle(conn, app.systems[hand.system], hand.batch.token, hand.outcomes, self.world.now, app.pace)

        if hand.outcomes:
            self.run(write())

    @precondition(lambda self: bool(self.hands))
    @rule(pick=st.integers(0, 9))
    def a_worker_dies(self, pick: int) -> None:
        self.hands.pop(pick % len(self.hands))

    @rule(leg=st.sampled_from(LEGS))
    def time_passes(self, leg: float) -> None:
        self.world.clock.advance(timedelta(seconds=leg))

    @rule()
    def everything_turns(self) -> None:
        self.run(self.world.turn())

    # ── What is true at any time ────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def nothing_sleeps_and_nothing_contradicts_itself(self) -> None:
        assert self.run(self.world.asleep()) == []
        assert self.run(self.world.rows(INCONSISTENT)) == []

    @invariant()
    def nothing_is_released_after_a_withdrawal(self) -> None:
        history = self.world.history
        for case in self.cases("withdrawn"):
            self.ended_at.setdefault(case, len(history))
        for case, so_far in self.ended_at.items():
            assert [e for e in history[so_far:] if e[1:] == ("release", case)] == []
        for case, (so_far, under_way) in self.barred.items():
            assert ("hlr",) not in under_way
            later = {(system,) for system, kind, subject in history[so_far:] if (kind, subject) == ("release", case)}
            assert later <= under_way

    @invariant()
    def each_effect_happens_once(self) -> None:
        assert max(Counter(self.world.history).values(), default=1) == 1

    def teardown(self) -> None:
        """Left alone, with every system well, each case ends or waits for a person or behind a hold."""
        if not self.lines:
            return
        self.hands.clear()
        self.world.clock.advance(timedelta(days=60))
        for _ in range(12):
            self.run(self.world.drain())
            if not self.run(self.world.rows(WAITING)):
                break
            self.world.clock.advance(timedelta(hours=1))
        assert self.run(self.world.rows(WAITING)) == []
        self.nothing_is_released_after_a_withdrawal()
        self.nothing_sleeps_and_nothing_contradicts_itself()
        self.each_effect_happens_once()


def test_whatever_happens_in_whatever_order_every_case_comes_to_one_consistent_end(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = Database(database_url)
        LifeCycle.world = runner.run(World.make(database, SYSTEMS))
        LifeCycle.runner = runner
        try:
            run_state_machine_as_test(
                LifeCycle,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=40,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(database.close())
