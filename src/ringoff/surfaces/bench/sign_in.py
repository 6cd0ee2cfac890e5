"""Whether the time of a refused sign-in tells who is a customer: known and unknown names in turn, and the ratio."""

import statistics
import time
from collections.abc import Sequence
from typing import Any

from ringoff.app import App
from ringoff.features import identity
from ringoff.features.identity import Visit
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.bench import population
from ringoff.surfaces.bench.rig import FOUR, rig

_WRONG = SecretStr("not the password of anybody")


async def sign_in(lines: int, url: str | None = None) -> dict[str, Any]:
    """`lines`: how many names of each kind. Each is tried once, from a network of its own: none is refused unheard."""
    async with rig(FOUR, url=url) as one, one.app() as app:
        async with app.database.transaction() as conn:
            await population.add_lines(conn, 1, lines)
            now = app.database.clock.now()
            cursor = await conn.execute("SELECT id, account_number FROM account ORDER BY id LIMIT %s", [lines])
            accounts = await cursor.fetchall()
            for account_id, _ in accounts:
                await identity.seed_login(conn, account_id, SecretStr("a password of theirs"), set_at=now)
        known: list[float] = []
        unknown: list[float] = []
        for n, (_, number) in enumerate(accounts):
            for name, times in ((number, known), (f"nobody-{n}", unknown)):
                times.append(await _refused(app, name, 2 * n + (times is known)))
    return {
        "refused sign-ins of each kind": len(known),
        "known name, median ms": round(statistics.median(known), 2),
        "unknown name, median ms": round(statistics.median(unknown), 2),
        "ratio of medians": round(statistics.median(known) / statistics.median(unknown), 3),
        "spread of the known, ms (quartiles)": _quartiles(known),
        "spread of the unknown, ms (quartiles)": _quartiles(unknown),
    }


async def _refused(app: App, name: str, n: int) -> float:
    began = time.perf_counter()
    async with app.database.transaction() as conn:
        visit = Visit(f"100.{64 + n // 256 % 64}.{n % 256}.1")
        await identity.sign_in(conn, app.identity, name, _WRONG, visit, app.database.clock.now())
    return 1000 * (time.perf_counter() - began)


def _quartiles(times: Sequence[float]) -> str:
    low, _, high = statistics.quantiles(times, n=4)
    return f"{low:.2f} to {high:.2f}"
