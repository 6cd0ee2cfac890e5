"""The Stripe connector passes the suite of all connectors with what a release lets go there: the stored card."""

from collections.abc import AsyncIterator

import pytest

from ringoff.connectors.conformance import Conformance, Harness, new_line, settle, task_of
from ringoff.ports import Done, NeedsPerson
from tests.connectors.stripe_harness import LocalStripe, stripe_harness


class TestStoredCards(Conformance):
    @pytest.fixture
    async def harness(self, stripe_server: LocalStripe) -> AsyncIterator[Harness]:
        async with stripe_harness(stripe_server) as harness:
            yield harness

    async def test_a_line_that_was_never_there_needs_a_person(self, harness: Harness) -> None:
        """A number that is gone may be somebody else's by now; a card that its holder removed is as good as released.

        What Stripe never heard of is another matter.
        """
        line = new_line()
        assert isinstance(await settle(harness.connector, task_of(line)), NeedsPerson)
        await harness.add(line)
        assert isinstance(await settle(harness.connector, task_of(line)), Done)
        assert isinstance(await settle(harness.connector, task_of(line)), Done)
