"""Importing money that has to fit together: bills, their items and payments, what is closed, what is settled."""

from datetime import timedelta
from pathlib import Path

import pytest

from ringoff.db.pool import Database
from ringoff.features.directory import Tally
from ringoff.kit.errors import InvalidInput
from tests.support.importing import ACCOUNT, NOW, line, problems
from tests.support.till import BILL, DEPOSIT, ITEM, MANDATE, MONEY, PAYMENT, USAGE, Till


@pytest.fixture
async def till(database: Database, tmp_path: Path) -> Till:
    one = Till(database, tmp_path)
    await one.base(line(1), line(2))
    return one


async def test_a_reason_tells_the_amounts_that_do_not_fit(till: Till) -> None:
    yen = {**BILL, "bill_number": "J1", "currency": "JPY", "amount": "1990", "open_amount": "1990"}
    with pytest.raises(InvalidInput) as error:
        await till.money(
            ("bills", [BILL, yen]),
            ("bill_items", [{**ITEM, "net": "18.76"}, {**ITEM, "bill_number": "J1", "currency": "JPY", "net": "1989"}]),
            ("payments", [{**PAYMENT, "amount": "10.00"}, {**PAYMENT, "payment_ref": "P2", "amount": "9.91"}]),
        )
    reasons = {(p["file"], p["line"]): p["reason"] for p in error.value.details["problems"]}
    assert reasons["bill_items.csv", 2] == "The items of bill B1 add up to 19.89 CNY, but it is of 19.90 CNY."
    assert ("bill_items.csv", 3) in reasons
    assert reasons["payments.csv", 3] == "With this, 19.91 CNY is paid for bill B1 of 19.90 CNY."


@pytest.mark.parametrize("together", [True, False])
async def test_no_more_is_open_than_what_is_not_paid(till: Till, together: bool) -> None:
    payments = ("payments", [{**PAYMENT, "amount": "9.90"}])
    if not together:
        await till.money(("bills", [BILL]))
        await till.money(payments)
    with pytest.raises(InvalidInput, match=r"open_amount: 9\.90 CNY of 19\.90 CNY is paid") as error:
        await till.money(*([payments] if together else []), ("bills", [{**BILL, "open_amount": "10.01"}]))
    assert problems(error) == [("bills.csv", 2, "open_amount")]


async def test_even_a_bill_that_did_not_change_is_compared_with_what_is_paid(till: Till) -> None:
    await till.money(("bills", [BILL]))
    with pytest.raises(InvalidInput) as error:
        await till.money(("bills", [BILL]), ("payments", [PAYMENT]))
    assert problems(error) == [("bills.csv", 2, "open_amount")]


async def test_a_payment_that_bounced_opens_its_bill_again(till: Till) -> None:
    await till.money(("bills", [{**BILL, "open_amount": "0"}]), ("payments", [PAYMENT]))
    await till.money(("bills", [BILL]), ("payments", [{**PAYMENT, "returned": "19.90"}]))
    told = await till.facts()
    assert ([bill.amount for bill in told.open_bills], told.payments) == ([1990], ())


async def test_a_bill_does_not_change_without_its_items_nor_against_its_payments(till: Till) -> None:
    await till.money(("bills", [BILL]), ("bill_items", [ITEM]))
    with pytest.raises(InvalidInput, match=r"Its items add up to 19\.90 CNY"):
        await till.money(("bills", [{**BILL, "amount": "20.00"}]))
    await till.money(("payments", [{**PAYMENT, "amount": "1.00"}]))
    with pytest.raises(InvalidInput, match=r"Payment P1 for it is in CNY"):
        await till.money(("bills", [{**BILL, "open_amount": "18.90", "currency": "EUR"}]))


async def test_what_was_refunded_of_a_payment_stays_paid(till: Till) -> None:
    await till.money(("bills", [{**BILL, "open_amount": "0"}]), ("payments", [PAYMENT]))
    await till.rows("UPDATE payment SET refunded = 1000")
    with pytest.raises(InvalidInput, match=r"10\.00 CNY of it is refunded"):
        await till.money(("payments", [{**PAYMENT, "amount": "9.99"}]))


async def test_a_deposit_is_held_for_a_line_of_its_account(till: Till) -> None:
    await till.accounts("A2")
    with pytest.raises(InvalidInput, match="Line L1 is not on account A2") as error:
        await till.money(("deposits", [{**DEPOSIT, "account_number": "A2"}]))
    assert problems(error) == [("deposits.csv", 2, "line_ref")]


async def test_with_rejects_the_rest_is_taken_in_and_of_the_money_nothing(till: Till) -> None:
    report = await till.money(
        ("accounts", [{**ACCOUNT, "account_number": "A2"}]),
        ("bills", [BILL]),
        ("bill_items", [{**ITEM, "net": "1.00"}]),
        ("deposits", [DEPOSIT]),
        rejects=True,
    )
    assert (report.accounts, report.bills, report.deposits) == (Tally(1), Tally(conflicts=1), Tally(conflicts=1))
    assert report.bill_items == Tally(rejected=1)
    assert "nothing of the money is taken in" in till.rejects.read_text(encoding="utf-8")
    await till.nothing_is_booked()


async def test_late_usage_of_a_closed_line_wakes_its_settlement(till: Till) -> None:
    await till.closed(waits=timedelta(days=29))
    report = await till.money(("usage", [USAGE, {**USAGE, "usage_ref": "U2", "used_at": "2026-11-21T12:00:00Z"}]))
    assert report.usage == Tally(1, conflicts=1)
    assert "nothing after that is charged" in report.problems[0].reason
    assert await till.rows("SELECT state, due_at FROM settlement") == [("due", NOW)]
    assert [one.usage_ref for one in (await till.facts()).usage] == ["U1"]


