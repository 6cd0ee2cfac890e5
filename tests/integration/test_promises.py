"""What a case promises about money, kept through its whole life: quoted, frozen, settled, never renewed."""

import asyncio
import os
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features.billing import Renewal, RenewalAnswer, RenewedItem, renew
from ringoff.kit.errors import RingoffError
from ringoff.reconcile.model import Lane
from ringoff.surfaces.worker import Worker
from tests.support.world import CARRIER, World

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ROUNDS = 1_000 if os.environ.get("RINGOFF_SOAK") else 40
PAID_MONTH = """
INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency)
SELECT account_id, 'B-' || id, '2026-11-13', 2000, 0, 'EUR' FROM line;
INSERT INTO bill_item SELECT account_id, 'B-' || id, 1, id, 'recurring', 'Journey 20', '2026-11-13', '2026-12-13', 1681,
       319, 'VAT' FROM line;
UPDATE plan SET proration = 'daily'
"""


async def carrier(database: Database, lines: int = 1) -> tuple[World, list[int]]:
    world = await World.make(database, start=NOW, billing={"final_bills": True})
    made = await world.lines(count=lines)
    async with database.transaction() as conn:
        for statement in PAID_MONTH.split(";\n"):
            await conn.execute(statement)
    return world, made


async def settle(world: World) -> None:
    await Worker(world.app, Lane("bulk")).settle()


def december(line: int, number: str = "") -> Renewal:
    item = RenewedItem("recurring", "Journey 20", 1681, 319, "VAT")
    return Renewal(line, date(2026, 12, 13), date(2027, 1, 13), number or f"N-{line}", "EUR", (item,))


async def ask_to_renew(world: World, *wishes: Renewal) -> list[RenewalAnswer]:
    async with world.app.database.transaction() as conn:
        return await renew(conn, wishes, CARRIER, world.now)


async def totals(world: World) -> list[Any]:
    return [row[0] for row in await world.rows("SELECT total FROM final_bill ORDER BY case_id, version")]


async def test_what_was_promised_is_what_is_settled(database: Database) -> None:
    world, (line,) = await carrier(database)
    case = await world.case(line)
    (quoted,) = await world.rows("SELECT items FROM quote WHERE case_id = %s", case)
    assert [(each["kind"], each["net"], each["tax"], each["days"]) for each in quoted[0]] == [
        ("unused_service", -841, -160, 15)
    ]
    await world.drain()
    await settle(world)
    assert await totals(world) == [-1001]
    assert await world.rows("SELECT state FROM settlement") == [("waiting",)]


async def test_other_terms_are_another_quote_and_the_last_one_holds(database: Database) -> None:
    world, (line,) = await carrier(database)
    case = await world.case(line, channel="web")
    await world.reschedule(case, "2026-12-02")
    rows = await world.rows("SELECT version, last_day FROM quote ORDER BY version")
    assert rows == [(1, date(2026, 11, 27)), (2, date(2026, 12, 2))]
    await world.later(days=6)
    await settle(world)
    assert await totals(world) == [-668]  # 10 of 30 days: 16.81 → 5.61, VAT 3.19 → 1.07


async def test_a_withdrawn_case_settles_nothing(database: Database) -> None:
    world, (line,) = await carrier(database)
    case = await world.case(line, channel="web")
    await world.withdraw(case)
    await world.later(days=40)
    await settle(world)
    assert await totals(world) == []
    assert [answer.granted for answer in await ask_to_renew(world, december(line))] == [True]


async def test_without_final_bills_of_ours_nothing_is_quoted(database: Database) -> None:
    world = await World.make(database, start=NOW)
    (line,) = await world.lines()
    await world.case(line)
    await world.drain()
    assert await world.rows("SELECT count(*) FROM quote") == [(0,)]
    assert await world.rows("SELECT count(*) FROM settlement") == [(0,)]


async def test_a_line_that_is_leaving_never_renews(database: Database) -> None:
    world, (line, other) = await carrier(database, 2)
    await world.case(line, channel="web", when="2027-01-05")
    answers = await ask_to_renew(world, december(line), december(other))
    assert [answer.refused for answer in answers] == ["line_leaving", None]
    assert await world.rows("SELECT bill_number FROM bill WHERE bill_number LIKE 'N-%%'") == [(f"N-{other}",)]


async def test_a_renewal_asked_for_again_is_booked_once(database: Database) -> None:
    world, (line,) = await carrier(database)
    for _ in range(2):
        assert [answer.granted for answer in await ask_to_renew(world, december(line))] == [True]
    assert [answer.refused for answer in await ask_to_renew(world, december(line, "N-99"))] == ["already_renewed"]
    booked = await world.rows("SELECT count(*) FROM ledger_transaction WHERE source = %s", f"bill N-{line}")
    assert booked == [(1,)]


async def test_a_month_that_was_renewed_before_the_holder_left_comes_back_whole(database: Database) -> None:
    world, (line,) = await carrier(database)
    await ask_to_renew(world, december(line))
    await world.case(line)
    await world.drain()
    await settle(world)
    # The renewal of 20.00 is still unpaid: it is on the bill, and comes off it again; so do 15 days of November.
    assert await totals(world) == [-1001]


@pytest.mark.parametrize("rounds", [ROUNDS])
async def test_renewal_and_cancellation_at_once_have_one_outcome(database: Database, rounds: int) -> None:
    """Never a charge and a closed line: what was granted is on the bill that the quote was made from."""
    world, lines = await carrier(database, rounds)
    for line in lines:
        renewed, asked = await asyncio.gather(ask_to_renew(world, december(line)), world.ask(line))
        assert not isinstance(asked[0], RingoffError)
        (quoted,) = await world.rows(
            "SELECT q.items FROM quote q JOIN cancellation c ON c.id = q.case_id WHERE c.line_id = %s", line
        )
        gives_back = [each["source"] for each in quoted[0] if each["kind"] == "unused_service"]
        granted = [f"bill N-{line}/1"] if renewed[0].granted else []
        assert sorted(gives_back) == sorted([f"bill B-{line}/1", *granted])
        billed = await world.rows("SELECT count(*) FROM bill WHERE bill_number = %s", f"N-{line}")
        assert billed == [(int(renewed[0].granted),)]
