"""Migrations are plain SQL files, `migrations/NNNN_what.sql`, applied once each and in their order.

Each is one transaction. One process migrates at a time (an advisory lock); another that comes meanwhile waits and
then finds nothing left to do. What was applied is remembered with its digest: a file changed afterwards, or a
database that is newer than this program, is refused before anything is touched.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

import psycopg

from ringoff.kit.errors import Conflict, Unavailable

_LOCK = 0x72696E67_6F666601  # "ringoff", 1
_LOCK_TIMEOUT = "10s"  # for a table that a transaction of a running worker holds
_STATEMENT_TIMEOUT = "15min"  # an index over millions of rows takes minutes
_WAIT_FOR_OTHER = "30min"

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    digest     text NOT NULL,    -- SHA-256 of the file
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)"""
TABLE_EXISTS = "SELECT to_regclass('migration') IS NOT NULL"
SELECT_APPLIED = "SELECT number, name, digest FROM migration ORDER BY number"
INSERT_APPLIED = "INSERT INTO migration (number, name, digest) VALUES (%s, %s, %s)"
SET_TIMEOUTS = "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)"


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    statements: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.statements.encode()).hexdigest()


def known() -> list[Migration]:
    """The files of this program, in order, numbered 1, 2, 3 … without a gap."""
    folder = files("ringoff.db").joinpath("migrations")
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    migrations = [_parse(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in found]
    if [m.number for m in migrations] != list(range(1, len(migrations) + 1)):
        raise ValueError(f"migrations must be numbered 1, 2, 3 … without a gap or a repeat: {found}")
    return migrations


def migrate(url: str, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Brings the database at `url` up to this program; returns the names applied now (none: it was up to date).

    Raises Conflict where the database is newer than the program or an applied file was changed, Unavailable where
    the database cannot be reached or a lock could not be had.
    """
    wanted = known() if migrations is None else migrations
    try:
        with psycopg.connect(url, autocommit=True, application_name="ringoff migrate") as connection:
            connection.execute(SET_TIMEOUTS, [_WAIT_FOR_OTHER, "0"])
            connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            connection.execute(SET_TIMEOUTS, [_LOCK_TIMEOUT, _STATEMENT_TIMEOUT])
            connection.execute(CREATE_TABLE)
            return [_apply(connection, migration) for migration in _missing(connection, wanted)]
    except (psycopg.OperationalError, psycopg.errors.LockNotAvailable) as error:
        raise Unavailable("migration_impossible", f"The database cannot be migrated now: {error}") from error


def pending(connection: psycopg.Connection, migrations: Sequence[Migration] | None = None) -> list[str]:
    """The names of what `migrate` would apply; raises the same Conflict. Changes nothing."""
    wanted = known() if migrations is None else migrations
    row = connection.execute(TABLE_EXISTS).fetchone()
    missing = _missing(connection, wanted) if row == (True,) else wanted
    return [migration.name for migration in missing]


def _parse(name: str, statements: str) -> Migration:
    matched = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", name)
    if matched is None:
        raise ValueError(f"a migration is called NNNN_what.sql, not {name!r}")
    return Migration(int(matched[1]), name, statements)


def _missing(connection: psycopg.Connection, wanted: Iterable[Migration]) -> list[Migration]:
    by_number = {migration.number: migration for migration in wanted}
    applied = connection.execute(SELECT_APPLIED).fetchall()
    for number, name, digest in applied:
        ours = by_number.get(number)
        if ours is None:
            raise Conflict("database_newer", f"The database has {name}, which this program does not know: update it.")
        if ours.digest != digest:
            raise Conflict("migration_changed", f"{ours.name} was applied as {name} and has been changed since.")
    done = {number for number, _, _ in applied}
    return [migration for number, migration in sorted(by_number.items()) if number not in done]


def _apply(connection: psycopg.Connection, migration: Migration) -> str:
    with connection.transaction():
        connection.execute(migration.statements.encode())  # bytes: trusted text, several statements, no parameters
        connection.execute(INSERT_APPLIED, [migration.number, migration.name, migration.digest])
    return migration.name