@pytest.mark.parametrize(
    ("waits", "why"),
    [(timedelta(0), "was waited for until 2026-11-22T12:00:00Z"), (None, "no bill of it is to come")],
)
async def test_usage_that_comes_after_the_cut_off_is_left_out_with_the_reason(
    till: Till, waits: timedelta | None, why: str
) -> None:
    await till.closed(waits=waits)
    report = await till.money(("usage", [USAGE, {**USAGE, "line_ref": "L2"}]))
    assert report.usage == Tally(1, conflicts=1)
    assert why in report.problems[0].reason
    assert await till.rows("SELECT count(*) FROM settlement WHERE state = 'due'") == [(0,)]


async def test_usage_is_on_one_bill_only(till: Till) -> None:
    await till.money(("bills", [BILL, {**BILL, "bill_number": "B2"}]), ("usage", [{**USAGE, "bill_number": "B1"}]))
    assert (await till.facts()).usage == ()
    assert (await till.money(("usage", [USAGE]))).usage == Tally(unchanged=1)
    assert (await till.money(("usage", [{**USAGE, "bill_number": "B2"}]))).usage == Tally(conflicts=1)


async def test_what_hung_on_a_closed_line_stays_as_it_was_billed(till: Till) -> None:
    kinds = {"deposits": "amount", "prepaid_balances": "amount", "instalment_plans": "remaining", "commitments": "fee"}
    await till.money(*[(kind, [MONEY[kind]]) for kind in kinds])
    await till.closed(waits=timedelta(days=1))
    same = await till.money(*[(kind, [MONEY[kind]]) for kind in kinds])
    assert {kind: same.summary()[kind]["unchanged"] for kind in kinds} == dict.fromkeys(kinds, 1)
    other = await till.money(*[(kind, [{**MONEY[kind], amount: "31.00"}]) for kind, amount in kinds.items()])
    assert {kind: other.summary()[kind]["conflicts"] for kind in kinds} == dict.fromkeys(kinds, 1)


async def test_a_bill_that_a_final_bill_took_over_stays_as_it_is(till: Till) -> None:
    await till.money(("bills", [BILL]), ("bill_items", [ITEM]))
    await till.rows(
        "WITH t AS (INSERT INTO ledger_transaction (account_id, kind, source, booked_at, dated)"
        " SELECT id, 'final_bill', 'final bill F1', now(), '2026-11-22' FROM account RETURNING id)"
        " INSERT INTO posting SELECT id, 1, 'receivable', 'CNY', -1990, 'B1' FROM t"
        " UNION ALL SELECT id, 2, 'receivable', 'CNY', 1990, 'F1' FROM t"
    )
    await till.rows("UPDATE bill SET open_amount = 0")
    report = await till.money(("bills", [BILL]), ("bill_items", [{**ITEM, "name": "Another"}]))
    assert (report.bills, report.bill_items) == (Tally(conflicts=1), Tally(conflicts=1))
    await till.money(("payments", [PAYMENT]))
    assert (await till.facts()).open_bills == ()
    left = await till.rows(
        "SELECT bill_number, sum(amount) FROM posting WHERE ledger = 'receivable' GROUP BY 1 HAVING sum(amount) <> 0"
        " ORDER BY 1"
    )
    assert left == [("F1", 1990), (None, -1990)]


async def test_a_mandate_that_was_removed_stays_removed(till: Till) -> None:
    await till.money(("mandates", [MANDATE]))
    await till.rows("UPDATE mandate SET removed_at = %(at)s", at=NOW)
    await till.money(("mandates", [{**MANDATE, "label": "Visa ending in 4243"}]))
    assert await till.rows("SELECT label, removed_at IS NOT NULL FROM mandate") == [("Visa ending in 4243", True)]


async def test_a_final_bill_is_paid_like_any_other_and_is_ours_to_itemise(till: Till) -> None:
    await till.closed(waits=timedelta(days=1))
    await till.rows(
        "INSERT INTO final_bill (case_id, account_id, version, currency, bill_number, issued_at, last_day, items,"
        " total, state) SELECT id, account_id, 1, 'CNY', 'F1', now(), '2026-11-21', '[]', 1990, 'open'"
        " FROM cancellation"
    )
    await till.rows(
        "WITH t AS (INSERT INTO ledger_transaction (account_id, kind, source, booked_at, dated)"
        " SELECT id, 'final_bill', 'final bill F1', now(), '2026-11-22' FROM account RETURNING id)"
        " INSERT INTO posting SELECT id, 1, 'receivable', 'CNY', 1990, 'F1' FROM t"
        " UNION ALL SELECT id, 2, 'revenue', 'CNY', -1990, NULL FROM t"
    )
    paid = ("payments", [{**PAYMENT, "bill_number": "F1"}])
    with pytest.raises(InvalidInput, match="Account A1 has no bill F1"):
        await till.money(paid, ("bill_items", [{**ITEM, "bill_number": "F1"}]))
    await till.money(paid)
    owed = "SELECT sum(amount) FROM posting WHERE ledger = 'receivable' AND bill_number = 'F1'"
    assert await till.rows(owed) == [(0,)]
    with pytest.raises(InvalidInput, match=r"20\.00 CNY is paid for bill F1 of 19\.90 CNY"):
        await till.money(("payments", [{**PAYMENT, "bill_number": "F1", "payment_ref": "P2", "amount": "0.10"}]))
