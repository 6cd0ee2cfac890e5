"""One file of scenarios, played unchanged against every system."""

from collections.abc import AsyncIterator

import pytest

from ringoff.connectors.conformance import Harness
from tests.connectors.carrier_harness import carrier_harness
from tests.connectors.scenario import Scenario, play, scenarios
from tests.connectors.twin_harness import twin_harness


@pytest.fixture(params=["twin", "prompt_carrier", "later_carrier"])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    opening = twin_harness() if request.param == "twin" else carrier_harness(request.getfixturevalue(request.param))
    async with opening as running:
        yield running


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
async def test_scenario(scenario: Scenario, harness: Harness) -> None:
    await play(scenario, harness)
