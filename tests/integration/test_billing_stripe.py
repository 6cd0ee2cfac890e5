"""From an obligation to a settled bill through the real connector, on a Stripe that remembers."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from ringoff.db.pool import Database
from ringoff.surfaces.api import create_api
from tests.connectors.stripe_harness import BOUNCES, DECLINED, VISA, WEBHOOK_SECRET, LocalStripe, local_stripe
from tests.support.world import NOW, World

_OWE = """
WITH b AS (
    INSERT INTO final_bill
           (case_id, account_id, version, currency, bill_number, issued_at, last_day, items, total, state)
    SELECT id, account_id, %(version)s, 'EUR', %(bill)s, %(now)s, %(now)s::date, '[]', %(amount)s, 'moving'
      FROM cancellation RETURNING id, account_id
), m AS (
    INSERT INTO money_movement (final_bill_id, account_id, kind, amount, currency, route, payment_ref, asked_at)
    SELECT id, account_id, %(kind)s, %(amount)s, 'EUR', 'processor', %(payment)s, %(now)s FROM b RETURNING id
)
INSERT INTO obligation (subject_id, system, kind, priority, created_at, due_at)
SELECT id, 'payments', %(kind)s, 10, %(now)s, %(now)s FROM m
"""


@pytest.fixture(scope="module")
def stripe_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStripe]:
    with local_stripe(tmp_path_factory.mktemp("stripe")) as running:
        yield running


@dataclass(slots=True)
class Till:
    """An account of one line that leaves, and who it is at Stripe."""

    world: World
    stripe: LocalStripe
    customer: str

    @classmethod
    async def open(cls, database: Database, server: LocalStripe, number: str = VISA) -> "Till":
        till = cls(await World.make(database, {}, payments=server.options()), server, server.customer())
        (line,) = await till.world.lines()
        await till.world.rows(
            "INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind,"
            " requested_at, effective_at, rule_pack) SELECT id, account_id, 'requested', 10, 'api', 'test', 'now',"
            " %s, %s, 'neutral@1' FROM line WHERE id = %s",
            NOW,
            NOW,
            line,
        )
        await till.world.rows(
            "INSERT INTO mandate (account_id, mandate_ref, kind, label, customer_ref, method_ref)"
            " SELECT account_id, 'M-1', 'card', 'Visa', %s, %s FROM line",
            till.customer,
            server.card(till.customer, number) if number.isdecimal() else server.account(till.customer, number),
        )
        return till

    async def owe(self, kind: str, amount: int, payment: str | None = None) -> None:
        told = {
            "kind": kind,
            "amount": amount,
            "payment": payment,
            "bill": f"F-{kind}",
            "version": 1 + (kind == "refund"),
        }
        async with self.world.app.database.transaction() as conn:
            await conn.execute(_OWE, {**told, "now": NOW})

    async def turn(self) -> None:
        await self.world.drain("payments")

    async def bills(self) -> dict[str, str]:
        return dict(await self.world.rows("SELECT bill_number, state FROM final_bill"))

    async def close(self) -> None:
        await self.world.app.systems["payments"].connector.close()


async def test_what_was_charged_can_be_returned_and_both_are_settled(
    database: Database, stripe_server: LocalStripe
) -> None:
    till = await Till.open(database, stripe_server)
    await till.owe("charge", 2000)
    await till.turn()
    (intent,) = stripe_server.intents(till.customer)
    await till.world.rows(
        "INSERT INTO payment (account_id, payment_ref, received_at, amount, currency, method, processor_ref)"
        " SELECT account_id, 'P-1', %s, 2000, 'EUR', 'card', reference FROM money_movement",
        NOW,
    )
    await till.owe("refund", 700, "P-1")
    await till.turn()
    assert [refund["amount"] for refund in stripe_server.refunds(intent["id"])] == [700]
    assert await till.bills() == {"F-charge": "settled", "F-refund": "settled"}
    assert await till.world.rows("SELECT ledger, sum(amount)::int FROM posting GROUP BY ledger ORDER BY ledger") == [
        ("cash", 1300),
        ("receivable", -1300),
    ]
    await till.close()


async def test_a_declined_card_leaves_a_bill_that_the_holder_can_pay(
    database: Database, stripe_server: LocalStripe
) -> None:
    till = await Till.open(database, stripe_server, DECLINED)
    await till.owe("charge", 2000)
    await till.turn()
    assert await till.bills() == {"F-charge": "open"}
    assert [intent["status"] for intent in stripe_server.intents(till.customer)] == ["canceled"]
    await till.close()


async def test_a_webhook_wakes_what_is_under_way_and_a_forged_one_does_not(
    database: Database, stripe_server: LocalStripe
) -> None:
    till = await Till.open(database, stripe_server, BOUNCES)
    await till.owe("charge", 2000)
    await till.turn()
    (intent,) = stripe_server.intents(till.customer)
    assert await till.bills() == {"F-charge": "moving"}
    await asyncio.to_thread(_until_bounced, stripe_server, intent["id"])
    api = create_api(till.world.app)
    body = json.dumps({"object": "event", "data": {"object": {"object": "payment_intent", "id": intent["id"]}}})
    transport = httpx.ASGITransport(app=api)
    async with httpx.AsyncClient(transport=transport, base_url="http://ringoff") as client:
        for secret, status in (("whsec_forged", 401), (WEBHOOK_SECRET, 202)):
            signature = stripe.WebhookSignature.generate_signature_header(body, secret)
            headers = {"stripe-signature": signature, "content-type": "application/json; charset=utf-8"}
            answer = await client.post("/v1/callbacks/payments", content=body, headers=headers)
            assert answer.status_code == status, answer.text
            await till.turn()
            assert await till.bills() == {"F-charge": "open" if status == 202 else "moving"}
    await till.close()


def _until_bounced(stripe_server: LocalStripe, intent: str) -> None:
    while stripe_server.get(f"/v1/payment_intents/{intent}")["status"] == "processing":
        time.sleep(0.05)


_WORKS = """
import asyncio, json, sys
from ringoff.db.pool import Database
from tests.support.world import World
async def main():
    url, options = json.load(sys.stdin)
    async with Database(url) as database:
        world = await World.make(database, {}, payments=options)
        await world.drain("payments")
asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["charge", "refund"])
@pytest.mark.parametrize("place", ["effected", "settling"])
async def test_a_worker_that_dies_after_the_money_moved_moves_it_once(
    database: Database, database_url: str, stripe_server: LocalStripe, kind: str, place: str
) -> None:
    till = await Till.open(database, stripe_server)
    card = {"payment_method": stripe_server.card(till.customer), "confirm": True}
    paid = stripe_server.post("/v1/payment_intents", amount=2000, currency="eur", customer=till.customer, **card)["id"]
    await till.world.rows(
        "INSERT INTO payment (account_id, payment_ref, received_at, amount, currency, method, processor_ref)"
        " SELECT account_id, 'P-1', %s, 2000, 'EUR', 'card', %s FROM line",
        NOW,
        paid,
    )
    await till.owe(kind, 700, "P-1" if kind == "refund" else None)
    died = await asyncio.to_thread(_work_and_die, database_url, stripe_server.options(), place)
    assert died == -signal.SIGKILL
    assert await till.bills() == {f"F-{kind}": "moving"}
    await till.world.later(minutes=1)  # its lease has run out
    assert await till.bills() == {f"F-{kind}": "settled"}
    moved = {
        "charge": sum(intent["amount"] == 700 for intent in stripe_server.intents(till.customer)),
        "refund": len(stripe_server.refunds(paid)),
    }
    assert moved[kind] == 1
    assert await till.world.rows("SELECT attempts, state FROM obligation") == [(2, "discharged")]
    await till.close()


def _work_and_die(database_url: str, options: dict[str, Any], place: str) -> int:
    return subprocess.run(
        [sys.executable, "-c", _WORKS],
        input=json.dumps([database_url, options]),
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "RINGOFF_FAILPOINT": f"{place}:1"},
        timeout=90,
    ).returncode
