"""What is asked often reads what it needs, under the settings of our processes, however much lies beside it."""

from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection

from ringoff.db import arrays
from ringoff.db.pool import BY_INDEX, Database
from ringoff.features import cancellation, readiness
from ringoff.features.cancellation import ObligationId, store
from ringoff.features.notices import UNCOUNTED_LINES
from ringoff.surfaces.api import gauges
from tests.support.indexes import looking
from tests.support.world import NOW, World

OBLIGATIONS = """
INSERT INTO obligation (subject_id, system, kind, priority, state, created_at, due_at, settled_at)
SELECT n, 'hlr', 'release', 10, CASE WHEN n %% 500 = 0 THEN 'fallout' ELSE 'discharged' END, %(now)s, %(now)s, %(now)s
  FROM generate_series(1, 5000) n
"""
AFTER_CARE = """
INSERT INTO obligation (subject_id, system, kind, priority, created_at, due_at)
SELECT n, 'hlr', 'verify', 10, %(now)s, %(now)s + interval '1 day' FROM generate_series(1, 5000) n
"""


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Database]:
    """With the session of our processes."""
    async with Database(database_url, session=BY_INDEX) as opened:
        yield opened


async def test_a_page_of_fallout_reads_only_fallout_and_only_the_page(served: Database) -> None:
    async with served.transaction() as conn:
        await conn.execute(OBLIGATIONS, {"now": NOW})
    async with looking(served) as (conn, read):
        after = ObligationId(1000, "hlr", "release", 1)
        page = await cancellation.list_obligations(conn, after=after, limit=3)
    assert [one.id.subject_id for one in page] == [1500, 2000, 2500]
    assert read["obligation_fallout"] <= 4


async def test_figures_read_neither_what_is_settled_nor_what_is_due_one_day(served: Database) -> None:
    world = await World.make(served)
    async with served.transaction() as conn:
        await conn.execute(OBLIGATIONS, {"now": NOW})
        await conn.execute(AFTER_CARE, {"now": NOW})
    async with looking(served) as (conn, read):
        told = await (await conn.execute(gauges.OBLIGATIONS, {"now": world.now, "priorities": [0, 10]})).fetchall()
    assert [row[:3] for row in told] == [("hlr", "fallout", 10)]
    assert read.keys() >= {"obligation_due", "obligation_fallout"}
    assert sum(entries for name, entries in read.items() if name.startswith("obligation")) <= 10


@pytest.fixture
async def big_account(served: Database) -> list[int]:
    """The living lines of an account that has left thousands behind."""
    world = await World.make(served)
    gone = await world.lines(count=3000)
    await world.rows("UPDATE line SET status = 'closed', closed_at = %s WHERE id <= %s", NOW, gone[-1])
    async with await AsyncConnection.connect(served.url, autocommit=True) as conn:
        await conn.execute("VACUUM line")
    return await world.lines(count=150)


async def test_whether_an_account_has_another_living_line_is_asked_of_the_living(
    served: Database, big_account: list[int]
) -> None:
    async with looking(served) as (conn, read):
        (line,) = (await readiness.facts(conn, big_account[:1])).values()
    assert line.has_other_lines
    assert read["line_account_live"] <= 2
    assert "line_account" not in read


async def test_the_end_of_an_account_is_asked_of_its_living_lines(served: Database, big_account: list[int]) -> None:
    async with served.transaction() as conn:
        line = (await readiness.facts(conn, big_account[:1]))[big_account[0]]
    async with looking(served) as (conn, read):
        ids = arrays.ints([line.account_id])
        closed = await conn.execute(store.CLOSE_ACCOUNTS, {"account_ids": ids, "now": NOW})
    assert closed.rowcount == 0
    assert read["line_account_live"] <= 2
    assert "line_account" not in read


async def test_a_notice_counts_other_lines_only_as_far_as_it_tells_them(
    served: Database, big_account: list[int]
) -> None:
    world = await World.make(served)
    case = await world.case(big_account[0])
    async with looking(served) as (conn, read):
        (told,) = await (await conn.execute(store.NOTICE_FACTS, {"ids": arrays.ints([case])})).fetchall()
    assert told[-1] == UNCOUNTED_LINES
    assert read["line_account_live"] <= UNCOUNTED_LINES + 1
    assert "line_account" not in read
