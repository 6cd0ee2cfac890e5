"""What is kept about people who left can be read by nobody without its key, and by nobody at all once it is erased."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from ringoff.db.pool import Database
from ringoff.features.billing.keeping import erase, erase_expired, fetch, keep
from ringoff.kit.errors import NotFound
from ringoff.kit.secrets import Seal, SealBroken, SecretStr
from ringoff.reconcile.model import Lane
from ringoff.surfaces.worker import Worker
from tests.support.world import World

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEAL = Seal(SecretStr("an installation's secret"))
PDF = b"%PDF-1.7 Ada Lovelace"
# Accounts 1 to 4 with bills 1 to 4, a year apart, the newest first; account 1 also has bill 5. 2 and 4 are closed.
BILLS = """
INSERT INTO plan VALUES ('P', 'Plan', 'postpaid', 1000, 'EUR');
INSERT INTO account (account_number, holder_name, kind, locale, time_zone, jurisdiction, closed_at)
SELECT 'A' || n, 'Holder', 'consumer', 'en', 'UTC', CASE n WHEN 4 THEN 'de' ELSE 'neutral' END,
       CASE WHEN n IN (2, 4) THEN %(now)s END
  FROM generate_series(1, 4) n;
INSERT INTO line (line_ref, account_id, plan_code, service, status, closed_at)
SELECT 'L' || id, id, 'P', 'data', 'closed', %(now)s FROM account ORDER BY id;
INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind, requested_at,
                          effective_at, ended_at, rule_pack)
SELECT id, id, 'withdrawn', 1, 'web', 'holder', 'now', %(now)s, %(now)s, %(now)s, 'neutral@1' FROM account ORDER BY id;
INSERT INTO final_bill (case_id, account_id, version, currency, bill_number, issued_at, last_day, items, total, state)
SELECT id, id, 1, 'EUR', 'FB-' || id, %(now)s - make_interval(years => id::int - 1), '2026-11-15',
       '[{"name": "Lumen L"}]', -100, 'open'
  FROM account ORDER BY id;
