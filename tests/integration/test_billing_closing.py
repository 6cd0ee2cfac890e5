"""From a closed line to a settled account, over the real database: once, whole, and explained."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ringoff.db.pool import Database
from ringoff.features.billing.closing import ClosedLine, owe_settlements, settle_due
from ringoff.features.billing.model import Leaving
from ringoff.features.billing.quoting import Wish, preview, quote, quotes, unbilled_since
from ringoff.features.rules import RuleBook
from tests.support.world import World

RULES = RuleBook.load()
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MONEY = """
UPDATE plan SET proration = 'daily';
INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency)
SELECT id, 'B-7', '2026-11-13', 2000, 0, 'EUR' FROM account;
INSERT INTO bill_item SELECT account_id, 'B-7', 1, id, 'recurring', 'Journey 20', '2026-11-13', '2026-12-13', 1681, 319,
       'VAT' FROM line;
INSERT INTO payment (account_id, payment_ref, bill_number, received_at, amount, currency, method, processor_ref)
SELECT id, 'P-7', 'B-7', '2026-11-14', 2000, 'EUR', 'card', 'pi_7' FROM account
"""


class Money:
    """A carrier whose accounts have each a line, or several, and each line a month that was paid on 13 November."""

    def __init__(self, world: World, lines: list[int]) -> None:
        self.world, self.lines = world, lines
        self.cases: dict[int, int] = {}

    async def run(self, statement: str, *values: Any) -> None:
        async with self.world.app.database.transaction() as conn:
            await conn.execute(statement, values)

    async def rows(self, query: str, *values: Any) -> list[Any]:
        return await self.world.rows(query, *values)

    async def promise(self, line: int, *, last_line: bool = True, last_day: date = date(2026, 11, 27)) -> None:
        case = self.cases[line] = int(await self.world.case(line, channel="web"))
        async with self.world.app.database.transaction() as conn:
            since = unbilled_since(NOW, "Europe/Berlin", RULES.pack("neutral"))
            wish = Wish(line, Leaving(last_day, last_line, unbilled_since=since), RULES.pack("neutral"), case)
            await quote(conn, [wish], NOW)

    async def close(self, line: int, *, at: datetime = NOW, last_line: bool = True) -> None:
        async with self.world.app.database.transaction() as conn:
            await conn.execute(
                "UPDATE cancellation SET closes_account = %s WHERE id = %s", [last_line, self.cases[line]]
            )
            account = await _one(conn, "SELECT account_id FROM line WHERE id = %s", line)
            await owe_settlements(conn, [ClosedLine(self.cases[line], account, RULES.pack("neutral"))], at)

    async def settle(self, *, at: datetime = NOW, system: str | None = "payments") -> int:
        async with self.world.app.database.transaction() as conn:
            return await settle_due(conn, RULES, at, system=system, limit=100)


async def _one(conn: AsyncConnection[TupleRow], query: str, *values: Any) -> Any:
    row = await (await conn.execute(query, values)).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
async def money(database: Database) -> Money:
    world = await World.make(database, start=NOW)
    made = Money(world, await world.lines())
    for statement in MONEY.split(";\n"):
        await made.run(statement)
    return made


async def test_a_preview_is_the_quote_and_the_quote_is_the_bill(money: Money) -> None:
    (line,) = money.lines
    async with money.world.app.database.transaction() as conn:
        wish = Wish(line, Leaving(date(2026, 11, 27), last_line=True), RULES.pack("neutral"))
        (seen,) = await preview(conn, [wish])
    await money.promise(line)
    await money.close(line)
    assert await money.settle() == 1
    async with money.world.app.database.transaction() as conn:
        promised = (await quotes(conn, [money.cases[line]]))[money.cases[line]]
    assert seen.totals == promised.bill.totals == {"EUR": -1001}  # 15 of 30 days: 16.81 → 8.41, VAT 3.19 → 1.60
    (bill,) = await money.rows("SELECT total, state, differences, last_day FROM final_bill")
    assert bill == (-1001, "moving", [], date(2026, 11, 27))


async def test_the_bill_is_booked_and_its_refund_owed_to_the_payment(money: Money) -> None:
    (line,) = money.lines
    await money.promise(line)
    await money.close(line)
    await money.settle()
    assert await money.rows("SELECT ledger, amount FROM posting ORDER BY ledger") == [
        ("receivable", -1001), ("revenue", 841), ("tax", 160),
    ]  # fmt: skip
    (movement,) = await money.rows("SELECT id, kind, amount, route, payment_ref, state FROM money_movement")
    assert movement[1:] == ("refund", 1001, "processor", "P-7", "due")
    assert await money.rows("SELECT subject_id, kind, state FROM obligation WHERE system = 'payments'") == [
        (movement[0], "refund", "due")
    ]


async def test_without_a_processor_a_person_returns_what_came_through_one(money: Money) -> None:
    (line,) = money.lines
    await money.promise(line)
    await money.close(line)
    await money.settle(system=None)
    assert await money.rows("SELECT kind, amount, route, payment_ref FROM money_movement") == [
        ("refund", 1001, "transfer", None)
    ]
    assert await money.rows("SELECT state FROM final_bill") == [("task",)]
    assert await money.rows("SELECT count(*) FROM obligation WHERE kind = 'refund'") == [(0,)]


async def test_settling_again_settles_nothing(money: Money) -> None:
    (line,) = money.lines
    await money.promise(line)
    await money.close(line)
    assert [await money.settle(), await money.settle()] == [1, 0]
    assert await money.settle(at=NOW + timedelta(days=31)) == 1  # the cut-off: nothing came, it is done
    assert await money.rows("SELECT count(*) FROM final_bill") == [(1,)]
    assert await money.rows("SELECT state FROM settlement") == [("done",)]


async def test_late_usage_makes_a_supplementary_bill_and_leaves_the_first_as_it_was(money: Money) -> None:
    (line,) = money.lines
    await money.promise(line)
    await money.close(line)
    await money.settle()
    used, arrived = NOW - timedelta(hours=1), NOW + timedelta(days=2)
    await money.run(
        "INSERT INTO usage_charge VALUES (%s, 'U-1', 'Roaming', %s, %s, 'EUR', 1000, 190)", line, used, arrived
    )
    await money.run("UPDATE settlement SET due_at = %s", arrived)
    await money.settle(at=arrived)
    bills = await money.rows("SELECT bill_number, version, total, state FROM final_bill ORDER BY version")
    assert [bill[1:] for bill in bills] == [(1, -1001, "moving"), (2, 1190, "open")]
    assert bills[1][0] == bills[0][0] + "-2"
    assert await money.rows("SELECT billed_in FROM usage_charge") == [(bills[1][0],)]


async def test_days_by_which_the_network_was_late_are_not_the_holders(money: Money) -> None:
    (line,) = money.lines
    await money.promise(line)
    await money.close(line, at=NOW + timedelta(days=5))
    await money.settle(at=NOW + timedelta(days=5))
    assert await money.rows("SELECT total, differences FROM final_bill") == [(-1001, [])]


async def test_a_bill_that_came_after_the_quote_explains_the_difference(money: Money) -> None:
    (line,) = money.lines
    await money.promise(line)
    await money.run(
        "INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency) "
        "SELECT id, 'B-8', '2026-11-27', 500, 500, 'EUR' FROM account"
    )
    await money.run(
        "INSERT INTO ledger_transaction (account_id, kind, source, booked_at, dated) "
        "SELECT id, 'bill', 'bill B-8', %s, '2026-11-27' FROM account", NOW + timedelta(minutes=1),
    )  # fmt: skip
    await money.close(line, at=NOW + timedelta(minutes=2))
    await money.settle(at=NOW + timedelta(minutes=2))
    (bill,) = await money.rows("SELECT total, differences FROM final_bill")
    assert bill[0] == -501
    assert [(each["source"], each["settled"], each["because"]) for each in bill[1]] == [("bill B-8", 500, "bill")]


async def test_what_nothing_explains_moves_no_money(money: Money) -> None:
    (line,) = money.lines
    await money.promise(line)
    await money.run("UPDATE bill_item SET net = 1000")  # behind everybody's back
    await money.close(line)
    await money.settle()
    assert await money.rows("SELECT state, why FROM settlement") == [("stuck", "bill B-7/1")]
    assert await money.rows("SELECT count(*) FROM final_bill") == [(0,)]
    assert await money.rows("SELECT count(*) FROM posting") == [(0,)]


async def test_of_two_last_lines_one_takes_what_is_the_accounts(database: Database) -> None:
    world = await World.make(database, start=NOW)
    one, other = await world.lines(count=2)
    money = Money(world, [one, other])
    await money.run(
        "INSERT INTO deposit VALUES ((SELECT account_id FROM line LIMIT 1), 'D-1', NULL, '2025-01-01', 5000, 'EUR')"
    )
    await money.promise(one, last_line=False)
    await money.promise(other, last_line=True)
    await money.close(one, last_line=True)  # in the end it was the other way round
    await money.close(other, last_line=False)
    assert [await money.settle(), await money.settle(), await money.settle()] == [1, 1, 0]
    totals = await money.rows("SELECT case_id, total FROM final_bill ORDER BY case_id")
    assert (money.cases[one], -5000) in totals and sum(total for _, total in totals) == -5000


async def test_instalments_that_went_on_end_with_the_account(database: Database) -> None:
    world = await World.make(database, start=NOW)
    phone, other = await world.lines(count=2)
    money = Money(world, [phone, other])
    await money.run("INSERT INTO instalment_plan VALUES (%s, 'I/1', 'Phone', 'EUR', 1990, 7960)", phone)
    for line, last_line in ((phone, False), (other, True)):
        await money.promise(line, last_line=last_line)
        await money.close(line, last_line=last_line)
    while await money.settle():
        pass
    totals = await money.rows("SELECT case_id, total FROM final_bill WHERE total <> 0")
    assert totals == [(money.cases[other], 7960)]
    assert await money.rows("SELECT remaining FROM instalment_plan") == [(0,)]


async def test_who_never_billed_a_line_does_not_begin_with_its_last_bill(money: Money) -> None:
    (line,) = money.lines
    await money.run("DELETE FROM bill_item")
    await money.run("UPDATE line SET activated_on = '2024-05-01'")
    await money.promise(line)
    assert await money.rows("SELECT items FROM quote") == [([],)]
    await money.run("UPDATE line SET activated_on = '2026-11-13'")  # but one that has just begun is owed for
    async with money.world.app.database.transaction() as conn:
        since = unbilled_since(NOW, "Europe/Berlin", RULES.pack("neutral"))
        wish = Wish(line, Leaving(date(2026, 11, 27), True, unbilled_since=since), RULES.pack("neutral"))
        (bill,) = await preview(conn, [wish])
    assert {item.kind for item in bill.items} == {"used_service"}
    await money.run("UPDATE plan SET kind = 'prepaid'")
    async with money.world.app.database.transaction() as conn:
        (bill,) = await preview(conn, [wish])
    assert bill.items == ()
