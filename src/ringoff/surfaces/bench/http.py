"""What somebody who asks over HTTP experiences, alone and beside a bulk of many thousands."""

import asyncio
import os
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import uvloop

from ringoff.features.access import service as access
from ringoff.kit import log
from ringoff.kit.actor import SYSTEM
from ringoff.settings import Settings
from ringoff.surfaces.bench import engine, population
from ringoff.surfaces.bench.rig import FOUR, Rig, free_port, rig, until
from ringoff.surfaces.server import serve

_SINGLES, _INTAKE_SECONDS, _CONNECTIONS = 200, 10.0, 16
_ALL_CLOSED = "NOT EXISTS (SELECT FROM cancellation WHERE state = 'releasing')"
_TIMES = """
SELECT extract(epoch FROM ended_at - requested_at)::float8 FROM cancellation
WHERE channel = 'api' AND state = 'closed' AND id > %(after)s
"""


async def http(lines: int, url: str | None = None) -> dict[str, Any]:
    """`lines` is the size of the bulk that runs beside."""
    port = free_port()
    async with rig(FOUR, url=url, host="127.0.0.1", port=port) as one, one.app() as app:
        async with app.database.transaction() as conn:
            bulk = await population.add_lines(conn, 1, lines)
            await population.add_lines(conn, lines + 1, 30_000)
            now = app.database.clock.now()
            later = (now + timedelta(days=30)).date().isoformat()
            made = await access.create_key(conn, "bench", frozenset({"admin"}), SYSTEM, now)
        await engine.analyze(app)
        names = iter(f"B{n}" for n in range(lines + 1, lines + 30_001))
        async with serving(one, port):
            client = Client(port, made.text.get_secret_value())
            with one.workers(1, "interactive"), one.workers(2):
                alone = await _singles(one, client, [next(names) for _ in range(_SINGLES)])
                intake_alone = await _intake(client, names, later)
                intake_and_closing = await _intake(client, names, "now")
                await until(_ALL_CLOSED, one.url)
                await engine.request(app, bulk, cooling_off=timedelta(0))
                beside = await _singles(one, client, [next(names) for _ in range(_SINGLES)])
                intake_beside = await _intake(client, names, later)
                left = await _open_cases(one)
    return {
        "one line, alone": alone,
        f"one line, beside a bulk of {lines:,}": beside,
        "intake, alone": intake_alone,
        "intake, each line closed at once": intake_and_closing,
        "intake, beside the bulk": intake_beside,
        "bulk cases still open when the measuring ended": left,
    }


class Client:
    """The least that speaks HTTP/1.1 with keep-alive: the measuring must not be what is measured."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str, when: str = "now"
    ) -> int:
        """Ask to close `line`; the status of the answer."""
        body = orjson.dumps({"when": when})
        head = (
            f"POST /v1/lines/{line}/cancellation HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        return (await _answer(reader))[0]

    async def get(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, cookie: str
    ) -> tuple[int, int]:
        """The status of a page, and how many bytes were sent for it."""
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nAccept-Encoding: gzip\r\n\r\n"
        writer.write(head.encode())
        return await _answer(reader)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Status and length."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = head.lower().split(b"\r\n")
    length = next(int(field.partition(b":")[2]) for field in fields if field.startswith(b"content-length"))
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1]), length


async def _singles(one: Rig, client: Client, lines: Sequence[str]) -> dict[str, Any]:
    """One request after another, each long enough after the last that it stands alone."""
    async with await psycopg.AsyncConnection.connect(one.url, autocommit=True) as conn:
        row = await (await conn.execute("SELECT coalesce(max(id), 0) FROM cancellation")).fetchone()
        assert row is not None
        async with client.connected() as (reader, writer):
            for line in lines:
                status = await client.ask(reader, writer, line)
                if status != 201:
                    raise RuntimeError(f"{line} was answered with {status}")
                await asyncio.sleep(0.05)
        condition = (
            f"count(*) = {len(lines)} FROM cancellation WHERE channel='api' AND state='closed' AND id > {row[0]}"
        )
        await until(condition, one.url, limit=120)
        cursor = await conn.execute(_TIMES, {"after": row[0]})
        times = sorted(float(r[0]) for r in await cursor.fetchall())
    return {
        "closed after, median s": round(statistics.median(times), 3),
        "p95 s": round(times[int(len(times) * 0.95)], 3),
    }


async def _intake(client: Client, names: Any, when: str) -> dict[str, Any]:
    """Ask on several connections at once for a while, as fast as it is answered."""
    times: list[float] = []
    statuses: dict[int, int] = {}
    deadline = time.monotonic() + _INTAKE_SECONDS

    async def caller() -> None:
        async with client.connected() as (reader, writer):
            while time.monotonic() < deadline:
                began = time.monotonic()
                status = await client.ask(reader, writer, next(names), when)
                times.append(time.monotonic() - began)
                statuses[status] = statuses.get(status, 0) + 1

    await asyncio.gather(*(caller() for _ in range(_CONNECTIONS)))
    times.sort()
    return {
        "requests a second": round(len(times) / _INTAKE_SECONDS),
        "p50 ms": round(1000 * statistics.median(times), 1),
        "p99 ms": round(1000 * times[int(len(times) * 0.99)], 1),
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
    }


async def _open_cases(one: Rig) -> int:
    async with await psycopg.AsyncConnection.connect(one.url, autocommit=True) as conn:
        cursor = await conn.execute("SELECT count(*) FROM cancellation WHERE state IN ('scheduled', 'releasing')")
        row = await cursor.fetchone()
        return int(row[0]) if row else 0


@asynccontextmanager
async def serving(one: Rig, port: int) -> AsyncIterator[None]:
    process = one.spawn(_serve, one.settings, one.url)
    try:
        for _ in range(600):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
        yield
    finally:
        if process.pid is not None:
            os.kill(process.pid, signal.SIGTERM)
        await asyncio.to_thread(process.join, 30)


def _serve(settings: Settings, url: str) -> None:
    """With its log, as in earnest, but into a file that nobody reads."""
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    log.set_up("info", "json")
    uvloop.run(serve(settings, url))
