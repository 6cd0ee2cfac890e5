"""A PostgreSQL of our own, in a data folder, started from the programs of a wheel.

It outlives the process that started it (`kill -9` of us leaves it serving), and the next start finds it again. Only a
real connection counts as a sign of life: a process id may belong to a corpse or, after a reboot, to a stranger.

It listens on a Unix socket in a folder that only its own account (and root) can enter, and nowhere else. That folder
is the access control, so there is no password.
"""

import fcntl
import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from ringoff.db.binaries import RunAs, reachable_programs, run_as
from ringoff.db.postmaster import PORT, Postmaster
from ringoff.kit.errors import Unavailable

log = logging.getLogger(__name__)

NAME = "ringoff"  # of the database and of its role
START_LIMIT = 1800.0  # seconds; the recovery after a crash may take minutes
STOP_LIMIT = 120.0  # seconds; the checkpoint at the end may take a while
_TELL_EVERY = 5.0
_TRANSIENT_LIMIT = 300.0
_LOG_LIMIT = 16 << 20
_TRANSIENT = ("is still in use", "already exists")  # memory of a dying server; another start that was quicker
_SOCKET_PATH = re.compile(r"[\w/.@+-]{1,85}", re.ASCII)  # kernels allow 107 bytes; commas would separate two hosts
_WELL_REACHABLE = Path("/var/lib/ringoff-postgres")

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_buffers": "16MB",
    "min_wal_size": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_logical_replication_workers": "0",
    "autovacuum_naptime": "10s",
    "autovacuum_vacuum_cost_limit": "1000",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log must not learn who our subscribers are: no statements, no parameters, no rows quoted in details.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


