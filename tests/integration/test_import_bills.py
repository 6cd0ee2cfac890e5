"""Importing what a holder sees beside their lines: bills with their documents, and what hangs on a line."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features import directory, readiness
from ringoff.features.directory import ImportReport, Tally
from ringoff.features.readiness import Preparation
from ringoff.kit.errors import InvalidInput, NotFound
from tests.support.importing import ACCOUNT, NOW, OPERATOR, PLAN, Carrier, line, problems, save

SAMPLES = sorted((Path(__file__).parents[2] / "examples" / "import").glob("*.csv"))
BILL = {
    "account_number": "A1",
    "bill_number": "B1",
    "issued_on": "2026-11-01",
    "due_on": "2026-11-15",
    "amount": "19.90",
    "open_amount": "19.90",
    "currency": "CNY",
    "pay_url": "https://pay.example.net/B1",
}
BINDING = {"line_ref": "L1", "kind": "linked_app", "name": "Video", "detail": "monthly", "removable": "yes"}
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
async def carrier(database: Database, tmp_path: Path) -> Carrier:
    one = Carrier(database, tmp_path)
    await one.base(line(1), line(2))
    return one


async def bills(carrier: Carrier, *rows: Mapping[str, str], rejects: bool = False) -> ImportReport:
    return await carrier.take(save(carrier.folder / "bills.csv", rows), rejects=rejects)


async def bindings(carrier: Carrier, *rows: Mapping[str, str], rejects: bool = False) -> ImportReport:
    return await carrier.take(save(carrier.folder / "bindings.csv", rows), rejects=rejects)


async def kept(carrier: Carrier, number: str = "A1") -> list[directory.Bill]:
    async with carrier.database.transaction() as conn:
        return await directory.bills(conn, (await directory.get_account(conn, number)).id)


async def prepared(carrier: Carrier, ref: str = "L1") -> Preparation:
    async with carrier.database.transaction() as conn:
        return await readiness.preparation(conn, await directory.find_line(conn, ref))


async def document(carrier: Carrier, bill_number: str = "B1") -> bytes | None:
    async with carrier.database.transaction() as conn:
        account = await directory.get_account(conn, "A1")
        return await directory.bill_document(conn, account.id, bill_number)


async def test_the_samples_are_taken_in_as_they_stand_and_again_without_a_change(database: Database) -> None:
    carrier = Carrier(database, Path())
    report = await carrier.take(*SAMPLES)
    assert (report.bills, report.bindings) == (Tally(4), Tally(7))
    newest, older = await kept(carrier, "A-1001")
    assert (newest.amount, newest.open_amount, newest.has_document) == (5900, 5900, False)
    assert (older.open_amount, older.pay_url, older.has_document) == (0, None, True)
    seen = await prepared(carrier, "L-1")
    assert {binding.kind for binding in seen.bindings} == {"instalments", "linked_app", "discount", "voicemail"}
    assert [bill.number for bill in seen.unpaid] == ["B-2026-11-A-1001"]
    assert seen.dependants == ["+8613800001003"]
    again = await carrier.take(*SAMPLES)
    assert (again.bills, again.bindings) == (Tally(unchanged=4), Tally(unchanged=7))


async def test_all_five_files_are_taken_in_together_in_any_order(database: Database, tmp_path: Path) -> None:
    carrier = Carrier(database, tmp_path)
    rows: dict[str, Mapping[str, str]] = {"e": BINDING, "d": BILL, "c": line(1), "b": ACCOUNT, "a": PLAN}
    report = await carrier.take(*[save(tmp_path / f"{name}.csv", [row]) for name, row in rows.items()])
    assert [tally["inserted"] for tally in report.summary().values()] == [1, 1, 1, 1, 1]


async def test_a_paid_bill_and_a_changed_binding_are_updated(carrier: Carrier) -> None:
    await bills(carrier, BILL, {**BILL, "bill_number": "B2"})
    await bindings(carrier, BINDING, {**BINDING, "name": "Music"})
    report = await bills(carrier, {**BILL, "open_amount": "", "pay_url": ""}, {**BILL, "bill_number": "B2"})
    assert report.bills == Tally(updated=1, unchanged=1)
    assert [bill.open_amount for bill in await kept(carrier)] == [1990, 0]
    report = await bindings(carrier, {**BINDING, "detail": "until May"}, {**BINDING, "name": "Music"})
    assert report.bindings == Tally(updated=1, unchanged=1)
    assert [binding.detail for binding in (await prepared(carrier)).bindings] == ["monthly", "until May"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("account_number", "A9"),
        ("account_number", ""),
        ("bill_number", "1/2"),
        ("issued_on", "01.11.2026"),
        ("due_on", "2026-02-30"),
        ("amount", "1,990.00"),
        ("amount", ""),
        ("open_amount", "-1"),
        ("open_amount", "0.001"),
        ("currency", "RMB"),
        ("pay_url", "http://pay.example.net/B1"),
        ("pay_url", "javascript:alert(1)"),
        ("pay_url", "https://"),
        ("pay_url", "https://[::1/B1"),
        ("pay_url", "https://bank@evil.example/"),
        ("pay_url", "https://pay.example.net/a b"),
        ("document", "missing.pdf"),
        ("document", "../bills.pdf"),
        ("document", "/etc/hostname"),
        ("document", "letter.txt"),
        ("document", "large.pdf"),
        ("document", "outside.pdf"),
    ],
)
async def test_a_bad_bill_is_named_by_its_column_and_nothing_is_taken_in(
    carrier: Carrier, column: str, value: str
) -> None:
    folder = carrier.folder
    (folder / "letter.txt").write_bytes(b"Dear Sir")
    (folder / "large.pdf").write_bytes(PDF + bytes(2 * 1024 * 1024))
    (folder / "outside.pdf").symlink_to("/etc/hostname")
    with pytest.raises(InvalidInput) as error:
        await bills(carrier, {**BILL, "bill_number": "B0", "document": ""}, {"document": "", **BILL, column: value})
    assert problems(error) == [("bills.csv", 3, column)]
    assert await carrier.count("bill") == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [("line_ref", "L9"), ("kind", "pet"), ("name", ""), ("detail", "x" * 201), ("removable", "perhaps")],
)
async def test_a_bad_binding_is_named_by_its_column(carrier: Carrier, column: str, value: str) -> None:
    with pytest.raises(InvalidInput) as error:
        await bindings(carrier, {**BINDING, column: value})
    assert problems(error) == [("bindings.csv", 2, column)]


async def test_what_stands_twice_in_a_file_is_refused(carrier: Carrier) -> None:
    with pytest.raises(InvalidInput) as error:
        await bills(carrier, BILL, BILL)
    assert problems(error) == [("bills.csv", 3, "bill_number")]
    with pytest.raises(InvalidInput) as error:
        await bindings(carrier, BINDING, {**BINDING, "line_ref": "L2"}, BINDING)
    assert problems(error) == [("bindings.csv", 4, "name")]


async def test_with_rejects_the_good_rows_are_taken_in_and_the_bad_ones_written_down(carrier: Carrier) -> None:
    lines = save(carrier.folder / "lines.csv", [line(3, imsi="1")])
    more = save(carrier.folder / "bindings.csv", [BINDING, {**BINDING, "line_ref": "L3"}])
    report = await carrier.take(lines, more, save(carrier.folder / "bills.csv", [BILL]), rejects=True)
    assert (report.bills, report.bindings) == (Tally(1), Tally(1, rejected=1))
    with carrier.rejects.open(encoding="utf-8") as file:
        rejected = [(row["file"], row["line"], row["column"]) for row in csv.DictReader(file)]
    assert rejected == [("lines.csv", "2", "imsi"), ("bindings.csv", "3", "line_ref")]


async def test_with_rejects_no_bill_is_taken_in_while_one_of_them_is_wrong(carrier: Carrier) -> None:
    report = await bills(carrier, BILL, {**BILL, "bill_number": "B2", "document": "none.pdf"}, rejects=True)
    assert report.bills == Tally(conflicts=1, rejected=1)
    with carrier.rejects.open(encoding="utf-8") as file:
        rejected = [(row["line"], row["column"], row["bill_number"]) for row in csv.DictReader(file)]
    assert rejected == [("2", "", "B1"), ("3", "document", "B2")]
    assert await carrier.count("bill") == 0


async def test_a_document_is_kept_until_another_comes(carrier: Carrier) -> None:
    (carrier.folder / "bills").mkdir()
    first = carrier.folder / "bills" / "1.pdf"
    first.write_bytes(PDF)
    named = {**BILL, "document": "bills/1.pdf"}
    assert (await bills(carrier, named)).bills == Tally(1)
    assert await document(carrier) == PDF
    assert (await bills(carrier, named)).bills == Tally(unchanged=1)
    assert (await bills(carrier, {**BILL, "document": ""})).bills == Tally(unchanged=1)
    assert (await bills(carrier, {**BILL, "open_amount": "0"})).bills == Tally(updated=1)
    assert await document(carrier) == PDF
    first.write_bytes(PDF + b"corrected")
    assert (await bills(carrier, {**named, "open_amount": "0"})).bills == Tally(updated=1)
    assert await document(carrier) == PDF + b"corrected"


async def test_what_hangs_on_a_closed_line_is_left_out_as_a_conflict(carrier: Carrier) -> None:
    await carrier.close("L1")
    report = await bindings(carrier, BINDING, {**BINDING, "line_ref": "L2"})
    assert report.bindings == Tally(1, conflicts=1)
    assert not (await prepared(carrier)).bindings


async def test_an_import_does_not_bring_back_what_its_holder_unlinked(carrier: Carrier) -> None:
    await bindings(carrier, BINDING, {**BINDING, "name": "Loan", "removable": "no"})
    fixed, removable = sorted((await prepared(carrier)).bindings, key=lambda binding: binding.removable)

    async def unlink(ref: str, binding_id: int) -> None:
        async with carrier.database.transaction() as conn:
            line_id = await directory.find_line(conn, ref)
            facts = (await readiness.facts(conn, [line_id]))[line_id]
            await readiness.unlink(conn, facts, binding_id, OPERATOR, NOW)

    wrong: list[Any] = [("L2", removable.id), ("L1", fixed.id), ("L1", 999_999)]
    for ref, binding_id in wrong:
        with pytest.raises(NotFound):
            await unlink(ref, binding_id)
    await unlink("L1", removable.id)
    await unlink("L1", removable.id)
    await bindings(carrier, {**BINDING, "detail": "again"})
    assert [binding.name for binding in (await prepared(carrier)).bindings] == ["Loan"]
    assert await carrier.count("event WHERE type = 'binding.unlinked'") == 1
