"""Connections to PostgreSQL. Only the edge (a surface, a worker's loop, a test) opens a transaction and so commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from ringoff.kit.clock import Clock, SystemClock

Connection = AsyncConnection[TupleRow]

BY_INDEX = {
    # For processes that run few statements, each thousands of times: planned once, and by index. A generic plan knows
    # neither the length of an array nor that a table that is empty now will have a million rows tonight.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""Session settings for Database."""


class Database:
    """A pool, and the clock that all processes of this installation share.

    `session` are settings for every connection (`{"plan_cache_mode": "force_generic_plan"}`).
    """

    def __init__(
        self, url: str, *, clock: Clock | None = None, size: int = 8, session: dict[str, str] | None = None
    ) -> None:
        self.url = url
        self.clock: Clock = clock or SystemClock()
        options = " ".join(f"-c {name}={value}" for name, value in {"timezone": "UTC", **(session or {})}.items())
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            # Few statements, each run a thousand times: prepared at once.
            kwargs={"options": options, "application_name": "ringoff", "prepare_threshold": 0},
        )

    async def open(self) -> "Database":
        await self._pool.open(wait=True, timeout=30)
        await self.set_clock()
        return self

    async def set_clock(self) -> None:
        """Measure again how far this machine's clock is from the database's."""
        if isinstance(self.clock, SystemClock):
            async with self._pool.connection() as connection:
                cursor = await connection.execute("SELECT clock_timestamp()")
                row = await cursor.fetchone()
                assert row is not None
                self.clock.set(row[0])

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One command is one transaction: commits at the end of the block, rolls back on an exception."""
        async with self._pool.connection() as connection, connection.transaction():
            yield connection

    async def __aenter__(self) -> "Database":
        return await self.open()

    async def __aexit__(self, *_: Any) -> None:
        await self.close()
