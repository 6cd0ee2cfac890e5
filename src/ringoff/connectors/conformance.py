"""The suite that every connector passes, and the player of scenarios that run against all of them alike.

Whoever writes a connector writes a `Harness` for its system, and a test class:

    class TestOurConnector(Conformance):
        @pytest.fixture
        async def harness(self) -> AsyncIterator[Harness]: ...

What a system cannot do (`Harness.can`) is checked as well: its connector must say so, not pretend.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from ringoff.ports import Accepted, Connector, Done, Kind, NeedsPerson, Outcome, RetryAfter, Task, Unknown

Ability = Literal[
    "restore",  # a released line can be given back
    "lose_answer",  # the harness can let an effect happen and its answer be lost
]
_SUBJECTS = itertools.count(secrets.randbits(40))  # no two runs share an idempotency key
_ASKED_MOST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A line as its holder asked to have it closed. Every `new_line` is another one, and nobody else's."""

    line_ref: str
    msisdn: str | None
    imsi: str
    iccid: str

    def brief(self) -> dict[str, Any]:
        return {
            "case_number": "C-8K3M-V0QXX",
            "line_ref": self.line_ref,
            "msisdn": self.msisdn,
            "imsi": self.imsi,
            "iccid": self.iccid,
            "eid": None,
            "service": "voice" if self.msisdn else "data",
            "account_number": "A-17",
        }


def new_line(*, number: bool = True) -> Line:
    """`number=False`: a data line, which has none."""
    digits = f"{secrets.randbelow(10**9):09}"
    return Line(f"L-{digits}", f"+49171{digits[:8]}" if number else None, f"262421{digits}", f"8949024{digits}000")


class Harness(Protocol):
    """One running system, the connector to it, and a hand inside the system that goes past the connector."""

    @property
    def connector(self) -> Connector: ...

    @property
    def can(self) -> frozenset[Ability]: ...

    @property
    def secrets(self) -> Sequence[str]:
        """Key material that the system holds of every line: no outcome, log or repr may show it."""
        ...

    async def add(self, line: Line) -> None:
        """The system now holds this line, in service."""
        ...

    async def add_stranger(self, line: Line) -> None:
        """The system now holds somebody else's line where `line` used to be (another number on its SIM, say)."""
        ...

    async def holds(self, line: Line) -> bool:
        """Whether it holds anybody's line there, asked of the system itself."""
        ...

    async def effects(self, task: Task) -> int:
        """How many times the system accepted to do what `task` asks: counted there, not by commands sent."""
        ...

    async def break_(self) -> None:
        """From now on nobody answers, and new connections are refused."""
        ...

    async def mend(self) -> None:
        """All is well again; what was held before still is."""
        ...

    async def lose_answer(self) -> None:
        """The next change is done by the system, but its answer does not arrive."""
        ...


def task_of(line: Line, kind: Kind = "release", attempt: int = 1) -> Task:
    return Task(next(_SUBJECTS), kind, 1, attempt, line.brief())


async def discharge(
    connector: Connector, *batch: Task, ours: Callable[[Task], bool] = lambda _: True
) -> list[Outcome | None]:
    """The outcomes in the order of `batch`, None for one left out. No task may be answered twice."""
    found: dict[tuple[int, str, int], Outcome] = {}
    async for task, outcome in connector.discharge(batch, ours):
        assert task.key not in found, f"{task.key} was answered twice"
        found[task.key] = outcome
    assert set(found) <= {task.key for task in batch}, "an answer that nobody asked for"
    return [found.get(task.key) for task in batch]


async def settle(connector: Connector, task: Task) -> Outcome | None:
    """One try, and where the system answers later, asking until it does."""
    (outcome,) = await discharge(connector, task)
    for _ in range(_ASKED_MOST):
        if not isinstance(outcome, Accepted):
            return outcome
        await asyncio.sleep(min(outcome.ask_in.total_seconds(), 0.05))
        (outcome,) = await discharge(connector, replace(task, attempt=task.attempt + 1, reference=outcome.reference))
    raise AssertionError(f"the system never finished {task.key}")


