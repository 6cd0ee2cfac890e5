"""Importing lines over lines: identities that move, lines that depend on each other, lines that are never touched."""

import asyncio
from pathlib import Path

import pytest

from ringoff.db.pool import Database
from ringoff.features.directory import Tally
from ringoff.kit.errors import InvalidInput
from ringoff.kit.ids import case_number
from tests.support.importing import NOW, OPEN_CASE, Carrier, line, problems


@pytest.fixture
def carrier(database: Database, tmp_path: Path) -> Carrier:
    return Carrier(database, tmp_path)


@pytest.mark.parametrize("column", ["line_ref", "msisdn", "imsi", "iccid"])
async def test_a_second_row_with_the_same_identity_is_refused(carrier: Carrier, column: str) -> None:
    await carrier.base()
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(line(1), line(2), line(3, **{column: line(1)[column]}))
    assert problems(error) == [("lines.csv", 4, column)]
    assert "line 2" in error.value.message


@pytest.mark.parametrize("column", ["msisdn", "imsi", "iccid"])
async def test_an_identity_of_another_living_line_is_refused(carrier: Carrier, column: str) -> None:
    await carrier.base(line(1))
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(line(2, **{column: line(1)[column]}))
    assert problems(error) == [("lines.csv", 2, column)]
    assert "L1" in error.value.message


async def test_two_lines_can_swap_their_numbers_and_their_sims(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2), line(3))
    one, two = line(1), line(2)
    swapped = [
        {**one, "msisdn": two["msisdn"], "imsi": two["imsi"]},
        {**two, **{k: one[k] for k in ("msisdn", "imsi")}},
    ]
    report = await carrier.lines(*swapped)
    assert report.lines == Tally(updated=2)
    assert (await carrier.line(one["msisdn"])).line_ref == "L2"
    assert (await carrier.line(f"imsi:{two['imsi']}")).line_ref == "L1"


async def test_numbers_can_move_on_in_a_ring_and_to_a_new_line(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2), line(3))
    numbers = [line(n)["msisdn"] for n in range(1, 5)]
    moved = [line(n, msisdn=numbers[n % 4]) for n in (1, 2, 3)] + [line(4, msisdn=numbers[0])]
    assert (await carrier.lines(*moved)).lines == Tally(inserted=1, updated=3)
    assert [(await carrier.line(number)).line_ref for number in numbers] == ["L4", "L1", "L2", "L3"]


async def test_a_swap_fails_whole_when_one_side_of_it_is_refused(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2), line(3))
    numbers = [line(n)["msisdn"] for n in range(1, 4)]
    rows = [line(n, msisdn=numbers[n % 3]) for n in (1, 2, 3)]
    rows[2]["service"] = "?"
    report = await carrier.lines(*rows, rejects=True)
    assert report.lines == Tally(rejected=3)
    assert [(await carrier.line(number)).line_ref for number in numbers] == ["L1", "L2", "L3"]


async def test_too_many_lines_in_a_chain_are_refused_rather_than_looked_at_for_ever(carrier: Carrier) -> None:
    await carrier.base(*[line(n) for n in range(1, 41)])
    rows = [line(n, msisdn=line(n + 1)["msisdn"]) for n in range(1, 40)] + [line(40, imsi="1")]
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(*rows, rejects=True)
    assert error.value.code == "import_entangled"


async def test_a_line_with_an_open_case_is_never_touched(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2))
    case_id = await carrier.open_case("L1")
    report = await carrier.lines(line(1, msisdn="+8613800000009"), line(2, status="suspended"), rejects=True)
    assert report.lines == Tally(updated=1, conflicts=1)
    [conflict] = report.problems
    assert (conflict.line, conflict.conflict) == (2, True)
    assert case_number(case_id) in conflict.reason
    assert (await carrier.line("L1")).msisdn == line(1)["msisdn"]
    assert "L1" in carrier.rejects.read_text(encoding="utf-8")


async def test_a_conflict_alone_does_not_stop_an_import(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.open_case("L1")
    assert (await carrier.lines(line(1, status="suspended"), line(2))).lines == Tally(inserted=1, conflicts=1)


async def test_a_case_that_is_just_being_opened_is_waited_for(carrier: Carrier) -> None:
    await carrier.base(line(1))
    async with carrier.database.transaction() as conn:
        await conn.execute(OPEN_CASE, {"state": "in_review", "now": NOW, "ref": "L1"})
        importing = asyncio.create_task(carrier.lines(line(1, status="suspended")))
        while not await carrier.somebody_waits():
            assert not importing.done()
            await asyncio.sleep(0.02)
    assert (await importing).lines == Tally(conflicts=1)


async def test_a_line_that_is_just_being_closed_is_not_waited_for(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2))
    await carrier.open_case("L1")
    async with carrier.database.transaction() as conn:
        await conn.execute("UPDATE line SET status = 'closed', closed_at = %s WHERE line_ref = 'L1'", [NOW])
        importing = asyncio.create_task(carrier.lines(line(1, status="suspended"), line(2, status="suspended")))
        while not importing.done():
            assert not await carrier.somebody_waits()
            await asyncio.sleep(0.02)
    assert (await importing).lines == Tally(updated=1, conflicts=1)


