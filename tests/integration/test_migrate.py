"""Migrations: once each, one process at a time, and never against a database that does not fit."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ringoff.db.dump import SCHEMA, dump
from ringoff.db.migrate import SELECT_APPLIED, Migration, known, migrate, pending
from ringoff.db.pool import Database
from ringoff.kit.errors import Conflict, Unavailable

FIRST = Migration(1, "0001_first.sql", "CREATE TABLE first (n integer); CREATE FUNCTION one() RETURNS integer RETURN 1")
SECOND = Migration(2, "0002_second.sql", "CREATE TABLE second (n integer)")

WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database
WHERE NOT granted AND datname = current_database()
"""


def applied(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(SELECT_APPLIED).fetchall()


def test_every_migration_is_applied_once_and_in_order(empty_database_url: str) -> None:
    assert migrate(empty_database_url) == [migration.name for migration in known()]
    assert migrate(empty_database_url) == []
    assert [row[0] for row in applied(empty_database_url)] == list(range(1, len(known()) + 1))


def test_a_later_program_applies_only_what_is_missing(empty_database_url: str) -> None:
    assert migrate(empty_database_url, [FIRST]) == ["0001_first.sql"]
    with psycopg.connect(empty_database_url) as connection:
        assert pending(connection, [FIRST, SECOND]) == ["0002_second.sql"]
    assert migrate(empty_database_url, [FIRST, SECOND]) == ["0002_second.sql"]


def test_pending_names_everything_in_an_empty_database(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        assert pending(connection, [FIRST, SECOND]) == ["0001_first.sql", "0002_second.sql"]


def test_eight_processes_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(8) as processes:
        done = list(processes.map(lambda _: migrate(empty_database_url), range(8)))
    assert sorted(name for names in done for name in names) == [migration.name for migration in known()]


def test_a_second_process_waits_for_the_first(empty_database_url: str) -> None:
    """The first is held inside its migration by a lock; the second must neither fail nor overtake it."""
    migrate(empty_database_url, [FIRST])
    slow = Migration(2, "0002_slow.sql", "LOCK TABLE first; CREATE TABLE second (n integer)")
    with ThreadPoolExecutor(2) as processes, psycopg.connect(empty_database_url) as holder:
        holder.execute("LOCK TABLE first")
        runs = [processes.submit(migrate, empty_database_url, [FIRST, slow]) for _ in range(2)]
        while holder.execute(WAITING).fetchone() != (2,):
            assert not any(run.done() for run in runs)
        holder.commit()
        assert sorted(run.result() for run in runs) == [[], ["0002_slow.sql"]]


def test_a_changed_file_is_refused_before_anything_is_touched(empty_database_url: str) -> None:
    migrate(empty_database_url, [FIRST])
    changed = Migration(1, "0001_first.sql", FIRST.statements + " -- improved")
    with pytest.raises(Conflict, match="0001_first") as refusal:
        migrate(empty_database_url, [changed, SECOND])
    assert refusal.value.code == "migration_changed"
    assert [row[0] for row in applied(empty_database_url)] == [1]


def test_a_database_newer_than_the_program_is_refused(empty_database_url: str) -> None:
    migrate(empty_database_url, [FIRST, SECOND])
    with pytest.raises(Conflict, match="0002_second") as refusal:
        migrate(empty_database_url, [FIRST])
    assert refusal.value.code == "database_newer"


def test_a_migration_that_fails_leaves_nothing_of_itself(empty_database_url: str) -> None:
    broken = Migration(2, "0002_broken.sql", "CREATE TABLE second (n integer); SELECT 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database_url, [FIRST, broken])
    assert [row[0] for row in applied(empty_database_url)] == [1]
    assert migrate(empty_database_url, [FIRST, SECOND]) == ["0002_second.sql"]


def test_an_unreachable_database_is_unavailable_not_a_crash() -> None:
    with pytest.raises(Unavailable):
        migrate("postgresql://127.0.0.1:1/none")


def test_schema_sql_is_the_sum_of_the_migrations(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        version = connection.info.server_version // 10000
    if version != 18:
        pytest.skip(f"schema.sql is told in PostgreSQL 18's words; the server given is {version}")
    assert dump(database_url) == SCHEMA.read_text(), "run `make schema`"


async def test_each_test_has_a_migrated_database_of_its_own(database: Database) -> None:
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT count(*) FROM migration")
        assert await cursor.fetchone() == (len(known()),)
        await connection.execute("INSERT INTO plan VALUES ('BASIC', 'Basic', 'prepaid', 500, 'EUR')")


async def test_and_it_is_empty_again_for_the_next(database: Database) -> None:
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT count(*) FROM plan")
        assert await cursor.fetchone() == (0,)
