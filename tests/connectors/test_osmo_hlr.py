"""The osmo-hlr connector against a real osmo-hlr: the conformance suite, and bad days."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringoff.connectors.conformance import Conformance, Harness
from tests.connectors.hlr_harness import hlr_harness


class TestOsmoHlr(Conformance):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async with hlr_harness(tmp_path) as harness:
            yield harness
