"""The sample carrier behind the webhook connector, as the conformance suite and the scenarios hold it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict

from ringoff.connectors.conformance import Ability, Line
from ringoff.connectors.webhook import connect
from ringoff.ports import Task
from tests.support.carrier import SampleCarrier


class CarrierHarness:
    can: frozenset[Ability] = frozenset({"restore", "lose_answer"})

    def __init__(self, carrier: SampleCarrier) -> None:
        self.connector = connect("carrier", carrier.options())
        self.secrets: Sequence[str] = [carrier.secret, carrier.secret.removeprefix("whsec_")]
        self._carrier = carrier

    async def add(self, line: Line) -> None:
        self._carrier.set_line(asdict(line))

    async def add_stranger(self, line: Line) -> None:
        self._carrier.set_line({"line_ref": line.line_ref, "msisdn": "+491510000001", "imsi": line.imsi[:-1] + "x"})

    async def holds(self, line: Line) -> bool:
        return self._carrier.holds(line.line_ref)

    async def effects(self, task: Task) -> int:
        wanted = f"carrier-{task.idempotency_key}".replace(".", "-")
        return sum(effect["effects"] for effect in self._carrier.effects() if effect["id"] == wanted)

    async def break_(self) -> None:
        self._carrier.kill()

    async def mend(self) -> None:
        self._carrier.start()

    async def lose_answer(self) -> None:
        self._carrier.fault("hangs_up", on="/releases", method="POST", times=1)


@asynccontextmanager
async def carrier_harness(carrier: SampleCarrier) -> AsyncIterator[CarrierHarness]:
    """On a carrier that others use as well, one after the other: it is left running and well."""
    harness = CarrierHarness(carrier)
    yield harness
    await harness.connector.close()
    if carrier.process is None:
        carrier.start()
    carrier.no_faults()
