"""Money over the API: what leaving costs before, what it cost after, and what a person is asked to do."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features.billing import ClosedLine, owe_settlements, settle_due
from ringoff.kit.clock import ManualClock
from tests.support.api import NOW, Caller, calling, trial

BILL = {
    "account_number": "A-3",
    "bill_number": "B-7",
    "issued_on": "2029-10-15",
    "amount": "11.90",
    "currency": "EUR",
}
ITEM = {
    "account_number": "A-3",
    "bill_number": "B-7",
    "item": "1",
    "line_ref": "L-61",
    "kind": "recurring",
    "name": "Plan",
    "period_first": "2029-10-15",
    "period_end": "2029-11-15",
    "net": "10.00",
    "tax": "1.90",
    "tax_name": "VAT",
    "currency": "EUR",
}
PAYMENT = {
    "account_number": "A-3",
    "payment_ref": "P-7",
    "bill_number": "B-7",
    "received_at": "2029-10-20T10:00:00Z",
    "amount": "11.90",
    "currency": "EUR",
    "method": "transfer",
}
LINE = """
INSERT INTO line (line_ref, msisdn, account_id, plan_code, service, imsi, status)
SELECT 'L-61', '+4915120000061', id, 'P', 'voice', '262011000000061', 'active' FROM account WHERE account_number = 'A-3'
"""


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    """Whose account A-3 has one line, L-61, with a month that was billed and paid; its plan gives unused days back."""
    async with calling(database, {"hlr": trial("hlr")}, final_bills=True, clock=ManualClock(NOW)) as made:
        for statement in (LINE, "UPDATE plan SET proration = 'daily'"):
            await made.rows_changed(statement)
        answer = await made.post(
            "/v1/imports", {"rows": {"bills": [BILL], "bill_items": [ITEM], "payments": [PAYMENT]}}
        )
        assert answer.status_code == 200, answer.text
        yield made


async def closed(caller: Caller) -> str:
    """The case's address, after the line was closed."""
    answer = await caller.post("/v1/lines/L-61/cancellation", {"when": "now"})
    assert answer.status_code == 201, answer.text
    number = answer.json()["id"]
    await caller.rows_changed("UPDATE cancellation SET state = 'releasing', releasing_at = %s", NOW)
    await caller.rows_changed("UPDATE cancellation SET state = 'closed', ended_at = %s, closes_account = true", NOW)
    async with caller.app.database.transaction() as conn:
        ((case_id, account_id),) = await (await conn.execute("SELECT id, account_id FROM cancellation")).fetchall()
        await owe_settlements(conn, [ClosedLine(case_id, account_id, caller.app.rules.pack("neutral"))], NOW)
    return f"/v1/cancellations/{number}"


async def settle(caller: Caller) -> None:
    async with caller.app.database.transaction() as conn:
        await settle_due(conn, caller.app.rules, NOW, system=None, limit=10)


async def got(caller: Caller, path: str) -> Any:
    answer = await caller.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_leaving_costs_is_told_for_each_time_item_by_item(caller: Caller) -> None:
    costs = (await got(caller, "/v1/lines/L-61/readiness?on=2029-11-10"))["costs"]
    assert [(cost["when"], cost["last_day"], cost["totals"][0]["decimal"]) for cost in costs if cost["items"]] == [
        ("now", "2029-11-01", "-5.00"),  # 13 of 31 days: 10.00 → 4.20, VAT 1.90 → 0.80
        ("2029-11-10", "2029-11-10", "-1.55"),
    ]
    (item,) = costs[0]["items"]
    assert (item["kind"], item["days"], item["of_days"], item["of_net"]) == ("unused_service", 13, 31, 1000)


async def test_whoever_may_not_see_money_sees_what_stands_in_the_way_alone(caller: Caller) -> None:
    await caller.use("lines:read")
    told = await got(caller, "/v1/lines/L-61/readiness")
    assert told["findings"] and told["costs"] == []


async def test_a_bill_is_what_was_promised_and_its_document_is_a_pdf(caller: Caller) -> None:
    case = await closed(caller)
    await settle(caller)
    told = await got(caller, f"{case}/bills")
    (bill,) = told["bills"]
    assert told["quote"]["totals"] == [bill["total"]] == [{"currency": "EUR", "minor": -500, "decimal": "-5.00"}]
    assert (bill["state"], bill["differences"], [way["route"] for way in bill["ways"]]) == ("task", [], ["transfer"])
    document = await caller.get(bill["document_url"])
    assert (document.headers["content-type"], document.content[:5]) == ("application/pdf", b"%PDF-")


async def test_a_person_pays_a_refund_and_says_so_once(caller: Caller) -> None:
    case = await closed(caller)
    await settle(caller)
    (payout,) = (await got(caller, "/v1/money-tasks"))["payouts"]
    assert (payout["amount"]["decimal"], payout["account_number"]) == ("5.00", "A-3")
    paid = f"/v1/money-tasks/{payout['id']}/paid"
    assert (await caller.post(paid, {"reference": "SEPA 17"})).json() == {"payouts": [], "stuck_bills": []}
    again = await caller.post(paid, {"reference": "SEPA 18"})
    assert (again.status_code, again.json()["code"]) == (409, "movement_not_due")
    (bill,) = (await got(caller, f"{case}/bills"))["bills"]
    assert (bill["state"], bill["ways"][0]["done_on"]) == ("settled", "2029-11-01")
    statement = await got(caller, "/v1/accounts/A-3/statement")
    assert statement["closing"] == [{"currency": "EUR", "minor": 0, "decimal": "0.00"}]
    assert [row["kind"] for row in statement["rows"]] == ["bill", "payment", "final_bill", "refund"]


