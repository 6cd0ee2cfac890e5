"""A real PostgreSQL for tests: one server a worker process, one migrated template, one fresh database a test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from ringoff.db.embedded import EmbeddedPostgres
from ringoff.db.migrate import migrate

# A test's data need not survive the machine; everything else is as in production.
_FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB", "max_wal_size": "1GB"}


_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30  # bytes


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of a server: RINGOFF_TEST_DATABASE_URL (its role may create databases), else one of our own."""
    given = os.environ.get("RINGOFF_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with reachable_folder(_roomiest()) as folder:
        server = EmbeddedPostgres(folder / "data", _FAST)
        try:
            yield server.start()
        finally:
            server.stop()


@contextmanager
def reachable_folder(where: Path = Path("/tmp")) -> Iterator[Path]:
    """An empty folder that an unprivileged account can reach, unlike pytest's, and short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="ringoff-test-", dir=where))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _roomiest() -> Path:
    """In memory where there is room: a disk takes ten times as long to copy a database for each test."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if roomy else Path("/tmp")


@contextmanager
def new_database(server_url: str, template: str = "template0") -> Iterator[str]:
    """The URL of a fresh copy of `template`, dropped afterwards whoever is still connected."""
    name = f"test_{uuid4().hex}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    _execute(server_url, statement)
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _execute(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def migrated_template(server_url: str) -> Iterator[str]:
    """The name of a database with every migration applied and nobody connected."""
    with new_database(server_url) as url:
        migrate(url)
        yield urlsplit(url).path.removeprefix("/")


def _execute(server_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
