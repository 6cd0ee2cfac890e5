"""`ringoff up`: one command brings everything, and one signal, or a kill, leaves nothing behind that should not stay.

Its children are stood in for by a program that answers /healthz and writes down how it was called; everything else
is real.
"""

import asyncio
import json
import os
import signal
import stat
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from ringoff.db.embedded import EmbeddedPostgres
from ringoff.db.migrate import known
from ringoff.db.postmaster import Postmaster
from ringoff.kit.errors import Unavailable
from ringoff.settings import Settings
from ringoff.surfaces.up import children, database_url
from tests.support.postgres import reachable_folder

CHILD = """
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from ringoff.surfaces.child import follow_parent
follow_parent(int(os.environ["RINGOFF_PARENT"]))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
arguments = sys.argv[1:]
diary = Path(arguments[arguments.index("--data-dir") + 1], "diary")
with diary.open("a") as words:
    words.write(json.dumps([os.getpid(), os.environ["RINGOFF_DATABASE_URL"], *arguments]) + "\\n")
if arguments[0] == "serve":
    port = int(arguments[arguments.index("--port") + 1])
    HTTPServer(("127.0.0.1", port), Health).serve_forever()
time.sleep(600)
"""
UP = """
import asyncio, sys
from pathlib import Path
from ringoff.kit.errors import RingoffError
from ringoff.settings import Settings
from ringoff.surfaces import up
up._PROGRAM = (sys.executable, "-c", sys.argv[2])
settings = Settings.load(None, Path(sys.argv[1])).model_copy(update={"port": 0, "workers": 2})
try:
    asyncio.run(up.up(settings, lambda words: print(words, flush=True)))
except RingoffError as error:
    print(error.code, flush=True)
    sys.exit(1)
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / "data"
        EmbeddedPostgres(folder / "data").stop()


@asynccontextmanager
async def running_up(data_dir: Path, **environment: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", UP, str(data_dir), CHILD, stdout=PIPE, env={**os.environ, **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def hears(process: Process, words: str) -> None:
    assert process.stdout is not None
    while words not in (line := (await process.stdout.readline()).decode()):
        assert line, f"it ended without saying {words!r}"


def diary(data_dir: Path) -> list[list[str]]:
    return [json.loads(line) for line in data_dir.joinpath("diary").read_text().splitlines()]


def lives(pid: int) -> bool:
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_one_command_brings_everything_and_one_signal_ends_it(data_dir: Path) -> None:
    settings = Settings.load(None, data_dir, {})
    with pytest.raises(Unavailable, match="No Ringoff runs in"):
        database_url(settings)
    async with running_up(data_dir) as process:
        await hears(process, "Ringoff is up")
        url = database_url(settings)
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM migration").fetchone() == (len(known()),)
        key = data_dir / "secret.key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert Settings.load(None, data_dir, {}).secret is not None
        while len(diary(data_dir)) < 4:
            await asyncio.sleep(0.01)
        assert sorted(" ".join(words[2:5]) for words in diary(data_dir)) == [
            f"serve --data-dir {data_dir}",
            "work --lane bulk",
            "work --lane bulk",
            "work --lane interactive",
        ]
        assert {words[1] for words in diary(data_dir)} == {url}
        process.send_signal(signal.SIGINT)
        await hears(process, "Stopped.")
        assert await process.wait() == 0
    assert EmbeddedPostgres(data_dir).find() is None
    assert not any(lives(int(words[0])) for words in diary(data_dir))


async def test_a_second_up_on_the_same_folder_is_refused(data_dir: Path) -> None:
    async with running_up(data_dir) as first:
        await hears(first, "The database is ready")
        async with running_up(data_dir) as second:
            await hears(second, "already_up")
            assert await second.wait() == 1
        assert first.returncode is None


async def test_a_killed_postgresql_is_started_again_at_the_same_address(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    async with running_up(data_dir) as process:
        await hears(process, "Ringoff is up")
        url, pid = server.find(), Postmaster(server.cluster).pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while await asyncio.to_thread(server.find) is None:
            await asyncio.sleep(0.05)
        assert server.find() == url
        assert Postmaster(server.cluster).pid() != pid


async def test_after_a_killed_up_its_children_go_its_database_stays_and_the_next_finds_it(data_dir: Path) -> None:
    async with running_up(data_dir) as process:
        await hears(process, "Ringoff is up")
        process.kill()
    server = EmbeddedPostgres(data_dir)
    pid, orphans = Postmaster(server.cluster).pid(), [int(words[0]) for words in diary(data_dir)]
    assert server.find() is not None
    key = data_dir.joinpath("secret.key").read_text()
    async with running_up(data_dir) as process:
        await hears(process, "Ringoff is up")
        assert Postmaster(server.cluster).pid() == pid
        assert data_dir.joinpath("secret.key").read_text() == key
    while any(lives(orphan) for orphan in orphans):
        await asyncio.sleep(0.05)


async def test_a_signal_during_the_start_ends_it_too(data_dir: Path) -> None:
    async with running_up(data_dir) as process:
        while not data_dir.joinpath("up.lock").exists():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() in (0, -signal.SIGTERM)
    assert EmbeddedPostgres(data_dir).find() is None


async def test_a_configured_server_is_used_instead(data_dir: Path, empty_database_url: str) -> None:
    async with running_up(data_dir, RINGOFF_DATABASE_URL=empty_database_url) as process:
        await hears(process, "Ringoff is up")
    assert not data_dir.joinpath("postgres").exists()
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT count(*) FROM migration").fetchone() == (len(known()),)
    settings = Settings.load(None, data_dir, {"RINGOFF_DATABASE_URL": empty_database_url})
    assert database_url(settings) == empty_database_url


def test_children_are_told_which_settings_are_meant(tmp_path: Path) -> None:
    file = tmp_path / "ringoff.toml"
    file.write_text("workers = 1\n")
    serve, interactive, bulk = children(Settings.load(file, tmp_path / "data", {}), 8123)
    assert serve.name == "serve"
    assert [*serve.command[-4:]] == ["--host", "127.0.0.1", "--port", "8123"]
    for child in (serve, interactive, bulk):
        assert f"--config {file}" in " ".join(child.command)
