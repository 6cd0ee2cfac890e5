"""What is asked often reads what it needs, under the settings of our processes, however much lies beside it."""

from collections.abc import AsyncIterator

import pytest

from ringoff.db.pool import BY_INDEX, Database
from ringoff.features import cancellation
from ringoff.features.cancellation import ObligationId
from tests.support.indexes import used
from tests.support.world import NOW

OBLIGATIONS = """
INSERT INTO obligation (subject_id, system, kind, priority, state, created_at, due_at, settled_at)
SELECT n, 'hlr', 'release', 10, CASE WHEN n %% 500 = 0 THEN 'fallout' ELSE 'discharged' END, %(now)s, %(now)s, %(now)s
  FROM generate_series(1, 5000) n
"""


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Database]:
    """With the session of our processes."""
    async with Database(database_url, session=BY_INDEX) as opened:
        yield opened


async def test_a_page_of_fallout_reads_only_fallout_and_only_the_page(served: Database) -> None:
    async with served.transaction() as conn:
        await conn.execute(OBLIGATIONS, {"now": NOW})
    async with served.transaction() as conn:
        after = ObligationId(1000, "hlr", "release", 1)
        page = await cancellation.list_obligations(conn, after=after, limit=3)
        assert [one.id.subject_id for one in page] == [1500, 2000, 2500]
        assert (await used(conn))["obligation_fallout"] <= 4
