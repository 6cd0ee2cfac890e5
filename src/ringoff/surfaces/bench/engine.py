"""How many lines a second the engine closes, every row written, PostgreSQL included, two workers on this machine."""

import time
from datetime import timedelta
from typing import Any

from ringoff.app import App
from ringoff.features import cancellation
from ringoff.features.cancellation import Receipt, Request, When
from ringoff.kit.actor import Actor
from ringoff.surfaces.bench import population
from ringoff.surfaces.bench.meter import Reading, peak_memory
from ringoff.surfaces.bench.rig import FOUR, SEVEN, Rig, rig, until

BULK = Actor("bench", "bulk")
_CHUNK = 1000
ALL_DONE = """
NOT EXISTS (SELECT FROM cancellation WHERE state IN ('scheduled', 'releasing'))
AND NOT EXISTS (SELECT FROM obligation WHERE state = 'due' AND kind IN ('release', 'notify') AND due_at <= now())
"""
_REFERENCES = {
    "pgbench -N (8 clients), transactions a second": ("-N",),
    "pgbench tpcb-like (8 clients), transactions a second": (),
}


async def engine(lines: int, url: str | None = None) -> dict[str, Any]:
    """The engine's three rates, each on a fresh installation, and reference rates of the same server."""
    report: dict[str, Any] = {}
    async with rig(FOUR, url=url) as one:
        report["references"] = {name: round(one.pgbench(*options)) for name, options in _REFERENCES.items()}
        report["four systems, three waves"] = await close(one, lines)
    async with rig(FOUR, notices=True, url=url) as two:
        report["the same with bulk intake and two rendered notices"] = await close(two, lines, with_intake=True)
    async with rig(SEVEN, url=url) as three:
        report["seven systems, the default plan"] = await close(three, lines)
    return report


async def close(
    target: Rig, lines: int, *, first: int = 1, with_intake: bool = False, workers: int = 2
) -> dict[str, Any]:
    """Close `lines` lines; `with_intake` counts the requests too, else the clock starts when all are requested."""
    async with target.app() as app:
        ids = await _populate(app, first, lines)
        if with_intake:
            with target.workers(workers):
                before, began = await target.read(), time.monotonic()
                await request(app, ids)
                await until(ALL_DONE, target.url)
                return _figures(lines, began, before, await target.read(), target)
        took = await request(app, ids, cooling_off=timedelta(days=1))
        await analyze(app)
        with target.workers(workers):
            await _ripen_all(app)  # not before the workers are ready
            before, began = await target.read(), time.monotonic()
            await until(ALL_DONE, target.url)
            figures = _figures(lines, began, before, await target.read(), target)
        return {**figures, "bulk intake, requests a second": round(lines / took)}


async def request(app: App, line_ids: list[int], cooling_off: timedelta = timedelta(0)) -> float:
    """Ask for all of them, a thousand a transaction; returns the seconds it took."""
    began = time.monotonic()
    for start in range(0, len(line_ids), _CHUNK):
        wishes = [Request(i, When("now"), cooling_off=cooling_off) for i in line_ids[start : start + _CHUNK]]
        async with app.database.transaction() as conn:
            answers = await cancellation.request(conn, app.terms, wishes, BULK, app.database.clock.now())
        refused = [a for a in answers if not isinstance(a, Receipt) or not a.created]
        if refused:
            raise RuntimeError(f"{len(refused)} requests were refused: {refused[0]}")
    return time.monotonic() - began


async def _populate(app: App, first: int, lines: int) -> list[int]:
    async with app.database.transaction() as conn:
        ids = await population.add_lines(conn, first, lines)
    await analyze(app)
    return ids


async def analyze(app: App) -> None:
    async with app.database.transaction() as conn:
        await conn.execute("ANALYZE")


async def _ripen_all(app: App) -> None:
    async with app.database.transaction() as conn:
        await conn.execute("UPDATE cancellation SET ripe_at = now() WHERE state = 'scheduled'")


def _figures(lines: int, began: float, before: Reading, after: Reading, target: Rig) -> dict[str, Any]:
    spent, seconds = after.since(before), time.monotonic() - began
    return {
        "lines closed a second": round(lines / seconds),
        "seconds": round(seconds, 1),
        "CPU ms a line, workers": round(1000 * spent.python_cpu / lines, 3),
        "CPU ms a line, PostgreSQL": round(1000 * spent.postgres_cpu / lines, 3),
        "cores busy": round((spent.python_cpu + spent.postgres_cpu) / seconds, 2),
        "row versions a line": round(spent.rows / lines, 1),
        "WAL kB a line": round(spent.wal / lines / 1000, 1),
        "disk kB a line": round(spent.disk / lines / 1000, 1),
        "peak memory MB of a worker": round(peak_memory(target.pids) / 1e6),
    }
