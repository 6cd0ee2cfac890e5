"""A real osmo-hlr, as the conformance suite and the scenarios hold it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ringoff.connectors.conformance import Ability, Line
from ringoff.connectors.osmo_hlr import connect
from ringoff.connectors.osmo_hlr.sandbox import SandboxHlr
from ringoff.kit.secrets import Seal
from ringoff.ports import Task
from tests.support.hlr import KEYS, Relay, relay, running_hlr, subscriber

SEAL = Seal(SecretStr("a sealing secret for tests"))


class HlrHarness:
    can: frozenset[Ability] = frozenset({"restore", "lose_answer"})
    secrets: Sequence[str] = KEYS

    def __init__(self, hlr: SandboxHlr, before: Relay, **options: Any) -> None:
        self._hlr, self._relay = hlr, before
        chosen = {**hlr.options, "ctrl": before.address, "timeout_seconds": 5, "keep": True, **options}
        self.connector = connect("hlr", chosen, SEAL)

    async def add(self, line: Line) -> None:
        await self._hlr.add([subscriber(line.imsi, line.msisdn)])
        self._relay.deletions.pop(line.imsi, None)

    async def add_stranger(self, line: Line) -> None:
        """The same IMSI with another number."""
        await self._hlr.add([subscriber(line.imsi, "+49151" + line.imsi[-9:])])
        self._relay.deletions.pop(line.imsi, None)

    async def holds(self, line: Line) -> bool:
        return await self._hlr.info(line.imsi) is not None

    async def effects(self, task: Task) -> int:
        """The HLR knows no obligations: its deletions of the IMSI, since the line was last put there from outside."""
        return self._relay.deletions[task.brief["imsi"]]

    async def break_(self) -> None:
        await asyncio.to_thread(self._hlr.kill)

    async def mend(self) -> None:
        await asyncio.to_thread(self._hlr.start)

    async def lose_answer(self) -> None:
        self._relay.lose_next = True


@asynccontextmanager
async def hlr_harness(folder: Path, **options: Any) -> AsyncIterator[HlrHarness]:
    with running_hlr(folder) as hlr:
        async with relay(hlr.options["ctrl"]) as before:
            harness = HlrHarness(hlr, before, **options)
            yield harness
            await harness.connector.close()
