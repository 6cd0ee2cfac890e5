"""Looking lines up by any of their names."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringoff.db.pool import Connection, Database
from ringoff.features import directory
from ringoff.features.rules import RuleBook
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotFound

SAMPLES = Path(__file__).parents[2] / "examples" / "import"


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[Connection]:
    """A transaction with the sample carrier imported."""
    async with database.transaction() as connection:
        await directory.import_files(
            connection,
            sorted(SAMPLES.glob("*.csv")),
            rules=RuleBook.load(),
            actor=Actor("test", "cli"),
            now=database.clock.now(),
        )
        yield connection


async def close(conn: Connection, *refs: str) -> None:
    await conn.execute("UPDATE line SET status = 'closed', closed_at = now() WHERE line_ref = ANY (%s)", [list(refs)])


async def also(conn: Connection, ref: str, like: str) -> None:
    """A line that has got the number and SIM of another, which is closed."""
    await conn.execute(
        """
        INSERT INTO line (line_ref, msisdn, account_id, plan_code, service, imsi, iccid, status)
        SELECT %s, msisdn, account_id, plan_code, service, imsi, iccid, 'active' FROM line WHERE line_ref = %s
        """,
        [ref, like],
    )


@pytest.mark.parametrize(
    ("text", "line_ref"),
    [
        ("L-1", "L-1"),
        (" L-1 ", "L-1"),
        ("+8613800001001", "L-1"),
        ("8613800001001", "L-1"),
        ("0086 138-0000-1001", "L-1"),
        ("+86 10648 1234 5678", "L-5"),
        ("861064812345678", "L-5"),
        ("iccid:8952020123450000005", "L-4"),
        ("ICCID: 8952 0201 2345 0000 005", "L-4"),
        ("imsi:440101234500007", "L-7"),
    ],
)
async def test_a_line_is_found_by_any_of_its_names(conn: Connection, text: str, line_ref: str) -> None:
    assert (await directory.get_line(conn, text)).line_ref == line_ref


async def test_a_national_spelling_is_found_where_the_region_is_known(conn: Connection) -> None:
    with pytest.raises(NotFound):
        await directory.find_line(conn, "138 0000 1001")
    assert (await directory.get_line(conn, "138 0000 1001", region="CN")).line_ref == "L-1"


@pytest.mark.parametrize("text", ["", "L-99", "+8613800009999", "iccid:89014103211118510720", "imsi:460019999999999"])
async def test_a_line_that_does_not_exist_is_not_found(conn: Connection, text: str) -> None:
    with pytest.raises(NotFound):
        await directory.find_line(conn, text)


@pytest.mark.parametrize("text", ["iccid:12", "imsi:x", "iccid:"])
async def test_a_name_that_cannot_exist_is_refused(conn: Connection, text: str) -> None:
    with pytest.raises(InvalidInput):
        await directory.find_line(conn, text)


async def test_a_closed_line_is_still_found_by_its_number_and_its_sim(conn: Connection) -> None:
    await close(conn, "L-1")
    closed = await directory.get_line(conn, "+8613800001001")
    assert (closed.line_ref, closed.status) == ("L-1", "closed")
    assert await directory.find_line(conn, f"iccid:{closed.iccid}") == closed.id


async def test_a_number_means_its_living_line_before_those_that_had_it(conn: Connection) -> None:
    await close(conn, "L-1")
    await also(conn, "L-1b", like="L-1")
    assert (await directory.get_line(conn, "+8613800001001")).line_ref == "L-1b"
    assert (await directory.get_line(conn, "L-1")).status == "closed"


async def test_a_number_that_several_closed_lines_had_names_them_all(conn: Connection) -> None:
    await close(conn, "L-1")
    await also(conn, "L-1b", like="L-1")
    await close(conn, "L-1b")
    with pytest.raises(Conflict) as caught:
        await directory.find_line(conn, "+8613800001001")
    assert caught.value.details["line_refs"] == ["L-1", "L-1b"]


async def test_an_exact_line_ref_wins_over_another_lines_number(conn: Connection) -> None:
    await conn.execute("UPDATE line SET line_ref = '+8613800001003' WHERE line_ref = 'L-2'")
    assert (await directory.get_line(conn, "+8613800001003")).service == "data"


async def test_an_account_knows_its_lines_secondary_lines_first(conn: Connection) -> None:
    lines = await directory.lines_of_account(conn, "A-1001")
    assert [line.line_ref for line in lines] == ["L-1", "L-2", "L-3"]
    assert {line.account for line in lines} == {await directory.get_account(conn, "A-1001")}
    living = await directory.get_lines(conn, (await directory.living_lines(conn, "A-1001", limit=1)))
    assert [line.line_ref for line in living] == ["L-3"]
    await close(conn, "L-3")
    assert len(await directory.living_lines(conn, "A-1001", limit=10)) == 2
    assert len(await directory.lines_of_account(conn, "A-1001")) == 3


async def test_an_unknown_account_is_not_an_empty_one(conn: Connection) -> None:
    for lookup in (directory.get_account(conn, "A-9"), directory.lines_of_account(conn, "A-9")):
        with pytest.raises(NotFound):
            await lookup
    with pytest.raises(NotFound):
        await directory.living_lines(conn, "A-9", limit=1)
