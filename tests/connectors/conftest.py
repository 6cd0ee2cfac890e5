"""Systems that are slow to start are started once a worker process; tests on them use lines of their own."""

from collections.abc import Iterator

import pytest

from tests.connectors.stripe_harness import LocalStripe, local_stripe
from tests.support.carrier import SampleCarrier, sample_carrier


@pytest.fixture(scope="session")
def prompt_carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleCarrier]:
    """Answers at once."""
    with sample_carrier(tmp_path_factory.mktemp("prompt_carrier")) as carrier:
        yield carrier


@pytest.fixture(scope="session")
def later_carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleCarrier]:
    """Accepts, and does it a moment later."""
    with sample_carrier(tmp_path_factory.mktemp("later_carrier"), later=0.01) as carrier:
        yield carrier


@pytest.fixture(scope="session")
def stripe_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStripe]:
    with local_stripe(tmp_path_factory.mktemp("stripe")) as running:
        yield running
