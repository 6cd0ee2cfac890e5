"""`ringoff up`: everything that one machine needs, in one terminal, until Ctrl-C."""

import asyncio
import fcntl
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import structlog

from ringoff.db.embedded import EmbeddedPostgres, make_data_dir
from ringoff.db.migrate import migrate
from ringoff.kit.errors import Conflict, Unavailable
from ringoff.settings import SEAL_NAME, Settings
from ringoff.surfaces.supervisor import Child, Supervisor

log = structlog.get_logger(__name__)

_WATCH_EVERY = 0.5  # seconds between looks at the embedded server
_PORT_PATIENCE = 15.0  # seconds: a killed predecessor's children may still be ending
_PROGRAM = (sys.executable, "-m", "ringoff.surfaces.child")


def database_url(settings: Settings) -> str:
    """The database of the running installation, for operators' commands; Unavailable where none runs."""
    if settings.database.url is not None:
        return settings.database.url.get_secret_value()
    found = EmbeddedPostgres(settings.data_dir).find()
    if found is None:
        raise Unavailable(
            "not_running",
            f"No Ringoff runs in {settings.data_dir}. Start it with `ringoff up --data-dir {settings.data_dir}`, name "
            "another folder with --data-dir, or name its database with RINGOFF_DATABASE_URL.",
        )
    return found


async def up(settings: Settings, say: Callable[[str], None] = log.info) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP, then ends everything in order; a second signal does not wait.

    `say` hears what an operator wants to know. Raises Conflict where another `up` holds the data folder, Unavailable
    where something cannot be brought up.
    """
    make_data_dir(settings.data_dir)
    with _the_only_one(settings.data_dir):
        make_seal_secret(settings)
        supervisor = Supervisor()
        running = asyncio.create_task(_run(settings, supervisor, say))
        with _signals(lambda: supervisor.stop() if supervisor.pids() else running.cancel()):
            try:
                await running
            except asyncio.CancelledError:
                if (this := asyncio.current_task()) is not None and this.cancelling():
                    raise  # by our caller, not by a signal
        say("Stopped.")


async def _run(settings: Settings, supervisor: Supervisor, say: Callable[[str], None]) -> None:
    async with _database(settings, say) as url:
        applied = await asyncio.to_thread(migrate, url)
        say(f"The database is ready, {len(applied)} migrations applied." if applied else "The database is ready.")
        port = await _free_port(settings.host, settings.port)
        greeting = asyncio.create_task(_greet(settings.host, port, say))
        try:
            await supervisor.run(children(settings, port), {"RINGOFF_DATABASE_URL": url})
        finally:
            greeting.cancel()


def children(settings: Settings, port: int) -> list[Child]:
    """In the order of their ending: no new requests first, then the work in hand."""
    places = ["--data-dir", str(settings.data_dir)]
    if settings.config is not None:
        places += ["--config", str(settings.config)]
    serve = Child("serve", [*_PROGRAM, "serve", *places, "--host", settings.host, "--port", str(port)])
    # A telephone that cannot be answered is no reason to close the other doors.
    hotline = [Child("hotline", [*_PROGRAM, "hotline", *places], 30.0, essential=False)] if settings.hotline.sip else []
    lanes = [("work-interactive", "interactive"), *((f"work-{n}", "bulk") for n in range(1, settings.workers + 1))]
    workers = [Child(name, [*_PROGRAM, "work", "--lane", lane, *places], 30.0) for name, lane in lanes]
    return [serve, *hotline, *workers]


def make_seal_secret(settings: Settings) -> None:
    """The key that seals what a restore needs: made once, and readable by its owner alone. Losing it loses restores."""
    if settings.secret is not None:
        return
    temporary = settings.data_dir / f".{SEAL_NAME}.{os.getpid()}"
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as fresh:
        fresh.write(secrets.token_urlsafe(48))
        fresh.flush()
        os.fsync(fresh.fileno())
    try:
        (settings.data_dir / SEAL_NAME).hardlink_to(temporary)  # unlike a rename, never over an existing key
    except FileExistsError:
        log.debug("the sealing secret was made meanwhile")
    finally:
        temporary.unlink()


@contextmanager
def _the_only_one(data_dir: Path) -> Iterator[None]:
    with (data_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("already_up", f"Another `ringoff up` runs in {data_dir}; stop it first.") from None
        yield


@asynccontextmanager
async def _database(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[str]:
    """The configured server, or one of our own that is started again whenever it dies, and stopped at the end."""
    if settings.database.url is not None:
        yield settings.database.url.get_secret_value()
        return
    server = EmbeddedPostgres(settings.data_dir)
    try:
        url = await asyncio.to_thread(server.start, say)
        watcher = asyncio.create_task(_watch(server, say))
        try:
            yield url
        finally:
            watcher.cancel()
            await asyncio.wait([watcher])
    finally:
        await asyncio.to_thread(server.stop)


async def _watch(server: EmbeddedPostgres, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(_WATCH_EVERY)
        if server.alive():
            continue
        log.warning("PostgreSQL has died and is started again")
        try:
            await asyncio.to_thread(server.start, say)
        except Unavailable as error:
            log.error("PostgreSQL cannot be started again", why=error.message)


async def _free_port(host: str, port: int) -> int:
    """`port` once nobody else listens there, any free one for 0."""
    deadline = asyncio.get_running_loop().time() + _PORT_PATIENCE
    while True:
        try:
            with socket.create_server((host, port), family=_family(host)) as probe:
                return int(probe.getsockname()[1])
        except OSError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable("port_taken", f"Cannot listen on {host} port {port}: {error.strerror}.") from error
        await asyncio.sleep(0.2)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


@contextmanager
def _signals(stop: Callable[[], object]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    ours = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in ours:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in ours:
            loop.remove_signal_handler(number)


async def _greet(host: str, port: int, say: Callable[[str], None]) -> None:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    address = f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{port}"
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
        while True:
            try:
                if (await client.get(f"{address}/healthz")).is_success:
                    say(f"Ringoff is up: {address}/docs · Ctrl-C ends it.")
                    return
            except httpx.HTTPError as error:
                log.debug("not yet", why=str(error))
            await asyncio.sleep(0.1)
