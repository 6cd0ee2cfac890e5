"""What is known of the money around lines: all of it, for many lines at once, and nothing of other lines."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from psycopg import AsyncConnection

from ringoff.db.pool import BY_INDEX, Database
from ringoff.features.billing.facts import facts
from ringoff.features.billing.model import (
    Balance,
    BilledItem,
    Commitment,
    Deposit,
    Facts,
    Instalments,
    OpenBill,
    Payment,
    Usage,
)
from tests.support.indexes import looking

SEEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
LINES = """
INSERT INTO plan VALUES ('P', 'Plan', 'postpaid', 1000, 'EUR', 'daily', 'arrears');
INSERT INTO account (account_number, holder_name, kind, locale, time_zone, jurisdiction, bill_cycle_day)
SELECT 'A' || n, 'Holder', 'consumer', 'en', 'Europe/Berlin', 'neutral', 15 FROM generate_series(1, 2000) n;
INSERT INTO line (line_ref, account_id, plan_code, service, status, activated_on)
SELECT 'L' || a.id, a.id, 'P', 'data', 'active', '2020-01-31' FROM account a ORDER BY a.id;
INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency)
SELECT a.id, 'B' || m, '2021-01-01'::date + m * 28, 1190, CASE m WHEN 72 THEN 1190 ELSE 0 END, 'EUR'
  FROM account a, generate_series(1, 72) m;
INSERT INTO bill_item
SELECT b.account_id, b.bill_number, 1, b.account_id, 'recurring', 'Plan', b.issued_on, b.issued_on + 28,
       1000, 190, 'VAT'
  FROM bill b;
INSERT INTO payment
SELECT b.account_id, b.bill_number, b.bill_number, b.issued_on, 1190, 'EUR', 'card', 'pi_' || b.bill_number, 0
  FROM bill b WHERE open_amount = 0
"""
AROUND_THE_FIRST = """
INSERT INTO bill_item VALUES (1, 'B72', 2, 1, 'usage', 'Calls', '2026-01-01', '2026-02-01', 5, 0, ''),
                             (1, 'B72', 3, NULL, 'discount', 'Of the account', '2026-07-10', '2026-08-07', -5, 0, '');
INSERT INTO bill (account_id, bill_number, issued_on, due_on, amount, open_amount, currency, kind, credit_left,
                  disputed)
VALUES (1, 'N1', '2026-11-01', NULL, -700, 0, 'EUR', 'credit_note', 300, false),
       (1, 'D1', '2026-11-02', '2026-11-16', 40, 40, 'USD', 'invoice', 0, true);
INSERT INTO usage_charge VALUES (1, 'U1', 'Roaming', %(at)s, %(at)s, 'EUR', 30, 6, 'VAT', NULL),
                                (1, 'U0', 'Roaming', %(at)s, %(at)s, 'EUR', 30, 6, 'VAT', 'B72');
INSERT INTO instalment_plan VALUES (1, 'I1', 'Phone', 'EUR', 2500, 7400, '2026-12-15', NULL),
                                   (1, 'I0', 'Paid', 'EUR', 2500, 0, NULL, 'due');
INSERT INTO commitment VALUES (1, 'C1', '24 months', '2025-01-01', '2026-12-31', 'EUR', 24000, 'monthly', true);
INSERT INTO prepaid_balance VALUES (1, 'EUR', 900, 200, '2027-01-01'), (1, 'USD', 0, 0, NULL);
INSERT INTO deposit VALUES (1, 'Z1', 1, '2020-02-01', 5000, 'EUR', NULL),
                           (1, 'Z2', NULL, '2020-02-02', 7000, 'EUR', NULL),
                           (1, 'Z0', 1, '2020-02-03', 9000, 'EUR', %(at)s);
UPDATE payment SET refunded = CASE payment_ref WHEN 'B71' THEN 190 ELSE 1190 END
 WHERE account_id = 1 AND payment_ref IN ('B71', 'B70')
