"""Money that moves, over the real database: once, booked, and told; and what becomes of it where it cannot."""

import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from ringoff.app import build
from ringoff.db.pool import Database
from ringoff.ports import (
    Accepted,
    Connector,
    Done,
    Evidence,
    Health,
    NeedsPerson,
    Outcome,
    ReadBack,
    RetryAfter,
    StillOurs,
    Task,
)
from tests.support.world import NOW, World

_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Processor:
    """Says of each movement, by its amount, what it is told to; and remembers what it was asked."""

    trial: bool = False
    parallel: int = 10
    says: dict[int, list[Outcome]] = field(default_factory=dict)
    asked: list[Task] = field(default_factory=list)

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        for task in batch:
            self.asked.append(task)
            words = self.says.get(task.brief.get("amount", 0))
            yield task, words.pop(0) if words else Done({"reference": f"re_{task.subject_id}"})

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        return "unsure", {}

    async def health(self) -> Health:
        return Health(True, "answers")

    async def close(self) -> None:
        pass


@dataclass(slots=True)
class Desk:
    world: World
    processor: Processor
    case: int
    account: int

    async def owe(self, kind: str, amount: int, payment: str | None = None, bill: str | None = None) -> str:
        """A movement of a final bill of its own, or of `bill`; returns the bill's number."""
        number = bill or f"F-{next(_NUMBERS)}"
        total = amount if kind == "charge" else -amount
        async with self.world.app.database.transaction() as conn:
            if bill is None:
                await conn.execute(
                    "INSERT INTO final_bill (case_id, account_id, version, currency, bill_number, issued_at, last_day,"
                    " items, total, state) VALUES (%s, %s, %s, 'EUR', %s, %s, %s, '[]', %s, 'moving')",
                    [self.case, self.account, int(number[2:]), number, NOW, NOW.date(), total],
                )
            await conn.execute(
                "WITH m AS (INSERT INTO money_movement (final_bill_id, account_id, kind, amount, currency, route,"
                " payment_ref, asked_at) SELECT id, account_id, %(kind)s, %(amount)s, 'EUR', 'processor', %(payment)s,"
                " %(now)s FROM final_bill WHERE bill_number = %(number)s RETURNING id)"
                " INSERT INTO obligation (subject_id, system, kind, priority, created_at, due_at)"
                " SELECT id, 'payments', %(kind)s, 10, %(now)s, %(now)s FROM m",
                {"kind": kind, "amount": amount, "payment": payment, "number": number, "now": NOW},
            )
        return number

    async def turn(self) -> None:
        await self.world.drain("payments")

    async def state(self, bill: str) -> str:
        return str((await self.world.rows("SELECT state FROM final_bill WHERE bill_number = %s", bill))[0][0])

    async def movements(self, bill: str) -> list[tuple[Any, ...]]:
        return await self.world.rows(
            "SELECT m.kind, m.route, m.state, m.amount, m.reference FROM money_movement m"
            " JOIN final_bill f ON f.id = m.final_bill_id WHERE f.bill_number = %s ORDER BY m.id",
            bill,
        )

    async def booked(self, bill: str) -> dict[str, int]:
        rows = await self.world.rows(
            "SELECT p.ledger, p.amount FROM posting p JOIN ledger_transaction t ON t.id = p.transaction_id"
            " WHERE t.kind IN ('charge', 'refund') AND t.id IN (SELECT q.transaction_id FROM posting q"
            " WHERE q.bill_number = %s)",
            bill,
        )
        return dict(rows)


@pytest.fixture
async def desk(database: Database) -> Desk:
    """An account with a stored card, and a payment of 20.00 that can be returned to it."""
    world, processor = await World.make(database), Processor()
    connectors: dict[str, Connector] = {**world.systems, "payments": processor}
    world.app = await build(world.app.settings, database, connectors=connectors).open()
    (line,) = await world.lines()
    case = int(await world.case(line))
    for statement in (
        "INSERT INTO mandate (account_id, mandate_ref, kind, label, customer_ref, method_ref)"
        " SELECT id, 'M-1', 'card', 'Visa ending in 4242', 'cus_1', 'pm_1' FROM account",
        "INSERT INTO payment (account_id, payment_ref, received_at, amount, currency, method, processor_ref)"
        " SELECT id, 'P-1', now(), 2000, 'EUR', 'card', 'pi_1' FROM account",
    ):
        await world.rows(statement)
    ((account,),) = await world.rows("SELECT id FROM account")
    return Desk(world, processor, case, account)


