"""One task's way to the twin's system: look and compare, act, and read back, as any connector does."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ringoff.connectors.twin.ledger import Identity
from ringoff.connectors.twin.system import NAMES, Answer, AnswerLost, Order, TwinSystem, Unreachable
from ringoff.ports import Accepted, Done, Evidence, NeedsPerson, Outcome, RetryAfter, StillOurs, Task, Unknown

DOWN = RetryAfter("the twin cannot be reached", system_failed=True)


class Errand:
    def __init__(self, system: TwinSystem, task: Task, still_ours: StillOurs, ask_in: timedelta) -> None:
        self._system, self._task, self._still_ours, self._ask_in = system, task, still_ours, ask_in

    async def run(self) -> tuple[Outcome | None, int]:
        """The outcome and how often it comes; None and never where the lease ran out before a call."""
        try:
            match self._task.kind:
                case "release" | "restore":
                    return await self._change()
                case "verify":
                    return await self._verify(), 1
                case _:
                    answer = await self._ordered()
                    return self._performed(answer), answer.times
        except _NoLongerOurs:
            return None, 0
        except Unreachable:
            return DOWN, 1
        except AnswerLost:
            return Unknown("the twin's answer was lost", system_failed=True), 1

    async def _change(self) -> tuple[Outcome, int]:
        """Accepted work is only asked about; anything else is looked at first."""
        if self._task.reference is None:
            held = await self._look()
            known = self._before_release(held) if self._task.kind == "release" else self._before_restore(held)
            if known is not None:
                return known, 1
        answer = await self._ordered()
        outcome = self._performed(answer)
        return (await self._proven() if isinstance(outcome, Done) else outcome), answer.times

    async def _ordered(self) -> Answer:
        order = _order(self._task)
        self._ensure_ours()
        if self._task.reference is not None:
            return await self._system.ask(order, self._task.reference)
        return await self._system.do(order)

    def _performed(self, answer: Answer) -> Outcome:
        """What the system says; a message or a charge cannot be looked for afterwards."""
        match answer.status:
            case "done":
                return Done({"trial": True})
            case "accepted":
                return Accepted(answer.reference, self._ask_in)
            case "refused":
                return NeedsPerson("the twin refused", {"trial": True})

    def _before_release(self, held: Identity | None) -> Outcome | None:
        """How it ends without touching anything; None where the line is ours to let go."""
        if held is None and self._task.attempt == 1:
            return NeedsPerson("the line was not there to begin with", evidence_of(None))
        if held is None:
            return Done(evidence_of(None))
        if not same(held, self._task.brief):
            return NeedsPerson("the line has another identity there", evidence_of(held))
        return None

    def _before_restore(self, held: Identity | None) -> Outcome | None:
        if held is None:
            return None
        if same(held, self._task.brief):
            return Done(evidence_of(held))
        return NeedsPerson("somebody else is there by now", evidence_of(held))

    async def _proven(self) -> Outcome:
        """A system's word is not enough: where it says done, the line is looked for."""
        held = await self._look()
        if (held is None) == (self._task.kind == "release"):
            return Done(evidence_of(held))
        return RetryAfter(f"says done, but the line is {'still there' if held else 'not back'}")

    async def _verify(self) -> Outcome:
        held = await self._look()
        if held is None:
            return Done(evidence_of(None))
        if same(held, self._task.brief):
            return Done(evidence_of(held), leftover=True)
        return NeedsPerson("the line has another identity there", evidence_of(held))

    async def _look(self) -> Identity | None:
        self._ensure_ours()
        return await self._system.look(self._task.brief)

    def _ensure_ours(self) -> None:
        if not self._still_ours(self._task):
            raise _NoLongerOurs


class _NoLongerOurs(Exception):
    """Whoever holds the task now goes on with it."""


def _order(task: Task) -> Order:
    match task.kind:
        case "release":
            return Order(task.idempotency_key, task.brief, "gone")
        case "restore":
            return Order(task.idempotency_key, task.brief, "held")
        case _:
            return Order(task.idempotency_key, task.brief, None)


def same(held: Identity, brief: Mapping[str, Any]) -> bool:
    """What both know of must agree."""
    return all(held[name] == brief[name] for name in NAMES if held.get(name) and brief.get(name))


def evidence_of(held: Identity | None) -> Evidence:
    if held is None:
        return {"trial": True, "read_back": "absent"}
    return {"trial": True, "read_back": "present", "line": {name: held.get(name) for name in NAMES}}