class Conformance:
    """The checks, for pytest to collect in a subclass that has a fixture `harness`."""

    async def test_a_line_that_is_there_is_let_go_and_read_back_absent(self, harness: Harness) -> None:
        line = await _held(harness)
        task = task_of(line)
        assert isinstance(await settle(harness.connector, task), Done)
        assert not await harness.holds(line)
        assert (await harness.connector.read_back(replace(task, kind="verify")))[0] == "absent"

    async def test_a_data_line_without_a_number_is_let_go_as_well(self, harness: Harness) -> None:
        line = new_line(number=False)
        await harness.add(line)
        assert isinstance(await settle(harness.connector, task_of(line)), Done)
        assert not await harness.holds(line)

    async def test_a_second_try_finds_what_the_first_did_and_does_not_repeat_it(self, harness: Harness) -> None:
        task = task_of(await _held(harness))
        assert isinstance(await settle(harness.connector, task), Done)
        assert isinstance(await settle(harness.connector, replace(task, attempt=2)), Done)
        assert await harness.effects(task) == 1

    async def test_a_second_try_does_what_the_first_did_not(self, harness: Harness) -> None:
        line = await _held(harness)
        task = task_of(line, attempt=2)
        assert isinstance(await settle(harness.connector, task), Done)
        assert not await harness.holds(line)
        assert await harness.effects(task) == 1

    async def test_an_answer_that_was_lost_is_read_back_and_the_effect_happens_once(self, harness: Harness) -> None:
        if "lose_answer" not in harness.can:
            return
        line = await _held(harness)
        task = task_of(line)
        await harness.lose_answer()
        (outcome,) = await discharge(harness.connector, task)
        assert isinstance(outcome, Unknown), outcome
        assert isinstance(await settle(harness.connector, replace(task, attempt=2)), Done)
        assert await harness.effects(task) == 1
        assert not await harness.holds(line)

    async def test_a_line_that_was_never_there_needs_a_person(self, harness: Harness) -> None:
        line = await _held(harness)
        await settle(harness.connector, task_of(line))
        assert isinstance(await settle(harness.connector, task_of(line)), NeedsPerson)

    async def test_a_stranger_in_the_lines_place_is_never_touched(self, harness: Harness) -> None:
        line = new_line()
        await harness.add_stranger(line)
        for attempt in (1, 2):
            task = task_of(line, attempt=attempt)
            assert isinstance(await settle(harness.connector, task), NeedsPerson)
            assert await harness.effects(task) == 0
        assert await harness.holds(line)

    async def test_a_broken_system_is_an_outcome_and_it_works_again_when_mended(self, harness: Harness) -> None:
        line = await _held(harness)
        task = task_of(line)
        await harness.break_()
        try:
            (outcome,) = await discharge(harness.connector, task)
            assert isinstance(outcome, RetryAfter | Unknown) and outcome.system_failed, outcome
            assert (await harness.connector.read_back(task))[0] == "unsure"
            health = await harness.connector.health()
            assert not health.ok and health.says and health.advice
        finally:
            await harness.mend()
        assert (await harness.connector.health()).ok
        assert isinstance(await settle(harness.connector, replace(task, attempt=2)), Done)
        assert not await harness.holds(line)

    async def test_nothing_is_touched_and_nothing_answered_once_the_lease_ran_out(self, harness: Harness) -> None:
        line = await _held(harness)
        task = task_of(line)
        assert await discharge(harness.connector, task, ours=lambda _: False) == [None]
        assert await harness.holds(line)
        assert await harness.effects(task) == 0

    async def test_a_mixed_batch_answers_each_task_once(self, harness: Harness) -> None:
        lines = [await _held(harness) for _ in range(20)]
        stranger, gone = new_line(), await _held(harness)
        await harness.add_stranger(stranger)
        await settle(harness.connector, task_of(gone))
        batch = [task_of(line) for line in [*lines, stranger, gone]]
        lost = batch[7]
        outcomes = await discharge(harness.connector, *batch, ours=lambda task: task != lost)
        assert outcomes[7] is None
        for task, outcome in zip(batch[:20], outcomes[:20], strict=True):
            assert task == lost or isinstance(outcome, Done | Accepted), outcome
        assert await harness.holds(stranger)
        assert await harness.holds(lines[7])

    async def test_a_batch_left_early_leaves_the_connector_usable(self, harness: Harness) -> None:
        tasks = [task_of(await _held(harness)) for _ in range(12)]
        leaving = harness.connector.discharge(tasks, lambda _: True)
        async for _ in leaving:
            break
        await leaving.aclose()  # type: ignore[attr-defined]
        for task in tasks:
            assert isinstance(await settle(harness.connector, replace(task, attempt=2)), Done)

    async def test_a_verification_tells_gone_from_come_back_from_taken_by_another(self, harness: Harness) -> None:
        line, stranger = await _held(harness), new_line()
        await harness.add_stranger(stranger)
        left = await settle(harness.connector, task_of(line, "verify"))
        assert isinstance(left, Done) and left.leftover, left
        assert await harness.holds(line)
        await settle(harness.connector, task_of(line))
        gone = await settle(harness.connector, task_of(line, "verify"))
        assert isinstance(gone, Done) and not gone.leftover, gone
        taken = await settle(harness.connector, task_of(stranger, "verify"))
        assert isinstance(taken, NeedsPerson) or (isinstance(taken, Done) and not taken.leftover), taken
        assert await harness.holds(stranger)

    async def test_reading_back_tells_a_line_that_is_there(self, harness: Harness) -> None:
        line, stranger = await _held(harness), new_line()
        await harness.add_stranger(stranger)
        assert (await harness.connector.read_back(task_of(line)))[0] == "present"
        assert (await harness.connector.read_back(task_of(stranger)))[0] != "present"
        assert await harness.holds(line)

    async def test_what_was_let_go_can_be_given_back_or_a_person_is_asked(self, harness: Harness) -> None:
        line = await _held(harness)
        released = await settle(harness.connector, task_of(line))
        assert isinstance(released, Done), released
        back = replace(task_of(line, "restore"), keepsake=released.keepsake)
        outcome = await settle(harness.connector, back)
        if "restore" not in harness.can:
            assert isinstance(outcome, NeedsPerson), outcome
            return
        assert isinstance(outcome, Done), outcome
        assert await harness.holds(line)
        assert isinstance(await settle(harness.connector, replace(back, attempt=2)), Done)
        assert isinstance(await settle(harness.connector, task_of(line)), Done)

    async def test_giving_back_what_was_never_let_go_finds_it_there(self, harness: Harness) -> None:
        line = await _held(harness)
        assert isinstance(await settle(harness.connector, task_of(line, "restore")), Done)
        assert await harness.holds(line)

    async def test_no_secret_is_shown(self, harness: Harness) -> None:
        line = await _held(harness)
        seen: list[object] = [harness.connector, await settle(harness.connector, task_of(line))]
        seen += [await harness.connector.read_back(task_of(line)), await harness.connector.health()]
        for secret in harness.secrets:
            assert secret.lower() not in repr(seen).lower()


async def _held(harness: Harness) -> Line:
    line = new_line()
    await harness.add(line)
    return line
