"""The twin, as the conformance suite and the scenarios hold it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Any

from ringoff.connectors.conformance import Ability, Line
from ringoff.connectors.twin import connect
from ringoff.ports import Task


class TwinHarness:
    can: frozenset[Ability] = frozenset({"restore", "lose_answer"})
    secrets: Sequence[str] = ()

    def __init__(self, **options: Any) -> None:
        self.connector = connect("twin", {"holds_all": False, **options})

    async def add(self, line: Line) -> None:
        self.connector.system.put(line.line_ref, asdict(line))

    async def add_stranger(self, line: Line) -> None:
        self.connector.system.put(line.line_ref, asdict(replace(line, msisdn="+491510000001", imsi="262010000000001")))

    async def holds(self, line: Line) -> bool:
        return await self.connector.system.look(asdict(line)) is not None

    async def effects(self, task: Task) -> int:
        return self.connector.effects[task.idempotency_key]

    async def break_(self) -> None:
        self.connector.system.is_down = True

    async def mend(self) -> None:
        self.connector.system.is_down = False

    async def lose_answer(self) -> None:
        self.connector.script("*", ["die_after_effect"])


@asynccontextmanager
async def twin_harness(**options: Any) -> AsyncIterator[TwinHarness]:
    harness = TwinHarness(**options)
    yield harness
    await harness.connector.close()