async def test_a_charge_is_taken_from_the_stored_card_booked_and_settles_its_bill(desk: Desk) -> None:
    bill = await desk.owe("charge", 1978)
    await desk.turn()
    (task,) = desk.processor.asked
    told = {name: task.brief[name] for name in ("final_bill", "amount", "currency", "customer", "method")}
    assert told == {"final_bill": bill, "amount": 1978, "currency": "EUR", "customer": "cus_1", "method": "pm_1"}
    assert await desk.state(bill) == "settled"
    assert await desk.booked(bill) == {"cash": 1978, "receivable": -1978}
    ((_, _, state, _, reference),) = await desk.movements(bill)
    assert (state, reference) == ("done", f"re_{task.subject_id}")
    assert (await desk.world.told(desk.case))[-2:] == ["charge.discharged", "final_bill.settled"]


async def test_a_refund_is_not_done_until_it_is_paid(desk: Desk) -> None:
    desk.processor.says[700] = [Accepted("re_7", timedelta(hours=1), timedelta(days=30)) for _ in range(100)]
    bill = await desk.owe("refund", 700, "P-1")
    await desk.turn()
    assert desk.processor.asked[0].brief["payment"] == "pi_1"
    assert (await desk.state(bill), await desk.booked(bill)) == ("moving", {})
    assert await desk.movements(bill) == [("refund", "processor", "due", 700, "re_7")]
    await desk.world.later(days=5)  # longer than anything else is waited for
    assert await desk.state(bill) == "moving"
    desk.processor.says[700] = []
    await desk.world.later(hours=1)
    assert await desk.state(bill) == "settled"
    assert await desk.booked(bill) == {"cash": -700, "receivable": 700}
    assert await desk.world.rows("SELECT refunded FROM payment") == [(700,)]
    told = [one for one in await desk.world.told(desk.case) if one.startswith("refund.")]
    assert told == ["refund.accepted", "refund.discharged"]


async def test_two_refunds_to_one_payment_in_one_batch_are_both_counted(desk: Desk) -> None:
    for amount in (300, 400):
        await desk.owe("refund", amount, "P-1")
    await desk.turn()
    assert await desk.world.rows("SELECT refunded FROM payment") == [(700,)]


async def test_a_refund_that_cannot_be_returned_becomes_a_transfer_for_a_person(desk: Desk) -> None:
    desk.processor.says[700] = [NeedsPerson("the card is closed", {"cannot_return": True})]
    bill = await desk.owe("refund", 700, "P-1")
    await desk.turn()
    assert await desk.movements(bill) == [
        ("refund", "processor", "failed", 700, None),
        ("refund", "transfer", "due", 700, None),
    ]
    assert (await desk.state(bill), await desk.booked(bill)) == ("task", {})
    assert await desk.world.rows("SELECT state FROM obligation WHERE kind = 'refund'") == [("void",)]
    assert await desk.world.rows("SELECT refunded FROM payment") == [(0,)]
    assert "refund.fallout" in await desk.world.told(desk.case)


async def test_a_charge_that_the_bank_declines_waits_for_the_holder_and_the_desk_knows(desk: Desk) -> None:
    desk.processor.says[1978] = [NeedsPerson("declined", {"cannot_take": True})]
    bill = await desk.owe("charge", 1978)
    await desk.turn()
    assert [one[1:3] for one in await desk.movements(bill)] == [("processor", "failed"), ("guest", "due")]
    assert await desk.state(bill) == "open"
    assert await desk.world.rows("SELECT state FROM obligation WHERE kind = 'charge'") == [("fallout",)]


