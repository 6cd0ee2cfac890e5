"""A carrier's lines, real worker processes that close them, and what the other system accepted: for the fault tests."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from ringoff.app import App, build
from ringoff.db.pool import Database
from ringoff.features import cancellation
from ringoff.features.cancellation import Receipt, Request, When
from ringoff.kit.actor import Actor
from ringoff.settings import Settings
from ringoff.surfaces.bench import population
from tests.support.carrier import SampleCarrier

SYSTEM = "provisioning"
LEASE = 1.5  # seconds: what a dead worker had in hand is taken over that late
CONFIG = """
[systems.{system}]
connector = "webhook"
url = "{url}"
secret = "{secret}"
timeout_seconds = {timeout}
ask_seconds = 0.2
wave = 1
effect = "pivot"
gates = true
[pace]
lease = {lease}
poll = 0.05
breaker_first = 0.2
breaker_most = 1
backoff_first = 0.1
"""


def identities(count: int) -> list[dict[str, str | None]]:
    """The lines that `population.add_lines(conn, 1, count)` makes, as the carrier holds them."""
    return [
        {"line_ref": f"B{n}", "msisdn": f"+49151{n:08d}", "imsi": f"262{n:012d}", "iccid": f"8949{n:015d}"}
        for n in range(1, count + 1)
    ]


class Crew:
    """One database, one carrier, and the processes that a test starts, stops and kills."""

    def __init__(self, folder: Path, url: str, carrier: SampleCarrier, *, timeout: float = 5) -> None:
        self.url, self.carrier = url, carrier
        self.config = folder / "ringoff.toml"
        self.config.write_text(
            CONFIG.format(system=SYSTEM, url=carrier.url, secret=carrier.secret, lease=LEASE, timeout=timeout)
        )
        self.config.chmod(0o600)
        self.processes: list[subprocess.Popen[bytes]] = []
        self._folder = folder

    def settings(self) -> Settings:
        return Settings.load(self.config, self._folder, {})

    def start(self, *command: str, **environment: str) -> "subprocess.Popen[bytes]":
        where = ["--config", str(self.config), "--data-dir", str(self._folder)]
        process = subprocess.Popen(
            [sys.executable, "-m", "ringoff.surfaces.cli", *command, *where],
            env={**os.environ, "RINGOFF_DATABASE_URL": self.url, **environment},
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "crew.log").open("ab"),
        )
        self.processes.append(process)
        return process

    def work(self, lane: str = "bulk", **environment: str) -> "subprocess.Popen[bytes]":
        return self.start("work", "--lane", lane, **environment)

    async def ask(self, count: int, first: int = 1) -> list[int]:
        """`count` lines, and a wish to close each now, as one bulk; the case ids."""
        async with self.app() as app:
            async with app.database.transaction() as conn:
                lines = await population.add_lines(conn, first, count)
            async with app.database.transaction() as conn:
                wishes = [Request(line, When("now"), cooling_off=timedelta(0)) for line in lines]
                now = app.database.clock.now()
                answers = await cancellation.request(conn, app.terms, wishes, Actor("test", "bulk"), now)
        assert all(isinstance(a, Receipt) and a.created for a in answers), answers[:3]
        return [a.case_id for a in answers if isinstance(a, Receipt)]

    def app(self) -> "_Opened":
        return _Opened(self.settings(), self.url)

    def one(self, query: str, *parameters: Any) -> Any:
        with psycopg.connect(self.url, autocommit=True) as conn:
            row = conn.execute(query, parameters).fetchone()
            return row[0] if row else None

    async def all_closed(self, count: int, limit: float = 90) -> None:
        deadline = time.monotonic() + limit
        closed = 0
        while closed < count:
            assert time.monotonic() < deadline, f"{closed} of {count} closed; {self.standing()}"
            await asyncio.sleep(0.1)
            try:
                closed = self.one("SELECT count(*) FROM cancellation WHERE state = 'closed'")
            except psycopg.OperationalError:
                continue

    def standing(self) -> Mapping[Any, Any]:
        with psycopg.connect(self.url, autocommit=True) as conn:
            return dict(
                Counter(
                    conn.execute("SELECT kind, state, last_outcome FROM obligation WHERE kind <> 'verify'").fetchall()
                )
            )

    def effects(self) -> Counter[int]:
        """How often each accepted release had its effect at the carrier: `{1: all of them}` is what must be."""
        return Counter(row["effects"] for row in self.carrier.effects() if row["type"] == "release")

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(20)


class _Opened:
    def __init__(self, settings: Settings, url: str) -> None:
        self._app = build(settings, Database(url, size=4))

    async def __aenter__(self) -> App:
        return await self._app.open()

    async def __aexit__(self, *_: object) -> None:
        await self._app.close()


@contextmanager
def crew(folder: Path, url: str, carrier: SampleCarrier, **how: Any) -> Iterator[Crew]:
    one = Crew(folder, url, carrier, **how)
    try:
        yield one
    finally:
        one.end()
