"""One file of scenarios, played unchanged against every system."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest

from ringoff.connectors.conformance import Harness
from tests.connectors.carrier_harness import carrier_harness
from tests.connectors.hlr_harness import hlr_harness
from tests.connectors.scenario import Scenario, play, scenarios
from tests.connectors.twin_harness import twin_harness


def open_harness(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Harness]:
    match request.param:
        case "osmo_hlr":
            return hlr_harness(request.getfixturevalue("tmp_path"))
        case "twin":
            return twin_harness()
        case carrier:
            return carrier_harness(request.getfixturevalue(carrier))


@pytest.fixture(params=["osmo_hlr", "prompt_carrier", "later_carrier", "twin"])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with open_harness(request) as running:
        yield running


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
async def test_scenario(scenario: Scenario, harness: Harness) -> None:
    await play(scenario, harness)
