"""One file of scenarios, played unchanged against every system."""

from collections.abc import AsyncIterator

import pytest

from ringoff.connectors.conformance import Harness
from tests.connectors.scenario import Scenario, play, scenarios
from tests.connectors.twin_harness import twin_harness


@pytest.fixture(params=["twin"])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with twin_harness() as running:
        yield running


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
async def test_scenario(scenario: Scenario, harness: Harness) -> None:
    await play(scenario, harness)
