"""The connector to the twin's system: the short way while all is calm, otherwise one errand a task, side by side."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from ringoff.connectors.twin.errand import DOWN, Errand, evidence_of, same
from ringoff.connectors.twin.faults import Fault
from ringoff.connectors.twin.options import Options
from ringoff.connectors.twin.system import TwinSystem, Unreachable
from ringoff.kit.abreast import abreast
from ringoff.ports import Done, Evidence, Health, Outcome, ReadBack, StillOurs, Task

# One object for all, because there may be hundreds of thousands a second; nobody changes an outcome.
_RELEASED = Done(evidence_of(None))
_PERFORMED = Done({"trial": True})


class TwinConnector:
    trial = True
    parallel = 500

    def __init__(self, name: str, system: TwinSystem, options: Options) -> None:
        self.name, self.system = name, system
        self._remembers = options.remember
        self._ask_in = timedelta(milliseconds=options.later_ms)

    @property
    def effects(self) -> Counter[str]:
        """What the system did, counted by idempotency key."""
        return self.system.effects

    def script(self, who: str, faults: Sequence[Fault | None]) -> None:
        """The next calls about `who` (an MSISDN, IMSI or line_ref, or "*") meet these, one each; None is a good one."""
        self.system.script(who, faults)

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        rest: list[Task] = []
        if self.system.calm:
            for task in batch:
                if not still_ours(task):
                    continue
                if (outcome := self._at_once(task)) is None:
                    rest.append(task)
                else:
                    yield task, outcome
        else:
            rest.extend(batch)
        if not rest:
            return

        async def act(task: Task) -> tuple[Outcome | None, int]:
            return await Errand(self.system, task, still_ours, self._ask_in).run()

        async for task, (outcome, times) in abreast(rest, min(len(rest), self.parallel), act):
            for _ in range(times if outcome else 0):
                assert outcome is not None
                yield task, outcome

    def _at_once(self, task: Task) -> Outcome | None:
        """None where it takes a whole errand: nothing was done yet."""
        if task.attempt > 1 or task.reference is not None or task.kind in ("restore", "verify"):
            return None
        if task.kind == "release":
            return _RELEASED if self.system.let_go_at_once(task.brief, task.idempotency_key) else None
        self.system.perform_at_once(task.idempotency_key)
        return _PERFORMED

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        if task.reference is not None or not self._remembers:
            return "unsure", {"trial": True}
        try:
            held = await self.system.look(task.brief)
        except Unreachable:
            return "unsure", {"trial": True, "why": DOWN.why}
        if held is None:
            return "absent", evidence_of(None)
        return ("present" if same(held, task.brief) else "unsure"), evidence_of(held)

    async def health(self) -> Health:
        if self.system.is_down:
            return Health(False, "the twin plays dead", "It is a stand-in: connect the real system.")
        return Health(True, "a stand-in for trials: nothing real is released")

    async def close(self) -> None:
        self.system.close()