async def test_accounts_are_locked_in_their_order(carrier: Carrier) -> None:
    await carrier.base()
    await carrier.accounts("A2")
    async with carrier.database.transaction() as conn:
        for number in ("A0", "A1"):  # so it lies behind A2
            await conn.execute("UPDATE account SET account_number = %s WHERE account_number <> 'A2'", [number])
    async with carrier.database.transaction() as conn:
        await conn.execute("SELECT FROM account WHERE account_number = 'A1' FOR UPDATE")
        importing = asyncio.create_task(carrier.accounts("A2", "A1", holder_name="another"))
        while not await carrier.somebody_waits():
            assert not importing.done()
            await asyncio.sleep(0.02)
        await conn.execute("SELECT FROM account WHERE account_number = 'A2' FOR UPDATE NOWAIT")
    assert (await importing).accounts == Tally(updated=2)


async def test_an_unchanged_row_of_a_line_with_a_case_is_no_conflict(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.open_case("L1")
    assert (await carrier.lines(line(1))).lines == Tally(unchanged=1)


@pytest.mark.parametrize("state", ["declined", "withdrawn"])
async def test_a_line_that_stayed_after_all_is_updated_again(carrier: Carrier, state: str) -> None:
    await carrier.base(line(1))
    await carrier.open_case("L1", state)
    assert (await carrier.lines(line(1, status="suspended"))).lines == Tally(updated=1)


async def test_the_number_of_a_line_with_a_case_cannot_be_given_to_another(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2))
    await carrier.open_case("L1")
    swapped = [line(1, msisdn=line(2)["msisdn"]), line(2, msisdn=line(1)["msisdn"])]
    report = await carrier.lines(*swapped, rejects=True)
    assert report.lines == Tally(conflicts=1, rejected=1)
    assert (await carrier.line("L2")).msisdn == line(2)["msisdn"]


async def test_a_closed_line_is_never_touched(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.close("L1")
    report = await carrier.lines(line(1))
    assert report.lines == Tally(conflicts=1)
    assert (await carrier.line("L1")).status == "closed"


async def test_a_recycled_number_is_a_new_line_that_inherits_nothing(carrier: Carrier) -> None:
    await carrier.base(line(1))
    old = await carrier.line("L1")
    await carrier.close("L1")
    report = await carrier.lines(line(2, msisdn=line(1)["msisdn"], imsi=line(1)["imsi"], iccid=line(1)["iccid"]))
    assert report.lines == Tally(inserted=1)
    new = await carrier.line(line(1)["msisdn"])
    assert (new.line_ref, new.status) == ("L2", "active")
    assert new.id != old.id
    kept = await carrier.line("L1")
    assert (kept.status, kept.msisdn, kept.id) == ("closed", old.msisdn, old.id)


async def test_an_account_that_gets_a_new_line_lives_again(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.close("L1")
    assert (await carrier.line("L1")).account.closed_at is not None
    await carrier.lines(line(2))
    assert (await carrier.line("L2")).account.closed_at is None


async def test_a_secondary_line_has_a_primary_that_depends_on_none(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2, primary_line_ref="L1"))
    for row, column in (
        (line(3, primary_line_ref="L2"), "primary_line_ref"),  # L2 depends already
        (line(1, primary_line_ref="L2"), "primary_line_ref"),
    ):
        with pytest.raises(InvalidInput) as error:
            await carrier.lines(row)
        assert problems(error) == [("lines.csv", 2, column)]
    with pytest.raises(InvalidInput) as error:  # L2 depends on L1, so L1 cannot depend on a third
        await carrier.lines(line(3), line(1, primary_line_ref="L3"))
    assert problems(error) == [("lines.csv", 3, "primary_line_ref")]


async def test_primary_and_secondary_can_change_places_in_one_import(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2, primary_line_ref="L1"))
    report = await carrier.lines(line(2), line(1, primary_line_ref="L2"))
    assert report.lines == Tally(updated=2)
    assert ((await carrier.line("L1")).primary_line_ref, (await carrier.line("L2")).primary_line_ref) == ("L2", None)


async def test_an_existing_line_can_come_to_depend_on_a_new_one(carrier: Carrier) -> None:
    await carrier.base(line(1))
    report = await carrier.lines(line(1, primary_line_ref="L2"), line(2))
    assert report.lines == Tally(inserted=1, updated=1)
    assert (await carrier.line("L1")).primary_line_ref == "L2"


async def test_a_line_cannot_depend_on_one_that_is_closed(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.close("L1")
    with pytest.raises(InvalidInput, match="closed"):
        await carrier.lines(line(2, primary_line_ref="L1"))