INSERT INTO final_bill (case_id, account_id, version, currency, bill_number, issued_at, last_day, items, total, state)
VALUES (1, 1, 2, 'EUR', 'FB-5', %(now)s - make_interval(years => 9), '2026-11-15', '[]', -100, 'open')
"""
ROW = "SELECT document, items, erased_at FROM final_bill WHERE id = %s"


@pytest.fixture
async def books(database: Database) -> AsyncIterator[Database]:
    async with database.transaction() as conn:
        for statement in BILLS.split(";\n"):
            await conn.execute(statement, {"now": NOW})
    yield database


async def kept(books: Database, bill: int, pdf: bytes = PDF) -> bytes:
    async with books.transaction() as conn:
        return await keep(conn, SEAL, bill, pdf, NOW)


async def found(books: Database, bill: int, seal: Seal = SEAL) -> bytes | None:
    async with books.transaction() as conn:
        return await fetch(conn, seal, bill)


async def row(books: Database, bill: int) -> tuple[Any, ...]:
    async with books.transaction() as conn:
        told = await (await conn.execute(ROW, (bill,))).fetchone()
    assert told is not None
    return told


async def test_what_was_kept_is_found_again(books: Database) -> None:
    assert await found(books, 1) is None
    assert await kept(books, 1) == PDF
    assert await found(books, 1) == PDF
    assert await kept(books, 5, b"another of the same subject") == await found(books, 5)


async def test_what_was_kept_first_stays(books: Database) -> None:
    both = await asyncio.gather(kept(books, 1, b"one"), kept(books, 1, b"other"))
    assert both[0] == both[1] == await found(books, 1)


async def test_what_rests_in_the_database_can_be_read_by_nobody(books: Database) -> None:
    await kept(books, 1)
    await kept(books, 2)
    document, _, _ = await row(books, 1)
    async with books.transaction() as conn:
        keys = [key for (key,) in await (await conn.execute("SELECT key FROM subject_key")).fetchall()]
    assert b"Lovelace" not in bytes(document)
    assert len({SEAL.open(key) for key in keys}) == 2
    with pytest.raises(SealBroken):
        SEAL.open(document)
    with pytest.raises(SealBroken):
        await found(books, 1, Seal(SecretStr(Fernet.generate_key().decode())))


async def test_a_bill_that_is_not_there_is_not_found(books: Database) -> None:
    with pytest.raises(NotFound, match="no such final bill"):
        await found(books, 99)
    with pytest.raises(NotFound, match="no such final bill"):
        await kept(books, 99)


async def test_who_is_erased_is_erased_for_good_and_nobody_else_is(books: Database) -> None:
    for bill in (1, 2, 5):
        await kept(books, bill)
    async with books.transaction() as conn:
        assert await erase(conn, [1], NOW) == 2
        assert await erase(conn, [1], NOW) == 0
        keys = await (await conn.execute("SELECT account_id, key IS NULL FROM subject_key ORDER BY 1")).fetchall()
    assert keys == [(1, True), (2, False)]
    assert await row(books, 1) == (None, [], NOW)
    for bill in (1, 5):
        with pytest.raises(NotFound, match="was then erased"):
            await found(books, bill)
        with pytest.raises(NotFound, match="was then erased"):
            await kept(books, bill)
    assert await found(books, 2) == PDF


async def test_a_copy_from_a_backup_is_unreadable_once_the_key_is_shredded(books: Database) -> None:
    await kept(books, 1)
    copy, _, _ = await row(books, 1)
    async with books.transaction() as conn:
        await erase(conn, [1], NOW)
        await conn.execute("UPDATE final_bill SET document = %s, erased_at = NULL WHERE id = 1", (bytes(copy),))
    with pytest.raises(NotFound, match="was then erased"):
        await found(books, 1)


async def test_who_was_erased_before_anything_was_kept_gets_nothing_kept(books: Database) -> None:
    async with books.transaction() as conn:
        assert await erase(conn, [3, 3], NOW) == 1
    with pytest.raises(NotFound, match="was then erased"):
        await kept(books, 3)


async def test_bills_go_when_their_time_is_over_where_their_account_lives(books: Database) -> None:
    for bill in (1, 2, 3, 4, 5):
        await kept(books, bill)

    def kept_for(jurisdiction: str) -> timedelta:
        return timedelta(days=3650 if jurisdiction == "de" else 300)

    async with books.transaction() as conn:
        assert await erase_expired(conn, NOW, kept_for, limit=2) == 2
        assert await erase_expired(conn, NOW, kept_for, limit=2) == 1
        assert await erase_expired(conn, NOW, kept_for, limit=2) == 0
        keys = await (await conn.execute("SELECT account_id, key IS NULL FROM subject_key ORDER BY 1")).fetchall()
    assert keys == [(1, False), (2, True), (3, False), (4, False)]  # a living account goes on getting bills
    assert [await found(books, bill) for bill in (1, 4)] == [PDF, PDF]
    for bill in (2, 3, 5):
        with pytest.raises(NotFound, match="was then erased"):
            await found(books, bill)


async def test_a_supplementary_bill_of_a_living_account_is_kept_after_an_older_one_went(books: Database) -> None:
    await kept(books, 5)
    async with books.transaction() as conn:
        assert await erase_expired(conn, NOW, lambda _: timedelta(days=3000)) == 1
    assert await kept(books, 1) == PDF


async def test_what_was_promised_goes_with_the_last_bill_of_its_case(books: Database) -> None:
    async with books.transaction() as conn:
        await conn.execute(
            "INSERT INTO quote (case_id, version, quoted_at, last_day, last_line, items)"
            " SELECT id, 1, %s, '2026-11-15', true, '[{\"name\": \"Lumen L\"}]' FROM cancellation",
            [NOW],
        )
        assert await erase_expired(conn, NOW, lambda _: timedelta(days=700)) == 3  # of the cases 1, 3 and 4
        cursor = await conn.execute("SELECT case_id FROM quote WHERE items = '[]' ORDER BY 1")
        assert [case for (case,) in await cursor.fetchall()] == [3, 4]  # case 1 has a bill that is kept


async def test_a_worker_erases_by_the_law_of_the_account(database: Database) -> None:
    world = await World.make(database)
    await world.case(*await world.lines())
    bill = (
        "INSERT INTO final_bill (case_id, account_id, version, currency, bill_number, issued_at, last_day, items,"
        " total, state) SELECT id, account_id, 1, 'EUR', 'F-1', %s, '2016-11-15', '[{}]', 0, 'open' FROM cancellation"
    )
    await world.rows(bill, world.now - world.app.rules.pack("neutral").billing.documents_kept)
    worker = Worker(world.app, Lane("bulk"))
    await worker.erase_bills()
    assert await world.rows("SELECT erased_at FROM final_bill") == [(None,)]
    await world.later(seconds=1)
    await worker.erase_bills()
    assert await world.rows("SELECT erased_at, items FROM final_bill") == [(world.now, [])]
