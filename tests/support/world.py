"""A small carrier in a real database, its systems as scripted stand-ins, and its workers turned by hand."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ringoff.app import App, build
from ringoff.db.pool import Database
from ringoff.features import cancellation, readiness
from ringoff.features.cancellation import ObligationId, Receipt, Request, State, When
from ringoff.features.proof import Recorded, timeline
from ringoff.kit.actor import Actor, Channel
from ringoff.kit.clock import ManualClock
from ringoff.kit.errors import RingoffError
from ringoff.kit.ids import CaseId
from ringoff.ports import (
    Accepted,
    Done,
    Evidence,
    Health,
    NeedsPerson,
    Outcome,
    ReadBack,
    RetryAfter,
    StillOurs,
    Task,
    Unknown,
)
from ringoff.reconcile.loop import SystemLoop
from ringoff.reconcile.model import Lane
from ringoff.settings import Settings
from ringoff.surfaces.worker import Worker

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CARRIER = Actor("key:carrier", "api", "192.0.2.7")
BULK, INTERACTIVE = Lane("bulk"), Lane("interactive")

THREE_WAVES: Mapping[str, Mapping[str, Any]] = {
    "hlr": {"wave": 1, "effect": "pivot", "gates": True},
    "bindings": {"wave": 2, "effect": "forward_only", "gates": False},
    "billing": {"wave": 3, "effect": "forward_only", "gates": False},
}
UNDO_FIRST: Mapping[str, Mapping[str, Any]] = {
    "portal": {"wave": 1, "effect": "undo", "gates": True},
    "hlr": {"wave": 2, "effect": "pivot", "gates": True},
}

_PEOPLE = """
INSERT INTO plan VALUES ('P', 'Plan', 'postpaid', 1000, 'EUR') ON CONFLICT DO NOTHING;
INSERT INTO account (account_number, holder_name, kind, email, locale, time_zone, jurisdiction, bill_cycle_day)
VALUES (%(number)s, 'Holder', %(kind)s, %(email)s, 'en', %(zone)s, 'neutral', 15)
"""
_LINES = """
INSERT INTO line (line_ref, msisdn, account_id, plan_code, service, imsi, iccid, status, primary_line_id)
SELECT %(account)s || '-' || n, '+49151' || 20000000 + a.id * 10000 + n, a.id, 'P', 'voice',
       '26201' || 1000000000 + a.id * 10000 + n, '894902' || 1000000000000 + a.id * 10000 + n, %(status)s,
       %(primary)s
  FROM generate_series(%(first)s::int, %(last)s) n JOIN account a ON a.account_number = %(account)s
 ORDER BY n RETURNING id
"""
# Open, and nobody would ever touch it again by itself: neither work that is due nor a person or an instant to wait for.
_ASLEEP = """
SELECT c.id FROM cancellation c WHERE c.state IN ('releasing', 'withdrawing')
   AND NOT EXISTS (SELECT FROM obligation o WHERE o.subject_id = c.id AND o.kind IN ('release', 'restore')
                   AND o.state IN ('due', 'fallout'))
