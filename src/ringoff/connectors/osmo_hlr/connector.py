"""The osmo-hlr connector: some dozens of errands side by side over a few connections."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from ringoff.connectors.osmo_hlr.errand import Errand
from ringoff.connectors.osmo_hlr.hlr import Hlr, Interfaces, NoLongerOurs, Refused
from ringoff.connectors.osmo_hlr.options import Options
from ringoff.connectors.osmo_hlr.wire import NoAnswer, NotReached
from ringoff.kit.abreast import abreast
from ringoff.kit.secrets import Seal
from ringoff.ports import Evidence, Health, Outcome, ReadBack, StillOurs, Task

# The HLR does one thing after the other: enough to keep it busy over a slow line, not so many that one waits for long.
_ABREAST = 8  # errands for each connection
_HEALTH_SECONDS = 4.0


class OsmoHlrConnector:
    trial = False

    def __init__(self, options: Options, seal: Seal | None) -> None:
        """`seal` closes what a release keeps and opens it for a restore."""
        self.parallel = _ABREAST * options.connections
        self._options, self._seal = options, seal
        self._interfaces = Interfaces(options)
        self._slots = asyncio.Semaphore(self.parallel)

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        async def act(task: Task) -> Outcome | None:
            async with self._slots:
                try:
                    return await self._errand(task, still_ours).run()
                except NoLongerOurs:
                    return None

        async for task, outcome in abreast(batch, min(len(batch), self.parallel), act):
            if outcome is not None:
                yield task, outcome

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        return await self._errand(task, lambda _: True).read_back()

    async def health(self) -> Health:
        where = f"CTRL {self._options.ctrl}, VTY {self._options.vty}"
        try:
            async with asyncio.timeout(_HEALTH_SECONDS):
                await Hlr(self._interfaces, lambda: True).alive()
        except TimeoutError:
            return Health(False, f"the HLR gave no answer in {_HEALTH_SECONDS:g} s ({where})", "Is osmo-hlr hanging?")
        except (NotReached, NoAnswer, Refused) as error:
            advice = "Is osmo-hlr running, and do `ctrl` and `vty` name its CTRL and VTY interfaces?"
            return Health(False, f"the HLR {error} ({where})", advice)
        return Health(True, f"answers on {where}")

    async def close(self) -> None:
        await self._interfaces.close()

    def _errand(self, task: Task, still_ours: StillOurs) -> Errand:
        return Errand(Hlr(self._interfaces, lambda: still_ours(task)), task, self._options, self._seal)