class EmbeddedPostgres:
    """The server that belongs to `data_dir`. `settings` override SETTINGS (a test may do without fsync)."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self._settings = {**SETTINGS, **(settings or {})}
        self._child: subprocess.Popen[bytes] | None = None
        self._starting, self._unwanted = threading.Lock(), threading.Event()

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own folder: `data_dir/postgres`, or where that leads."""
        return (self.data_dir / "postgres").resolve()

    def start(self, tell: Callable[[str], None] = log.info) -> str:
        """The URL of the running server; starts it where it does not run. Raises Unavailable with what it said.

        May take minutes after a crash; `tell` hears why, every few seconds. `stop` in another thread interrupts it.
        """
        make_data_dir(self.data_dir)
        with self._starting, self._alone():
            who = run_as(self.data_dir / "postgres")
            programs = self._prepare(who)
            began = time.monotonic()
            while True:
                said_before = self._log.stat().st_size if self._log.exists() else 0
                if not self._postmaster().alive() and not self._unwanted.is_set():
                    self._launch(who, programs)
                if self._comes_up(began + START_LIMIT, tell):
                    break
                self._give_up_unless_transient(said_before, began + _TRANSIENT_LIMIT)
            self._make_database()
        return self._url(NAME)

    def alive(self) -> bool:
        """Cheap: whether the process lives, not whether it answers."""
        return self._postmaster().alive()

    def find(self) -> str | None:
        """The URL of this folder's server if it answers now; None where none does."""
        try:
            answers = self._postmaster().alive() and self._answers()
        except PermissionError as error:
            raise Unavailable("not_yours", f"The data folder {self.data_dir} belongs to another user.") from error
        return self._url(NAME) if answers else None

    def stop(self) -> None:
        """Ends connections, writes everything down and waits for the end. Does nothing where none runs."""
        self._unwanted.set()
        self._end()
        with self._starting:  # a start that was on its way has noticed, but perhaps only after launching
            self._end()
            self._unwanted.clear()

    def _prepare(self, who: RunAs) -> Path:
        """Makes the cluster where there is none, all or nothing; returns the folder of the programs."""
        place = self.data_dir if who.can("-x", self.data_dir) else _well_reachable()
        programs = reachable_programs(who, place)
        if self.cluster.joinpath("PG_VERSION").exists():
            return programs
        home = self.data_dir
        if place != home:
            home = Path(tempfile.mkdtemp(prefix="cluster-", dir=place))
            home.chmod(0o711)
        workshop = home / "postgres.new"
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(mode=0o700)
        who.own(workshop)
        _initialise(programs, workshop, who, durable=self._settings["fsync"] != "off")
        workshop.rename(home / "postgres")
        if home != self.data_dir:
            link = self.data_dir / "postgres"
            link.unlink(missing_ok=True)
            link.symlink_to(home / "postgres")
        return programs

    def _launch(self, who: RunAs, programs: Path) -> None:
        sockets = self._private_sockets(who)
        self._postmaster().clear_remains(sockets)
        settings = {**self._settings, "port": PORT, "unix_socket_directories": f"{sockets}"}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.rename(self._log.with_suffix(".log.1"))
        output = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self._child = subprocess.Popen(  # noqa: S603
                [programs / "postgres", "-D", self.cluster, *flags],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C in our terminal is ours to answer
                **who.options(),
            )
        finally:
            os.close(output)

    def _end(self) -> None:
        for how, limit in ((signal.SIGINT, STOP_LIMIT), (signal.SIGQUIT, 30.0), (signal.SIGKILL, 30.0)):
            self._postmaster().send(how)
            if self._child is not None:  # it may not have written its note yet
                self._child.send_signal(how)
            deadline = time.monotonic() + limit
            while self._postmaster().alive() or self._child is not None:
                if time.monotonic() > deadline:
                    log.warning("PostgreSQL did not end within %.0f s of %s", limit, how.name)
                    break
                time.sleep(0.02)
            else:
                return

    def _comes_up(self, deadline: float, tell: Callable[[str], None]) -> bool:
        """True once it answers, False when the process has ended."""
        told = time.monotonic()
        while not self._answers():
            if self._unwanted.is_set():
                raise Unavailable("postgres_unwanted", "PostgreSQL was stopped before it had come up.")
            if self._child is None and not self._postmaster().alive():
                return False
            now = time.monotonic()
            if now > deadline:
                raise Unavailable("postgres_start_too_long", f"PostgreSQL has not come up; see {self._log}.")
            if now - told > _TELL_EVERY:
                told = now
                tell(f"PostgreSQL is not ready yet: {self._tail(0) or 'it says nothing'}")
            time.sleep(0.02)
        return True

    def _give_up_unless_transient(self, said_before: int, deadline: float) -> None:
        """Backends of a killed server may outlive it for a moment and hold its memory: wait for them."""
        said = self._tail(min(said_before, self._log.stat().st_size))
        if not any(sign in said for sign in _TRANSIENT) or time.monotonic() > deadline:
            raise Unavailable("postgres_start_failed", f"PostgreSQL does not start: {said} (see {self._log})")
        time.sleep(0.2)

    def _answers(self) -> bool:
        """By a real connection, and only if it is the server of this very folder."""
        self._postmaster()
        try:
            with psycopg.connect(self._url("postgres"), connect_timeout=10) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row == (str(self.cluster),)

    def _make_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def _url(self, database: str) -> str:
        return f"postgresql://{NAME}@/{database}?host={quote(str(self._sockets()), safe='')}&port={PORT}"

    def _sockets(self) -> Path:
        """The cluster's own folder, or where its path is too long or odd for a socket, a short private one."""
        short = self.data_dir / "postgres.sockets"
        return short.readlink() if short.is_symlink() else self.cluster

    def _private_sockets(self, who: RunAs) -> Path:
        if _SOCKET_PATH.fullmatch(str(self.cluster)):
            return self.cluster
        short, owner = self.data_dir / "postgres.sockets", os.geteuid() if who.user is None else who.user
        if short.is_dir() and (found := short.stat()).st_uid == owner and found.st_mode & 0o077 == 0:
            return self._sockets()
        fresh = Path(tempfile.mkdtemp(prefix="ringoff-", dir="/tmp"))
        who.own(fresh)
        short.unlink(missing_ok=True)
        short.symlink_to(fresh)
        return fresh

    @property
    def _log(self) -> Path:
        return self.data_dir / "postgres.log"

    def _tail(self, start: int) -> str:
        """The last words of the log after byte `start`."""
        with self._log.open("rb") as words:
            words.seek(max(start, words.seek(0, os.SEEK_END) - 2000))
            return " | ".join(words.read().decode(errors="replace").strip().splitlines()[-3:])

    def _postmaster(self) -> Postmaster:
        if self._child is not None and self._child.poll() is not None:
            self._child = None  # and no corpse is left, whose process id would be taken for life
        return Postmaster(self.cluster)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One start at a time; the lock goes with the process that holds it."""
        with (self.data_dir / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def make_data_dir(path: Path) -> None:
    """Private; for root it may be entered, though not listed, by the account that PostgreSQL runs as."""
    if not path.exists():
        path.mkdir(parents=True, mode=0o711 if os.geteuid() == 0 else 0o700)


def _well_reachable() -> Path:
    """Where root keeps what its unprivileged account must reach and the data folder does not let through."""
    _WELL_REACHABLE.mkdir(parents=True, mode=0o711, exist_ok=True)
    return _WELL_REACHABLE


def _initialise(programs: Path, cluster: Path, who: RunAs, *, durable: bool) -> None:
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    rights = ["-U", NAME, "--auth=trust", "--data-checksums", *([] if durable else ["--no-sync"])]
    command: list[str | Path] = [programs / "initdb", "-D", cluster, *rights, *locale]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, **who.options())  # noqa: S603
    if ended.returncode != 0:
        raise Unavailable("postgres_init_failed", f"initdb failed: {ended.stderr.strip()[-1000:]}")