"""


@dataclass(slots=True)
class Scripted:
    """One outside system, in memory. A line does what its script says next; without one, what it is asked.

    `journal` and `history` are shared by the systems of one world and hold every effect in the order in which it
    happened: the one by line, the other by case.
    """

    name: str
    journal: list[tuple[str, str, str]]
    history: list[tuple[str, str, int]]
    trial: bool = False
    parallel: int = 100
    gone: set[str] = field(default_factory=set)
    script: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    asked: list[Task] = field(default_factory=list)
    sees: dict[str, ReadBack] = field(default_factory=dict)
    let_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def plan(self, line_ref: str, *words: str) -> None:
        """What the next tries for this line do: done, accepted, retry, down, unknown, unknown_done, person, raise,
        silent (never answers), leftover (comes back to life); hang:word waits for `let_answer` first.
        """
        self.script[line_ref].extend(words)

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        for task in batch:
            if not still_ours(task):
                continue
            self.asked.append(task)
            word = self._next(task)
            if word == "silent":
                continue
            hang, _, then = word.partition(":")
            if hang == "hang":
                await self.let_answer.wait()
                word = then
            yield task, self._answer(task, word)

    def _next(self, task: Task) -> str:
        words = self.script.get(self._about(task))
        return words.popleft() if words else "done"

    @staticmethod
    def _about(task: Task) -> str:
        return str(task.brief.get("line_ref") or task.brief.get("to"))

    def _answer(self, task: Task, word: str) -> Outcome:
        match word:
            case "accepted":
                return Accepted(task.reference or f"R-{task.idempotency_key}", timedelta(minutes=1))
            case "retry":
                return RetryAfter("busy")
            case "down":
                return RetryAfter("refused connection", system_failed=True)
            case "unknown":
                return Unknown("no answer")
            case "unknown_done":
                self._effect(task)
                return Unknown("no answer")
            case "person":
                return NeedsPerson("another subscriber holds that IMSI", {"msisdn": "another"})
            case "raise":
                raise RuntimeError("a bug in a connector")
            case "leftover":
                self.gone.discard(self._about(task))
        return self._effect(task)

    def _effect(self, task: Task) -> Done:
        """A repeat finds the effect already there: only a change is one."""
        line = self._about(task)
        if task.kind == "verify":
            return Done({"seen": "absent" if line in self.gone else "present"}, leftover=line not in self.gone)
        if task.kind == "notify" or (line in self.gone) is (task.kind == "restore"):
            self.journal.append((self.name, task.kind, line))
            self.history.append((self.name, task.kind, task.subject_id))
        if task.kind == "release":
            self.gone.add(line)
        elif task.kind == "restore":
            self.gone.discard(line)
        return Done({"state": task.kind})

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        line = self._about(task)
        return self.sees.get(line, "absent" if line in self.gone else "present"), {}

    async def health(self) -> Health:
        return Health(True, "well")

    async def close(self) -> None:
        self.let_answer.set()


@dataclass(slots=True)
class World:
    app: App
    clock: ManualClock
    systems: dict[str, Scripted]
    journal: list[tuple[str, str, str]]
    history: list[tuple[str, str, int]]

    @classmethod
    async def make(
        cls,
        database: Database,
        systems: Mapping[str, Mapping[str, Any]] = THREE_WAVES,
        *,
        mail: bool = False,
        start: datetime = NOW,
        **settings: Any,
    ) -> "World":
        clock = ManualClock(start)
        database.clock = clock
        journal: list[tuple[str, str, str]] = []
        history: list[tuple[str, str, int]] = []
        scripted = {name: Scripted(name, journal, history) for name in [*systems, *(["mail"] if mail else [])]}
        configured = {name: {"connector": "webhook", **how} for name, how in systems.items()}
        all_settings = Settings.model_validate({"systems": configured, **settings})
        app = await build(all_settings, database, connectors=dict(scripted)).open()
        return cls(app, clock, scripted, journal, history)

    def __getitem__(self, system: str) -> Scripted:
        return self.systems[system]

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with self.app.database.transaction() as conn:
            cursor = await conn.execute(query, values)
            return await cursor.fetchall() if cursor.description else []

    async def lines(
        self,
        account: str = "A",
        count: int = 1,
        *,
        kind: str = "consumer",
        email: str | None = "holder@example.net",
        zone: str = "Europe/Berlin",
        status: str = "active",
        primary: int | None = None,
    ) -> list[int]:
        """`count` more lines of this account, `A-1`, `A-2`…; the account is made when it is new."""
        async with self.app.database.transaction() as conn:
            cursor = await conn.execute("SELECT id FROM account WHERE account_number = %s", [account])
            if await cursor.fetchone() is None:
                values = {"number": account, "kind": kind, "email": email, "zone": zone}
                for statement in _PEOPLE.split(";"):
                    await conn.execute(statement, values)
            cursor = await conn.execute("SELECT count(*) FROM line WHERE line_ref LIKE %s", [f"{account}-%"])
            row = await cursor.fetchone()
            first = (row[0] if row else 0) + 1
            how = {"account": account, "first": first, "last": first + count - 1, "status": status, "primary": primary}
            cursor = await conn.execute(_LINES, how)
            return [row[0] for row in await cursor.fetchall()]

    async def ask(
        self, *line_ids: int, when: str = "now", actor: Actor = CARRIER, **terms: Any
    ) -> list[Receipt | RingoffError]:
        wishes = [Request(line, When.parse(when), **terms) for line in line_ids]
        async with self.app.database.transaction() as conn:
            return await cancellation.request(conn, self.app.terms, wishes, actor, self.now)

    async def case(self, line_id: int, *, channel: Channel = "api", when: str = "now", **terms: Any) -> CaseId:
        """A new case for this line."""
        actor = CARRIER if channel == "api" else Actor("somebody", channel)
        (answer,) = await self.ask(line_id, when=when, actor=actor, **terms)
        if isinstance(answer, RingoffError):
            raise answer
        assert answer.created
        return CaseId(answer.case_id)

    async def state(self, case: int) -> State:
        return State((await self.rows("SELECT state FROM cancellation WHERE id = %s", case))[0][0])

    async def owed(self, case: int, *kinds: str) -> dict[str, str]:
        """`hlr.release.1` → its state."""
        query = "SELECT system, kind, cycle, state FROM obligation WHERE subject_id = %s AND kind = ANY (%s)"
        found = await self.rows(query, case, list(kinds or ("release", "restore", "verify", "notify")))
        return {f"{system}.{kind}.{cycle}": state for system, kind, cycle, state in found}

    async def events(self, case: int) -> list[Recorded]:
        async with self.app.database.transaction() as conn:
            return await timeline(conn, case, limit=1000)

    async def told(self, case: int) -> list[str]:
        return [one.event.type for one in await self.events(case)]

    async def asleep(self) -> list[int]:
        return [row[0] for row in await self.rows(_ASLEEP)]

    async def facts(self, line_id: int) -> readiness.LineFacts:
        async with self.app.database.transaction() as conn:
            return (await readiness.facts(conn, [line_id]))[line_id]

    async def hold(self, line_id: int, kind: str, *, actor: Actor = CARRIER) -> bool:
        line = await self.facts(line_id)
        async with self.app.database.transaction() as conn:
            return await cancellation.set_hold(
                conn, self.app.terms, line, kind, why="a reason", actor=actor, now=self.now
            )

    async def lift(self, line_id: int, kind: str) -> None:
        line = await self.facts(line_id)
        async with self.app.database.transaction() as conn:
            await cancellation.lift_hold(conn, self.app.terms, line, kind, why="cleared", actor=CARRIER, now=self.now)

    async def port(self, line_id: int, status: Any) -> Receipt | None:
        line = await self.facts(line_id)
        async with self.app.database.transaction() as conn:
            return await cancellation.port_out(conn, self.app.terms, line, status, actor=CARRIER, now=self.now)

    async def withdraw(self, case: int, actor: Actor = CARRIER) -> State:
        return await self.app.withdraw(CaseId(case), why="changed my mind", actor=actor)

    async def reschedule(self, case: int, when: str, actor: Actor = CARRIER) -> State:
        async with self.app.database.transaction() as conn:
            return await cancellation.reschedule(
                conn, self.app.terms, CaseId(case), When.parse(when), actor=actor, now=self.now
            )

    async def review(self, case: int, approve: bool, actor: Actor = CARRIER) -> State:
        async with self.app.database.transaction() as conn:
            return await cancellation.review(
                conn, self.app.terms, CaseId(case), approve=approve, why="looked", actor=actor, now=self.now
            )

    async def retry(self, case: int, system: str, kind: str = "release", cycle: int = 1) -> None:
        async with self.app.database.transaction() as conn:
            id_ = ObligationId(case, system, kind, cycle)
            await cancellation.retry(conn, self.app.terms, id_, actor=CARRIER, now=self.now)

    async def resolve(self, case: int, system: str, state: Any, kind: str = "release", cycle: int = 1) -> None:
        async with self.app.database.transaction() as conn:
            id_ = ObligationId(case, system, kind, cycle)
            await cancellation.resolve(
                conn, self.app.terms, id_, state=state, why="by hand", actor=CARRIER, now=self.now
            )

    async def ripen(self) -> bool:
        return any([await Worker(self.app, lane).ripen() for lane in (BULK, INTERACTIVE)])

    async def turn(self, *systems: str) -> bool:
        """Fresh workers ripen (unless `systems` are named), claim once, act, and settle; whether anything was found."""
        found = False if systems else await self.ripen()
        for lane in (BULK, INTERACTIVE):
            for loop in Worker(self.app, lane).loops:
                if not systems or loop.system.name in systems:
                    found = await turned(loop) or found
        return found

    async def drain(self, *systems: str) -> None:
        """Turn until nothing is due any more, as of now."""
        for _ in range(100):
            if not await self.turn(*systems):
                return
        raise AssertionError("there is always something due")

    async def later(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))
        await self.drain()


async def turned(loop: SystemLoop) -> bool:
    """One turn of one loop, to its end; what went wrong inside is raised here."""
    found = await loop.turn()
    await asyncio.gather(*loop._running)
    return found
