"""What the portal's tests may ask for."""

from collections.abc import AsyncIterator

import pytest

from ringoff.db.pool import Database
from tests.support.portal import Portal, portal_of


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    """The portal of a carrier without subscribers, at https://portal.test."""
    async with portal_of(database) as opened:
        yield opened
