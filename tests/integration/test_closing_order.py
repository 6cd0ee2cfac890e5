"""Who closes lines waits for an import, and it for them, but never both at once."""

import asyncio

from ringoff.db import arrays
from ringoff.db.pool import Database
from ringoff.features.cancellation import store
from tests.support.world import NOW, World


async def test_lines_that_close_together_are_locked_in_their_order(database: Database) -> None:
    world = await World.make(database)
    first, second = await world.lines(count=2)
    await world.rows("UPDATE line SET msisdn = '+1' WHERE id = %s", first)  # so it lies behind the second
    async with database.transaction() as conn:
        await conn.execute("SELECT FROM line WHERE id = %s FOR UPDATE", [first])
        closing = asyncio.create_task(close(database, first, second))
        while not await world.rows("SELECT pid FROM pg_locks WHERE NOT granted"):
            assert not closing.done()
            await asyncio.sleep(0.02)
        await conn.execute("SELECT FROM line WHERE id = %s FOR UPDATE NOWAIT", [second])
    await closing
    assert await world.rows("SELECT DISTINCT status FROM line") == [("closed",)]


async def close(database: Database, *line_ids: int) -> None:
    async with database.transaction() as conn:
        await conn.execute(store.CLOSE_LINES, {"line_ids": arrays.ints(line_ids), "now": NOW})