async def stuck(caller: Caller) -> str:
    case = await closed(caller)
    await caller.rows_changed("UPDATE bill_item SET net = 500")  # behind everybody's back
    await settle(caller)
    (task,) = (await got(caller, "/v1/money-tasks"))["stuck_bills"]
    assert (task["account_number"], task["why"]) == ("A-3", "bill B-7/1")
    return case


async def test_a_stuck_bill_is_accepted_and_tells_what_differs(caller: Caller) -> None:
    case = await stuck(caller)
    answer = await caller.post(f"{case}/bills/go-on", {"goes_on": "accept", "why": "the carrier corrected it"})
    assert answer.json()["stuck_bills"] == []
    await settle(caller)
    (bill,) = (await got(caller, f"{case}/bills"))["bills"]
    (difference,) = bill["differences"]
    assert (difference["quoted"]["minor"], difference["settled"]["minor"], difference["because"]) == (
        -500, bill["total"]["minor"], "accepted",
    )  # fmt: skip


async def test_a_stuck_bill_is_looked_at_again_once_the_data_are_right(caller: Caller) -> None:
    case = await stuck(caller)
    await caller.rows_changed("UPDATE bill_item SET net = 1000")
    await caller.post(f"{case}/bills/go-on", {"goes_on": "again", "why": "corrected"})
    await settle(caller)
    (bill,) = (await got(caller, f"{case}/bills"))["bills"]
    assert (bill["total"]["minor"], bill["differences"]) == (-500, [])
    again = await caller.post(f"{case}/bills/go-on", {"goes_on": "again", "why": "corrected"})
    assert (again.status_code, again.json()["code"]) == (409, "settlement_not_stuck")


async def test_a_stuck_bill_is_waived(caller: Caller) -> None:
    case = await stuck(caller)
    await caller.post(f"{case}/bills/go-on", {"goes_on": "waive", "why": "not worth it"})
    await settle(caller)
    assert (await got(caller, f"{case}/bills"))["bills"] == []
    assert (await got(caller, "/v1/money-tasks"))["stuck_bills"] == []


async def test_a_renewal_is_granted_once_and_never_to_who_leaves(caller: Caller) -> None:
    wish = {
        "line": "L-61",
        "period_first": "2029-11-15",
        "period_end": "2029-12-15",
        "bill_number": "B-8",
        "currency": "EUR",
        "items": [{"name": "Plan", "net": 1000, "tax": 190, "tax_name": "VAT"}],
    }
    for _ in range(2):
        (answer,) = (await caller.post("/v1/renewals", {"renewals": [wish]})).json()["renewals"]
        assert (answer["granted"], answer["refused"]) == (True, None)
    assert await caller.rows("SELECT count(*) FROM bill") == [(2,)]
    await caller.post("/v1/lines/L-61/cancellation", {"when": "2029-12-01"})
    later = {**wish, "period_first": "2029-12-15", "period_end": "2030-01-15", "bill_number": "B-9"}
    (answer,) = (await caller.post("/v1/renewals", {"renewals": [later]})).json()["renewals"]
    assert (answer["granted"], answer["refused"]) == (False, "line_leaving")


async def test_a_payment_of_a_final_bill_settles_it_in_parts(caller: Caller) -> None:
    await caller.rows_changed("UPDATE bill_item SET period_end = '2029-10-30'")
    case = await closed(caller)
    await settle(caller)
    (bill,) = (await got(caller, f"{case}/bills"))["bills"]
    assert (bill["state"], bill["ways"][0]["route"]) == ("open", "guest")
    owed = bill["total"]["minor"]
    for n, amount in enumerate((100, owed - 100)):
        paid = {
            **PAYMENT,
            "payment_ref": f"P-{8 + n}",
            "bill_number": bill["bill_number"],
            "received_at": datetime(2029, 11, 1, 11, n, tzinfo=UTC).isoformat(),
            "amount": f"{amount / 100:.2f}",
        }
        answer = await caller.post("/v1/imports", {"rows": {"payments": [paid]}})
        assert answer.status_code == 200, answer.text
        (bill,) = (await got(caller, f"{case}/bills"))["bills"]
        left = [way["amount"]["minor"] for way in bill["ways"] if way["done_on"] is None]
        assert (bill["state"], left) == (("open", [owed - 100]) if n == 0 else ("settled", []))


async def test_a_wrong_row_is_named_and_nothing_of_it_is_booked(caller: Caller) -> None:
    before = await caller.rows("SELECT count(*) FROM ledger_transaction")
    late = {**PAYMENT, "payment_ref": "P-9", "bill_number": "B-unknown"}
    answer = await caller.post("/v1/imports", {"rows": {"payments": [{**PAYMENT, "payment_ref": "P-8"}, late]}})
    assert answer.status_code == 400
    assert {(problem["file"], problem["line"]) for problem in answer.json()["problems"]} == {
        ("payments", 2),
        ("payments", 3),
    }
    assert await caller.rows("SELECT count(*) FROM ledger_transaction") == before


async def test_nobody_imports_a_file_of_this_machine(caller: Caller) -> None:
    answer = await caller.post("/v1/imports", {"rows": {"bills": [{**BILL, "document": "../../etc/passwd"}]}})
    assert (answer.status_code, answer.json()["code"]) == (400, "column_not_taken")


DAYS = ("until=9999-12-31", "until=0001-01-01", "since=2029-11-02", "since=2029-10-02&until=2029-10-01")


@pytest.mark.parametrize("days", DAYS)
async def test_a_statement_of_days_that_are_none_is_refused(caller: Caller, days: str) -> None:
    answer = await caller.get(f"/v1/accounts/A-3/statement?{days}")
    assert (answer.status_code, answer.json()["code"]) == (400, "period_invalid")
