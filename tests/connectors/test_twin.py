"""The twin: the conformance suite, and every fault that it can show."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ringoff.connectors.conformance import Conformance, Harness, discharge, new_line, settle, task_of
from ringoff.connectors.twin import Fault, TwinConnector, connect
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Task, Unknown
from tests.connectors.twin_harness import twin_harness


class TestTwin(Conformance):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[Harness]:
        async with twin_harness() as harness:
            yield harness


class TestTwinThatSharesItsState(Conformance):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async with twin_harness(state=tmp_path / "twin.jsonl", latency_ms=1) as harness:
            yield harness


class TestTwinThatAnswersLater(Conformance):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[Harness]:
        async with twin_harness(later_ms=5, faults={"answer_later": 1}) as harness:
            yield harness


def twin(**options: Any) -> TwinConnector:
    return connect("twin", options)


async def outcomes_with(fault: Fault, **options: Any) -> tuple[TwinConnector, Task, list[tuple[Task, Outcome]]]:
    connector, task = twin(**options), task_of(new_line())
    connector.script(task.brief["msisdn"], [fault])
    return connector, task, [pair async for pair in connector.discharge([task], lambda _: True)]


async def test_it_is_a_trial_and_says_so_everywhere() -> None:
    connector, task = twin(), task_of(new_line())
    outcome = await settle(connector, task)
    assert connector.trial
    assert isinstance(outcome, Done) and outcome.evidence["trial"] is True
    assert "stand-in" in (await connector.health()).says


async def test_every_line_is_there_until_it_is_let_go() -> None:
    connector, line = twin(), new_line()
    assert (await connector.read_back(task_of(line)))[0] == "present"
    batch = [task_of(line), task_of(line)]
    first, second = await discharge(connector, *batch)
    assert isinstance(first, Done) and isinstance(second, NeedsPerson)
    assert connector.effects == {batch[0].idempotency_key: 1}


async def test_a_refusal_needs_a_person_and_does_nothing() -> None:
    connector, task, [(_, outcome)] = await outcomes_with("refuse")
    assert isinstance(outcome, NeedsPerson)
    assert not connector.effects and (await connector.read_back(task))[0] == "present"


async def test_a_lie_is_found_out_by_reading_back() -> None:
    connector, task, [(_, outcome)] = await outcomes_with("lie")
    assert isinstance(outcome, RetryAfter) and not outcome.system_failed
    assert not connector.effects
    assert isinstance(await settle(connector, replace(task, attempt=2)), Done)


async def test_a_system_that_dies_after_the_effect_leaves_it_unknown_and_done_once() -> None:
    connector, task, [(_, outcome)] = await outcomes_with("die_after_effect")
    assert isinstance(outcome, Unknown) and outcome.system_failed
    assert isinstance(await settle(connector, replace(task, attempt=2)), Done)
    assert connector.effects == {task.idempotency_key: 1}


async def test_an_answer_can_come_twice() -> None:
    connector, task, pairs = await outcomes_with("answer_twice")
    assert [answered for answered, _ in pairs] == [task, task]
    assert connector.effects == {task.idempotency_key: 1}


async def test_an_unreachable_system_did_nothing() -> None:
    connector, _, [(_, outcome)] = await outcomes_with("down")
    assert isinstance(outcome, RetryAfter) and outcome.system_failed
    assert not connector.effects


async def test_a_slow_answer_does_not_hold_up_the_others() -> None:
    connector = twin(slow_ms=50)
    slow, quick = task_of(new_line()), task_of(new_line())
    connector.script(slow.brief["imsi"], ["slow"])
    assert [task async for task, _ in connector.discharge([slow, quick], lambda _: True)] == [quick, slow]


async def test_accepted_work_is_done_later_and_any_process_can_ask(tmp_path: Path) -> None:
    options: dict[str, Any] = {"state": tmp_path / "twin.jsonl", "later_ms": 5}
    connector, task, [(_, outcome)] = await outcomes_with("answer_later", **options)
    assert isinstance(outcome, Accepted)
    assert (await connector.read_back(replace(task, reference=outcome.reference)))[0] == "unsure"
    other = twin(**options)
    assert isinstance(await settle(other, replace(task, attempt=2, reference=outcome.reference)), Done)
    assert isinstance(await settle(connector, replace(task, attempt=3, reference=outcome.reference)), Done)
    assert connector.effects == other.effects == {task.idempotency_key: 1}


async def test_a_script_can_hold_good_calls_before_the_bad_one() -> None:
    connector = twin()
    tasks = [task_of(new_line()) for _ in range(3)]
    connector.script("*", [None, "refuse", None])
    kinds = [type(await settle(connector, task)) for task in tasks]
    assert kinds == [Done, NeedsPerson, Done]


async def test_faults_can_be_configured_by_identity_and_by_chance() -> None:
    line = new_line()
    connector = twin(faults={"refuse": [line.line_ref], "down": 0.5}, seed=7)
    assert isinstance(await settle(connector, task_of(line)), NeedsPerson)
    outcomes = await discharge(connector, *(task_of(new_line()) for _ in range(200)))
    down = sum(isinstance(outcome, RetryAfter) for outcome in outcomes)
    assert 60 < down < 140


async def test_what_two_processes_did_is_counted_and_known_by_both(tmp_path: Path) -> None:
    one, other = twin(state=tmp_path / "twin.jsonl"), twin(state=tmp_path / "twin.jsonl")
    task = task_of(new_line())
    assert isinstance(await settle(one, task), Done)
    assert isinstance(await settle(other, replace(task, attempt=2)), Done)
    assert one.effects == other.effects == {task.idempotency_key: 1}


async def test_a_message_is_taken_without_any_line() -> None:
    connector = twin()
    task = Task(1, "notify", 1, 1, {"message_id": "<1@ringoff>", "to": "lin@example.net"})
    assert isinstance(await settle(connector, task), Done)
    assert connector.effects == {task.idempotency_key: 1}


async def test_a_twin_that_remembers_nothing_still_answers() -> None:
    connector = twin(remember=False)
    tasks = [task_of(new_line()) for _ in range(3)]
    assert all(isinstance(outcome, Done) for outcome in await discharge(connector, *tasks))
    assert not connector.effects


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValidationError):
        twin(faults={"explode": 1})
