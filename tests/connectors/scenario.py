"""Plays the scenarios of scenarios.toml. What each word in them means is told at the head of that file."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field

from ringoff.connectors.conformance import Harness, Line, new_line, settle, task_of
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Task, Unknown

Ending = Literal["done", "leftover", "retry", "unknown", "person"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Strict):
    does: Literal["release", "restore", "verify", "break", "mend", "lose_answer", "add", "add_stranger"]
    attempt: int = 1
    asked: Literal["anew", "again"] = "anew"
    ends: Ending | list[Ending] = Field(default_factory=list)


class Then(Strict):
    holds: bool
    effects: int | None = None


class Scenario(Strict):
    name: str
    given: Literal["line", "stranger", "nothing"]
    steps: list[Step]
    then: Then


def scenarios() -> Sequence[Scenario]:
    told = tomllib.loads(Path(__file__).with_name("scenarios.toml").read_text())
    return [Scenario.model_validate(scenario) for scenario in told["scenario"]]


async def play(scenario: Scenario, harness: Harness) -> None:
    await _Play(harness, new_line()).run(scenario)


class _Play:
    def __init__(self, harness: Harness, line: Line) -> None:
        self._harness, self._line = harness, line
        self._asked: dict[str, Task] = {}
        self._keepsake: bytes | None = None

    async def run(self, scenario: Scenario) -> None:
        if scenario.given == "line":
            await self._harness.add(self._line)
        elif scenario.given == "stranger":
            await self._harness.add_stranger(self._line)
        for number, step in enumerate(scenario.steps, 1):
            await self._step(step, f"step {number}, {step.does}")
        assert await self._harness.holds(self._line) == scenario.then.holds
        if scenario.then.effects is not None:
            assert await self._harness.effects(self._asked["release"]) == scenario.then.effects

    async def _step(self, step: Step, where: str) -> None:
        match step.does:
            case "release" | "restore" | "verify":
                await self._oblige(step, where)
            case "break":
                await self._harness.break_()
            case "mend":
                await self._harness.mend()
            case "lose_answer":
                await self._harness.lose_answer()
            case "add":
                await self._harness.add(self._line)
            case "add_stranger":
                await self._harness.add_stranger(self._line)
            case never:
                assert_never(never)

    async def _oblige(self, step: Step, where: str) -> None:
        assert step.does in ("release", "restore", "verify")
        task = self._asked[step.does] if step.asked == "again" else task_of(self._line, step.does)
        keepsake = self._keepsake if step.does == "restore" else None
        task = self._asked[step.does] = replace(task, attempt=step.attempt, keepsake=keepsake)
        outcome = await settle(self._harness.connector, task)
        if step.does == "release" and isinstance(outcome, Done):
            self._keepsake = outcome.keepsake
        wanted = [step.ends] if isinstance(step.ends, str) else step.ends
        assert _ending(outcome) in wanted, f"{where}: {outcome}"


def _ending(outcome: Outcome | None) -> Any:
    match outcome:
        case Done(leftover=True):
            return "leftover"
        case Done():
            return "done"
        case RetryAfter():
            return "retry"
        case Unknown():
            return "unknown"
        case NeedsPerson():
            return "person"
        case Accepted() | None:
            return None
        case never:
            assert_never(never)
