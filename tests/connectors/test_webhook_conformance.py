"""The webhook connector passes the suite of all connectors, whether the carrier answers at once or later."""

from collections.abc import AsyncIterator

import pytest

from ringoff.connectors.conformance import Conformance, Harness
from tests.connectors.carrier_harness import carrier_harness
from tests.support.carrier import SampleCarrier


class TestCarrierThatAnswersAtOnce(Conformance):
    @pytest.fixture
    async def harness(self, prompt_carrier: SampleCarrier) -> AsyncIterator[Harness]:
        async with carrier_harness(prompt_carrier) as harness:
            yield harness


class TestCarrierThatAnswersLater(Conformance):
    @pytest.fixture
    async def harness(self, later_carrier: SampleCarrier) -> AsyncIterator[Harness]:
        async with carrier_harness(later_carrier) as harness:
            yield harness
