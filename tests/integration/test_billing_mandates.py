"""The stored card goes with its account, when all is settled and not before; subscriptions stop with their line."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.ports import Task
from tests.support.world import NOW, World

SYSTEMS: Mapping[str, Mapping[str, Any]] = {
    "renewals": {"connector": "stripe", "releases": "renewals", "wave": 0, "effect": "undo", "gates": False},
    "hlr": {"wave": 1, "effect": "pivot", "gates": True},
    "mandate": {"connector": "stripe"},
}
_MANDATE = """
INSERT INTO mandate (account_id, mandate_ref, kind, label, customer_ref, method_ref)
SELECT id, %s, 'card', 'Visa ending in 4242', %s, %s FROM account WHERE account_number = %s
"""


@pytest.fixture
async def world(database: Database) -> World:
    return await World.make(database, SYSTEMS)


async def store_card(world: World, account: str = "A", ref: str = "M-1", method: str = "pm_1") -> None:
    await world.rows(_MANDATE, ref, f"cus_{account}", method, account)


def asked(world: World, system: str) -> list[Task]:
    return world[system].asked


async def removed(world: World) -> list[bool]:
    rows = await world.rows("SELECT removed_at IS NOT NULL FROM mandate ORDER BY account_id, mandate_ref")
    return [row[0] for row in rows]


async def test_the_card_is_let_go_with_the_last_line_and_known_to_be(world: World) -> None:
    lines = await world.lines(count=2)
    await store_card(world)
    await world.case(lines[0])
    await world.drain()
    assert (asked(world, "mandate"), await removed(world)) == ([], [False])
    case = await world.case(lines[1])
    await world.drain()
    (task,) = asked(world, "mandate")
    assert task.brief["mandates"] == [{"customer": "cus_A", "method": "pm_1"}]
    assert task.brief["account_number"] == "A"
    assert await removed(world) == [True]
    assert (await world.owed(case, "release"))["mandate.release.1"] == "discharged"


async def test_while_late_usage_may_come_the_card_stays_and_no_patience_is_lost(world: World) -> None:
    (line,) = await world.lines()
    await store_card(world)
    case = await world.case(line)
    cut_off = NOW + timedelta(days=20)
    await world.rows(
        "INSERT INTO settlement (case_id, account_id, closed_at, due_at, cut_off_at, state)"
        " SELECT id, account_id, %s, %s, %s, 'waiting' FROM cancellation",
        NOW,
        cut_off,
        cut_off,
    )
    for _ in range(20):
        await world.later(days=1)
        assert asked(world, "mandate") == []
    assert await world.rows("SELECT state, strikes, attempts FROM obligation WHERE system = 'mandate'") == [
        ("due", 0, 0)
    ]
    await world.rows("UPDATE settlement SET state = 'done'")
    await world.later(days=1)
    assert len(asked(world, "mandate")) == 1
    assert (await world.owed(case, "release"))["mandate.release.1"] == "discharged"


async def test_a_charge_under_way_keeps_the_card(world: World) -> None:
    (line,) = await world.lines()
    await store_card(world)
    case = await world.case(line)
    await world.rows(
        "WITH b AS (INSERT INTO final_bill (case_id, account_id, version, currency, bill_number, issued_at, last_day,"
        " items, total, state) SELECT id, account_id, 1, 'EUR', 'F-1', %s, %s, '[]', 100, 'moving' FROM cancellation"
        " WHERE id = %s RETURNING id, account_id) INSERT INTO money_movement (final_bill_id, account_id, kind, amount,"
        " currency, route, asked_at) SELECT id, account_id, 'charge', 100, 'EUR', 'processor', %s FROM b",
        NOW,
        NOW.date(),
        case,
        NOW,
    )
    await world.later(hours=5)
    assert asked(world, "mandate") == []
    await world.rows("UPDATE money_movement SET state = 'done', done_at = %s", NOW)
    await world.later(hours=1)
    assert len(asked(world, "mandate")) == 1


async def test_a_card_that_another_account_pays_with_as_well_is_left_to_it(world: World) -> None:
    (line,) = await world.lines()
    await world.lines("B")
    for account in ("A", "B"):
        await store_card(world, account, method="pm_shared")
    await store_card(world, "A", ref="M-2", method="pm_own")
    await world.case(line)
    await world.drain()
    (task,) = asked(world, "mandate")
    assert task.brief["mandates"] == [{"customer": "cus_A", "method": "pm_own"}]
    assert await removed(world) == [True, True, False]


async def test_an_account_without_a_card_has_nothing_to_let_go(world: World) -> None:
    (line,) = await world.lines()
    await world.case(line)
    await world.drain()
    (task,) = asked(world, "mandate")
    assert task.brief["mandates"] == []


async def test_subscriptions_are_told_whose_they_are_and_whether_it_is_the_last_line(world: World) -> None:
    lines = await world.lines(count=2)
    await store_card(world)
    told = []
    for line in lines:
        await world.case(line)
        await world.drain()
        task = asked(world, "renewals")[-1]
        told.append((task.brief["line_ref"], task.brief["customers"], task.brief["last_line"]))
    assert told == [("A-1", ["cus_A"], False), ("A-2", ["cus_A"], True)]
