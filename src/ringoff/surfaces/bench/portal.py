"""How long a subscriber waits for a page while a bulk runs beside: fifty pages a second, as from many phones."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ringoff.app import App
from ringoff.features import identity
from ringoff.features.identity import Visit
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.bench import engine, population
from ringoff.surfaces.bench.http import Client, serving
from ringoff.surfaces.bench.rig import FOUR, Rig, free_port, rig

_RATE, _SECONDS, _VISITORS = 50, 20, 100


async def portal(lines: int, url: str | None = None) -> dict[str, Any]:
    """`lines` is the size of the bulk that runs beside."""
    port = free_port()
    async with (
        rig(FOUR, url=url, host="127.0.0.1", port=port) as one,
        one.app() as app,
    ):
        async with app.database.transaction() as conn:
            bulk = await population.add_lines(conn, 1, lines)
            await population.add_lines(conn, lines + 1, _VISITORS)
        await engine.analyze(app)
        cookies = await _sign_in(one, range(lines + 1, lines + 1 + _VISITORS))
        async with serving(one, port):
            client = Client(port, "")
            with one.workers(1, "interactive"), one.workers(2):
                alone = await _visit(client, cookies)
                await engine.request(app, bulk, cooling_off=timedelta(0))
                beside = await _visit(client, cookies) | {"lines closed meanwhile": await _closed(app)}
    return {"pages, alone": alone, f"pages, beside a bulk of {lines:,}": beside}


async def _closed(app: App) -> int:
    async with app.database.transaction() as conn:
        row = await (await conn.execute("SELECT count(*) FROM cancellation WHERE state = 'closed'")).fetchone()
        assert row is not None
        return int(row[0])


async def _sign_in(one: Rig, numbers: Sequence[int]) -> list[tuple[str, str]]:
    """A session each, as after a sign-in: its cookie, and a line of its holder."""
    found = []
    async with one.app() as app, app.database.transaction() as conn:
        now = app.database.clock.now()
        for n in numbers:
            row = await (await conn.execute("SELECT account_id FROM line WHERE line_ref = %s", [f"B{n}"])).fetchone()
            assert row is not None
            await identity.seed_login(conn, row[0], SecretStr("not used in this measuring"), set_at=now)
            made = await identity.start_session(conn, row[0], 1, "password", Visit(), now)
            found.append((f"ringoff_session={made.token.get_secret_value()}", f"/lines/B{n}"))
    return found


async def _visit(client: Client, cookies: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """At a steady rate, whatever the server's own pace: a slow answer does not slow the next visitor down."""
    times: list[float] = []
    sizes: list[int] = []
    began = time.monotonic()

    async def look(n: int) -> None:
        cookie, line = cookies[n % len(cookies)]
        path = ("/account", line, f"{line}/leave", "/guide")[n % 4]
        async with client.connected() as (reader, writer):
            asked = time.monotonic()
            status, size = await client.get(reader, writer, path, cookie)
            times.append(time.monotonic() - asked)
            sizes.append(size)
            if status != 200:
                raise RuntimeError(f"{path} was answered with {status}")

    async with asyncio.TaskGroup() as group:
        for n in range(_RATE * _SECONDS):
            await asyncio.sleep(max(0.0, began + n / _RATE - time.monotonic()))
            group.create_task(look(n))
    times.sort()
    return {
        "pages a second": _RATE,
        "p50 ms": round(1000 * statistics.median(times), 1),
        "p95 ms": round(1000 * times[int(len(times) * 0.95)], 1),
        "p99 ms": round(1000 * times[int(len(times) * 0.99)], 1),
        "largest page, kB": round(max(sizes) / 1000, 1),
    }