"""


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Database]:
    """With the session of our processes, and 2,000 lines that were billed for six years."""
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        await conn.execute(LINES)
        for statement in AROUND_THE_FIRST.split(";"):
            await conn.execute(statement.encode(), {"at": SEEN})
        await conn.execute("ANALYZE")
    async with Database(database_url, session=BY_INDEX) as opened:
        yield opened


async def known(database: Database, *line_ids: int) -> dict[int, Facts]:
    async with database.transaction() as conn:
        return await facts(conn, line_ids)


async def test_everything_around_a_line_is_told_and_what_is_over_is_not(served: Database) -> None:
    told = (await known(served, 1))[1]
    assert (told.account_id, told.time_zone, told.proration, told.billed) == (1, "Europe/Berlin", "daily", "arrears")
    assert (told.price, told.currency, told.bill_cycle_day, told.activated_on) == (1000, "EUR", 15, date(2020, 1, 31))
    assert told.usage == (Usage("U1", "Roaming", SEEN, "EUR", 30, 6, "VAT"),)
    assert told.instalments == (Instalments("I1", "Phone", "EUR", 2500, 7400, date(2026, 12, 15), None, line_id=1),)
    first, last = date(2025, 1, 1), date(2026, 12, 31)
    assert told.commitments == (Commitment("C1", "24 months", first, last, "EUR", 24000, "monthly", True),)
    assert told.balances == (Balance("EUR", 900, 200, date(2027, 1, 1)),)
    assert told.deposits == (
        Deposit("Z1", date(2020, 2, 1), "EUR", 5000, False),
        Deposit("Z2", date(2020, 2, 2), "EUR", 7000, True),
    )
    assert [(bill.bill_number, bill.amount, bill.currency, bill.disputed) for bill in told.open_bills] == [
        ("B72", 1190, "EUR", False),
        ("N1", -300, "EUR", False),
        ("D1", 40, "USD", True),
    ]
    assert isinstance(told.open_bills[0], OpenBill)


async def test_what_was_billed_is_told_for_the_year_before_its_newest_period(served: Database) -> None:
    items = (await known(served, 1))[1].items
    assert items[-1] == BilledItem(
        "B72", 1, "recurring", "Plan", "EUR", 1000, 190, "VAT", date(2026, 7, 10), date(2026, 8, 7)
    )
    assert [item.bill_number for item in items] == [f"B{number}" for number in range(58, 73)]


async def test_payments_come_newest_first_with_what_is_left_of_them(served: Database) -> None:
    payments = (await known(served, 1))[1].payments
    assert [(paid.payment_ref, paid.left) for paid in payments[:2]] == [("B71", 1000), ("B69", 1190)]
    assert isinstance(payments[0], Payment)
    assert payments[0].processor_ref == "pi_B71"


async def test_a_line_that_has_nothing_else_and_one_that_does_not_exist(served: Database) -> None:
    told = await known(served, 7, 999_999, 7)
    assert list(told) == [7]
    assert (told[7].usage, told[7].deposits, told[7].balances, told[7].commitments) == ((), (), (), ())
    assert await known(served) == {}


async def test_lines_of_one_account_have_its_money_in_common(served: Database) -> None:
    async with served.transaction() as conn:
        await conn.execute("UPDATE line SET account_id = 1 WHERE id = 2")
    told = await known(served, 1, 2)
    assert told[1].open_bills is told[2].open_bills
    assert [deposit.deposit_ref for deposit in told[2].deposits] == ["Z2"]
    assert {item.bill_number for item in told[2].items} > {"B72"}


async def test_only_what_is_asked_about_is_read_however_much_lies_beside_it(served: Database) -> None:
    async with looking(served) as (conn, read):
        assert len(await facts(conn, range(1, 11))) == 10
    assert read["bill_item_line"] <= 10 * 20
    assert read["payment_returnable"] <= 10 * 30
    assert read["bill_open"] <= 12
    assert max(read.values()) <= 10 * 30
