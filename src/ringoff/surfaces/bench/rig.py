"""A throw-away installation to measure: PostgreSQL of its own, worker processes, reference rates beside them."""

import asyncio
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import uvloop

from ringoff.app import App, build
from ringoff.connectors import twin
from ringoff.db import migrate
from ringoff.db.binaries import program
from ringoff.db.embedded import EmbeddedPostgres
from ringoff.db.pool import BY_INDEX, Database
from ringoff.reconcile.model import Lane
from ringoff.settings import Settings
from ringoff.surfaces.bench import meter
from ringoff.surfaces.worker import Worker, settle_in

TWIN: Mapping[str, Any] = {"connector": "twin", "remember": False}  # what it held would fill the memory
FOUR: Mapping[str, Mapping[str, Any]] = {
    "hlr": {**TWIN, "wave": 1, "effect": "pivot", "gates": True},
    "esim": {**TWIN, "wave": 2, "gates": False},
    "bindings": {**TWIN, "wave": 2, "gates": False},
    "billing": {**TWIN, "wave": 3, "gates": False},
}
_DEFAULT_PLAN = ("hlr", "esim", "bindings", "access", "billing", "mandate", "number")
SEVEN: Mapping[str, Mapping[str, Any]] = dict.fromkeys(_DEFAULT_PLAN, TWIN)


class Rig:
    """One running installation. `notices`: mails are rendered, and handed to a stand-in that swallows them."""

    def __init__(self, settings: Settings, url: str, postmaster: int, *, notices: bool) -> None:
        self.settings, self.url, self.postmaster, self.notices = settings, url, postmaster, notices
        self._processes: list[BaseProcess] = []

    @property
    def pids(self) -> list[int]:
        return [p.pid for p in self._processes if p.pid is not None]

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        app = await _app(self.settings, Database(self.url, size=8), self.notices).open()
        try:
            yield app
        finally:
            await app.close()

    @contextmanager
    def workers(self, count: int = 2, lane: str = "bulk") -> Iterator[None]:
        """Real worker processes, ready to turn."""
        spawn = multiprocessing.get_context("spawn")
        ready = [spawn.Event() for _ in range(count)]
        mine = [
            spawn.Process(target=_work, args=(self.settings, self.url, lane, self.notices, event), daemon=True)
            for event in ready
        ]
        self._processes += mine
        for process in mine:
            process.start()
        for event in ready:
            if not event.wait(60):
                raise RuntimeError("a worker did not start")
        try:
            yield
        finally:
            for process in mine:
                if process.pid is not None and process.is_alive():
                    os.kill(process.pid, signal.SIGTERM)
            for process in mine:
                process.join(30)
                self._processes.remove(process)

    def spawn(self, target: Callable[..., None], *arguments: Any) -> BaseProcess:
        """A process whose CPU is not counted among the workers'."""
        process = multiprocessing.get_context("spawn").Process(target=target, args=arguments, daemon=True)
        process.start()
        return process

    async def read(self) -> meter.Reading:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as conn:
            return await meter.read(conn, self.pids, self.postmaster)

    def pgbench(self, *options: str, seconds: int = 5) -> float:
        """Transactions a second of PostgreSQL's own benchmark on this very server."""
        run = [str(program("pgbench")), *_as_options(self.url)]
        quiet: dict[str, Any] = {"check": True, "capture_output": True, "text": True, "timeout": 300}
        subprocess.run([*run, "-i", "-s", "10", "-q"], **quiet)  # noqa: S603
        done = subprocess.run([*run, "-c", "8", "-j", "2", "-T", str(seconds), *options], **quiet)  # noqa: S603
        found = re.search(r"tps = ([0-9.]+)", done.stdout)
        assert found is not None
        return float(found[1])


@asynccontextmanager
async def rig(
    systems: Mapping[str, Mapping[str, Any]], *, notices: bool = False, url: str | None = None, **settings: Any
) -> AsyncIterator[Rig]:
    """A fresh installation in a temporary folder, gone afterwards; or the empty database at `url`."""
    with _folder() as folder:
        server = EmbeddedPostgres(Path(folder, "data"))
        address = await asyncio.to_thread(server.start, lambda _: None) if url is None else url
        try:
            await asyncio.to_thread(migrate.migrate, address)
            pid = int((server.cluster / "postmaster.pid").read_text().split()[0]) if url is None else 0
            chosen = Settings.model_validate({"data_dir": folder, "systems": systems, **settings})
            yield Rig(chosen, address, pid, notices=notices)
        finally:
            if url is None:
                await asyncio.to_thread(server.stop)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def _folder() -> Iterator[str]:
    """On the disk, not in a memory that /tmp may be; open to the account that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="ringoff-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield folder


async def until(condition: str, url: str, *, limit: float = 900, every: float = 0.1) -> None:
    """Wait until the SQL condition holds. Raises TimeoutError after `limit` seconds."""
    deadline = time.monotonic() + limit
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        while time.monotonic() < deadline:
            row = await (await conn.execute(f"SELECT {condition}")).fetchone()
            if row is not None and row[0]:
                return
            await asyncio.sleep(every)
    raise TimeoutError(f"not within {limit} s: {condition}")


def _app(settings: Settings, database: Database, notices: bool) -> App:
    mail = {"mail": twin.connect("mail", {"remember": False}, None)} if notices else {}
    return build(settings, database, connectors=mail)


def _work(settings: Settings, url: str, lane: str, notices: bool, ready: Any) -> None:
    uvloop.run(_turn(settings, url, lane, notices, ready))


async def _turn(settings: Settings, url: str, lane: str, notices: bool, ready: Any) -> None:
    of = Lane("interactive" if lane == "interactive" else "bulk")
    settle_in(of)
    database = Database(url, size=4 + 3 * (len(settings.systems) + 3), session=BY_INDEX)
    app = await _app(settings, database, notices).open()
    ready.set()
    try:
        await Worker(app, of).run()
    finally:
        await app.close()


def _as_options(url: str) -> list[str]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = query["host"][0] if "host" in query else unquote(parts.hostname or "127.0.0.1")
    port = query["port"][0] if "port" in query else str(parts.port or 5432)
    user = query["user"][0] if "user" in query else unquote(parts.username or "postgres")
    return ["-h", host, "-p", port, "-U", user, parts.path.lstrip("/")]
