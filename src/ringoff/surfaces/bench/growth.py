"""Does the rate hold when the database is large, and while somebody holds an old snapshot open?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from ringoff.app import App
from ringoff.surfaces.bench import engine, population
from ringoff.surfaces.bench.rig import FOUR, Rig, rig

_CHUNK = 100_000


SMALL, LARGE, CLOSED = 100_000, 5_000_000, 500_000


async def growth(lines: int, url: str | None = None) -> dict[str, Any]:
    """The engine's rate for `lines` lines in a small and in a large database, each also beside an old snapshot."""
    small, large, closed = SMALL, LARGE, CLOSED
    report: dict[str, Any] = {}
    async with rig(FOUR, url=url) as one:
        await _fill(one, 1, small)
        report[f"{small:,} lines"] = await engine.close(one, lines, first=10_000_000)
        async with _old_snapshot(one.url):
            report[f"{small:,} lines, old snapshot"] = await engine.close(one, lines, first=11_000_000)
        await _fill(one, small + 1, large - small)
        async with one.app() as app:
            await _age(app, closed)
        name = f"{large:,} lines, {closed:,} closed cases"
        report[name] = await engine.close(one, lines, first=12_000_000)
        async with _old_snapshot(one.url):
            report[f"{name}, old snapshot"] = await engine.close(one, lines, first=13_000_000)
    first = report[f"{small:,} lines"]["lines closed a second"]
    for figures in report.values():
        figures["against the first"] = round(figures["lines closed a second"] / first, 2)
    return report


async def _fill(one: Rig, first: int, count: int) -> None:
    async with one.app() as app:
        for start in range(first, first + count, _CHUNK):
            async with app.database.transaction() as conn:
                await population.add_lines(conn, start, min(_CHUNK, first + count - start))


async def _age(app: App, closed: int) -> None:
    now = app.database.clock.now()
    for start in range(1, closed + 1, _CHUNK):
        async with app.database.transaction() as conn:
            await population.add_closed_cases(conn, start, min(_CHUNK, closed + 1 - start), now)


@asynccontextmanager
async def _old_snapshot(url: str) -> AsyncIterator[None]:
    """What a long report or pg_dump does: nothing that dies after this moment can be cleaned up."""
    async with await psycopg.AsyncConnection.connect(url) as conn:
        await conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await conn.execute("SELECT count(*) FROM plan")
        yield
