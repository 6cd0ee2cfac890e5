"""Importing money: each kind is taken in and booked; a wrong row is named by file, line and reason, and books none."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ringoff.db.pool import Database
from ringoff.features.billing.booking import book_imported
from ringoff.features.directory import Tally
from ringoff.kit.errors import InvalidInput
from tests.support.importing import NOW, PLAN, line, problems
from tests.support.till import BILL, DEPOSIT, ITEM, MONEY, PAYMENT, USAGE, Till

SAMPLES = sorted((Path(__file__).parents[2] / "examples" / "import").glob("*.csv"))


@pytest.fixture
async def till(database: Database, tmp_path: Path) -> Till:
    one = Till(database, tmp_path)
    await one.base(line(1), line(2))
    return one


async def test_the_samples_of_money_are_taken_in_and_again_without_a_change(database: Database) -> None:
    till = Till(database, Path())
    report = await till.take(*SAMPLES)
    assert all(report.summary()[kind]["inserted"] > 0 for kind in MONEY)
    again = await till.take(*SAMPLES)
    for kind, tally in report.summary().items():
        assert again.summary()[kind] == {**tally, "inserted": 0, "unchanged": tally["inserted"]}
    async with till.database.transaction() as conn:
        assert await book_imported(conn, NOW) > 0
        assert await book_imported(conn, NOW) == 0


async def test_every_kind_is_taken_in_with_the_rest_and_known_the_next_day(till: Till) -> None:
    files = [(kind, [row]) for kind, row in MONEY.items()]
    files[0] = ("bills", [{**BILL, "open_amount": "10.00"}])
    report = await till.money(*files)
    assert {kind: tally["inserted"] for kind, tally in report.summary().items() if kind in MONEY} == dict.fromkeys(
        MONEY, 1
    )
    told = await till.facts()
    assert [(item.net, item.tax, item.tax_name) for item in told.items] == [(1877, 113, "VAT 6 %")]
    assert [(bill.bill_number, bill.amount) for bill in told.open_bills] == [("B1", 1000)]
    assert [(one.net, one.tax) for one in told.usage] == [(150, 9)]
    assert (told.deposits[0].amount, told.balances[0].promotional, told.commitments[0].fee) == (10000, 500, 24000)
    again = await till.money(*files)
    assert all(again.summary()[kind]["unchanged"] == 1 for kind in MONEY)


async def test_what_changed_is_updated_and_the_books_follow(till: Till) -> None:
    await till.money(("bills", [BILL]), ("bill_items", [ITEM]))
    half = {**ITEM, "net": "10.00", "tax": "0"}
    report = await till.money(
        ("bills", [{**BILL, "amount": "12.00", "open_amount": "12.00"}]),
        ("bill_items", [half, {**half, "item": "2", "kind": "add_on", "net": "2.00"}]),
    )
    assert (report.bills, report.bill_items) == (Tally(updated=1), Tally(inserted=1, updated=1))
    assert [item.net for item in (await till.facts()).items] == [1000, 200]
    kinds = await till.rows("SELECT kind FROM ledger_transaction ORDER BY id")
    assert [kind for (kind,) in kinds] == ["bill", "reversal", "bill"]
    await till.money(("bills", [BILL]), ("bill_items", [ITEM]))
    assert [item.net for item in (await till.facts()).items] == [1877]


async def test_a_payment_that_comes_without_its_bill_lowers_what_is_open_of_it(till: Till) -> None:
    await till.money(("bills", [BILL]))
    await till.money(("payments", [{**PAYMENT, "amount": "9.90"}]))
    assert [bill.amount for bill in (await till.facts()).open_bills] == [1000]
    assert await till.rows("SELECT count(*) FROM ledger_transaction WHERE kind = 'settled_elsewhere'") == [(0,)]


async def test_a_credit_note_says_what_is_left_of_it(till: Till) -> None:
    note = {**BILL, "bill_number": "N1", "kind": "credit_note", "amount": "-7.00", "open_amount": "0"}
    await till.money(("bills", [{**note, "credit_left": "3.00"}]))
    assert [bill.amount for bill in (await till.facts()).open_bills] == [-300]


async def test_plans_say_what_a_begun_period_costs(till: Till) -> None:
    await till.money(("plans", [{**PLAN, "proration": "daily", "billed": "arrears"}]))
    told = await till.facts()
    assert (told.proration, told.billed) == ("daily", "arrears")


@pytest.mark.parametrize(
    ("kind", "changes", "column"),
    [
        ("bills", {"amount": "-1.00", "open_amount": "0"}, "amount"),
        ("bills", {"kind": "credit_note"}, "amount"),
        ("bills", {"kind": "credit_note", "amount": "-5", "open_amount": "1"}, "open_amount"),
        ("bills", {"kind": "credit_note", "amount": "-5", "open_amount": "0", "credit_left": "6"}, "credit_left"),
        ("bills", {"credit_left": "1"}, "credit_left"),
        ("bills", {"kind": "letter"}, "kind"),
        ("bills", {"disputed": "perhaps"}, "disputed"),
        ("bills", {"open_amount": "19.91"}, "open_amount"),
        ("bills", {"issued_on": "2026-11-24"}, "issued_on"),
        ("bill_items", {"net": "18.78"}, "net"),
        ("bill_items", {"net": "18.77001"}, "net"),
        ("bill_items", {"tax": "1,13"}, "tax"),
        ("bill_items", {"item": "0"}, "item"),
        ("bill_items", {"kind": "present"}, "kind"),
        ("bill_items", {"line_ref": "L9"}, "line_ref"),
        ("bill_items", {"bill_number": "B9"}, "bill_number"),
        ("bill_items", {"account_number": "A9"}, "account_number"),
        ("bill_items", {"currency": "USD"}, "currency"),
        ("bill_items", {"currency": "USD", "net": "1.00"}, "currency"),
        ("bill_items", {"period_end": ""}, "period_end"),
        ("bill_items", {"period_end": "2026-11-01"}, "period_end"),
        ("payments", {"amount": "0"}, "amount"),
        ("payments", {"amount": "-5.00"}, "amount"),
        ("payments", {"amount": "19.91"}, "amount"),
        ("payments", {"currency": "EUR"}, "currency"),
        ("payments", {"currency": "RMB"}, "currency"),
        ("payments", {"bill_number": "B9"}, "bill_number"),
        ("payments", {"account_number": "A9"}, "account_number"),
        ("payments", {"received_at": "2026-11-22T12:06:00Z"}, "received_at"),
        ("payments", {"received_at": "2026-11-22"}, "received_at"),
        ("payments", {"received_at": "2026-02-30T12:00:00Z"}, "received_at"),
        ("payments", {"method": "shells"}, "method"),
        ("payments", {"returned": "20.00"}, "returned"),
        ("deposits", {"taken_on": "2026-11-24"}, "taken_on"),
        ("deposits", {"line_ref": "L9"}, "line_ref"),
        ("deposits", {"amount": "0"}, "amount"),
        ("prepaid_balances", {"amount": "-1"}, "amount"),
        ("prepaid_balances", {"promotional": "30.01"}, "promotional"),
        ("prepaid_balances", {"currency": "JPY", "amount": "30.50"}, "amount"),
        ("instalment_plans", {"instalment": "0"}, "instalment"),
        ("instalment_plans", {"on_leaving": "forget"}, "on_leaving"),
        ("commitments", {"ends_on": "2025-12-31"}, "ends_on"),
        ("commitments", {"declines": "daily"}, "declines"),
        ("usage", {"used_at": "2026-11-23T00:00:00Z"}, "used_at"),
        ("usage", {"line_ref": "L9"}, "line_ref"),
        ("usage", {"net": "1.505"}, "net"),
        ("usage", {"bill_number": "B9"}, "bill_number"),
        ("mandates", {"kind": "cheque"}, "kind"),
        ("mandates", {"label": "4242 4242 4242 4242"}, "label"),
        ("mandates", {"account_number": "A9"}, "account_number"),
    ],
)
async def test_a_wrong_row_is_named_and_nothing_of_the_money_is_booked(
    till: Till, kind: str, changes: Mapping[str, str], column: str
) -> None:
    files: dict[str, list[Mapping[str, str]]] = {"deposits": [DEPOSIT], "usage": [USAGE]}
    files |= {"bills": [{**BILL, "open_amount": "0"}], "bill_items": [ITEM]}
    if kind == "bills":
        del files["bill_items"]
    files[kind] = [{**MONEY[kind], **changes}]
    with pytest.raises(InvalidInput) as error:
        await till.money(*files.items())
    assert problems(error) == [(f"{kind}.csv", 2, column)]
    await till.nothing_is_booked()


@pytest.mark.parametrize(("kind", "row"), MONEY.items())
async def test_a_row_that_is_there_twice_is_refused(till: Till, kind: str, row: Mapping[str, str]) -> None:
    files: dict[str, list[Mapping[str, str]]] = {"bills": [{**BILL, "open_amount": "10.00"}], "bill_items": [ITEM]}
    files[kind] = [row, row]
    with pytest.raises(InvalidInput, match="stands in line 2 already") as error:
        await till.money(*files.items())
    assert (f"{kind}.csv", 3) in [place[:2] for place in problems(error)]
    await till.nothing_is_booked()
