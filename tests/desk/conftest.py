"""What the desk's tests may ask for."""

from collections.abc import AsyncIterator

import pytest

from ringoff.db.pool import Database
from tests.support.desk import Desk, desk_of


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """The desk of a carrier without subscribers."""
    async with desk_of(database) as opened:
        yield opened