async def test_what_a_person_has_tried_again_after_another_way_was_found_moves_nothing(desk: Desk) -> None:
    desk.processor.says[1978] = [NeedsPerson("declined", {"cannot_take": True})]
    bill = await desk.owe("charge", 1978)
    await desk.turn()
    await desk.world.rows("UPDATE obligation SET state = 'due', settled_at = NULL WHERE kind = 'charge'")
    await desk.turn()
    assert len(desk.processor.asked) == 1
    assert (await desk.state(bill), len(await desk.movements(bill))) == ("open", 2)


async def test_a_fallout_that_can_be_mended_is_a_task_until_it_is(desk: Desk) -> None:
    desk.processor.says[1978] = [NeedsPerson("our key may not do this", untouched=True)]
    bill = await desk.owe("charge", 1978)
    await desk.turn()
    assert (await desk.state(bill), len(await desk.movements(bill))) == ("task", 1)
    await desk.world.rows("UPDATE obligation SET state = 'due', settled_at = NULL WHERE kind = 'charge'")
    await desk.turn()
    assert await desk.state(bill) == "settled"


@pytest.mark.parametrize(
    ("verdict", "state", "ways"),
    [("discharged", "settled", ["processor"]), ("void", "open", ["processor", "guest"])],
)
async def test_what_a_person_says_of_a_charge_is_what_becomes_of_it(
    desk: Desk, verdict: str, state: str, ways: list[str]
) -> None:
    desk.processor.says[1978] = [NeedsPerson("under our key there is a payment of another amount")]
    bill = await desk.owe("charge", 1978)
    await desk.turn()
    ((movement,),) = await desk.world.rows("SELECT id FROM money_movement")
    await desk.world.resolve(movement, "payments", verdict, kind="charge")
    assert await desk.state(bill) == state
    assert [one[1] for one in await desk.movements(bill)] == ways
    assert await desk.booked(bill) == ({"cash": 1978, "receivable": -1978} if verdict == "discharged" else {})


async def test_a_bill_is_settled_when_its_last_movement_is_done(desk: Desk) -> None:
    desk.processor.says[400] = [RetryAfter("later", timedelta(hours=1))]
    bill = await desk.owe("refund", 300, "P-1")
    await desk.owe("refund", 400, "P-1", bill=bill)
    await desk.turn()
    assert await desk.state(bill) == "moving"
    await desk.world.later(hours=2)
    assert await desk.state(bill) == "settled"


async def test_a_charge_stays_with_the_customer_that_it_was_first_tried_with(desk: Desk) -> None:
    desk.processor.says[1978] = [RetryAfter("busy", timedelta(hours=1))]
    await desk.owe("charge", 1978)
    await desk.turn()
    await desk.world.rows(
        "INSERT INTO mandate (account_id, mandate_ref, kind, label, customer_ref, method_ref) VALUES"
        " (%s, 'M-0', 'card', 'Visa', 'cus_2', 'pm_2'), (%s, 'M-2', 'card', 'Visa', 'cus_1', 'pm_3')",
        desk.account,
        desk.account,
    )
    await desk.world.rows("UPDATE mandate SET removed_at = now() WHERE mandate_ref = 'M-1'")
    await desk.world.later(hours=2)
    first, second = desk.processor.asked
    assert (first.brief["customer"], first.brief["method"]) == ("cus_1", "pm_1")
    assert (second.brief["customer"], second.brief["method"]) == ("cus_1", "pm_3")


@pytest.mark.parametrize(
    ("kind", "payment", "way"), [("charge", None, "guest"), ("refund", None, "transfer")], ids=["no card", "no payment"]
)
async def test_what_the_processor_cannot_know_of_goes_another_way_without_asking_it(
    desk: Desk, kind: str, payment: str | None, way: str
) -> None:
    await desk.world.rows("UPDATE mandate SET removed_at = now()")
    bill = await desk.owe(kind, 500, payment)
    await desk.turn()
    assert desk.processor.asked == []
    assert [one[1:3] for one in await desk.movements(bill)] == [("processor", "failed"), (way, "due")]
