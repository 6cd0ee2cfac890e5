"""Refunds: made once, never of more than was paid, and followed until the money has arrived."""

import itertools
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ringoff.connectors.conformance import discharge
from ringoff.connectors.stripe.connector import StripeConnector
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Task, Unknown
from tests.connectors.stripe_harness import LocalStripe, connected
from tests.connectors.stripe_twin import Twin, connected_to, error, listed, twin

_MOVEMENTS = itertools.count(1 << 61 | secrets.randbits(40))


@pytest.fixture
async def connector(stripe_server: LocalStripe) -> AsyncIterator[StripeConnector]:
    async with connected(stripe_server) as connector:
        yield connector


def refund_of(payment: str, amount: int = 700, attempt: int = 1, currency: str = "EUR") -> Task:
    movement = next(_MOVEMENTS)
    told = {"final_bill": "FB-1", "movement": f"P-{movement}", "payment": payment}
    return Task(movement, "refund", 1, attempt, {**told, "amount": amount, "currency": currency})


def paid(stripe_server: LocalStripe, amount: int = 2000) -> str:
    customer = stripe_server.customer()
    card = stripe_server.card(customer)
    intent = stripe_server.post(
        "/v1/payment_intents", amount=amount, currency="eur", customer=customer, payment_method=card, confirm=True
    )
    return str(intent["id"])


async def test_a_part_of_a_payment_goes_back_to_it(stripe_server: LocalStripe, connector: StripeConnector) -> None:
    payment = paid(stripe_server)
    task = refund_of(payment)
    (outcome,) = await discharge(connector, task)
    (refund,) = stripe_server.refunds(payment)
    assert outcome == Done({"reference": refund["id"], "status": "succeeded", "amount": 700, "currency": "EUR"})
    assert (refund["amount"], refund["metadata"]["final_bill"]) == (700, "FB-1")


async def test_a_payment_that_is_known_by_its_charge_is_refunded_as_well(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    payment = paid(stripe_server)
    charge = stripe_server.get(f"/v1/payment_intents/{payment}")["latest_charge"]["id"]
    assert isinstance((await discharge(connector, refund_of(charge)))[0], Done)


async def test_a_lost_answer_is_looked_up_and_nothing_is_returned_twice(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    payment = paid(stripe_server)
    task = refund_of(payment)
    stripe_server.lose_answer()
    assert isinstance((await discharge(connector, task))[0], Unknown)
    assert isinstance((await discharge(connector, replace(task, attempt=2)))[0], Done)
    assert isinstance((await discharge(connector, task))[0], Done)
    assert [refund["amount"] for refund in stripe_server.refunds(payment)] == [700]


async def test_two_equal_refunds_of_one_payment_are_two(stripe_server: LocalStripe, connector: StripeConnector) -> None:
    payment = paid(stripe_server)
    for _ in range(2):
        assert isinstance((await discharge(connector, refund_of(payment)))[0], Done)
    assert [refund["amount"] for refund in stripe_server.refunds(payment)] == [700, 700]


async def test_no_more_is_returned_than_is_left_of_the_payment(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    payment = paid(stripe_server)
    assert isinstance((await discharge(connector, refund_of(payment, 1500)))[0], Done)
    (outcome,) = await discharge(connector, refund_of(payment, 501))
    assert isinstance(outcome, NeedsPerson) and outcome.evidence["cannot_return"]
    assert isinstance((await discharge(connector, refund_of(payment, 500)))[0], Done)


async def test_another_currency_is_never_returned(stripe_server: LocalStripe, connector: StripeConnector) -> None:
    payment = paid(stripe_server)
    (outcome,) = await discharge(connector, refund_of(payment, currency="USD"))
    assert isinstance(outcome, NeedsPerson)
    assert stripe_server.refunds(payment) == []


async def test_a_payment_that_stripe_never_heard_of_needs_a_person(connector: StripeConnector) -> None:
    (outcome,) = await discharge(connector, refund_of("pi_nobody"))
    assert isinstance(outcome, NeedsPerson) and outcome.untouched


# ── What localstripe does not do ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def scripted() -> AsyncIterator[Twin]:
    async with twin() as one:
        payment = {"id": "pi_1", "status": "succeeded", "amount": 2000, "amount_received": 2000, "currency": "eur"}
        one.say("GET /v1/payment_intents/pi_1", (200, payment))
        one.say("GET /v1/refunds", listed())
        yield one


@pytest.fixture
async def reserved(scripted: Twin) -> AsyncIterator[StripeConnector]:
    async with connected_to(scripted) as connector:
        yield connector


def at_stripe(status: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"id": "re_1", "status": status, "amount": 700, "currency": "eur", "metadata": {}, **more}


async def one(connector: StripeConnector, task: Task) -> Outcome | None:
    return (await discharge(connector, task))[0]


async def test_a_refund_under_way_is_followed_for_weeks_until_it_is_paid(
    scripted: Twin, reserved: StripeConnector
) -> None:
    scripted.say("POST /v1/refunds", at_stripe("pending"))
    scripted.say("GET /v1/refunds/re_1", at_stripe("pending"), at_stripe("pending"), at_stripe("succeeded"))
    task = refund_of("pi_1")
    first = await one(reserved, task)
    assert isinstance(first, Accepted) and first.reference == "re_1"
    assert first.patience is not None and first.patience >= timedelta(days=14)
    assert isinstance(await one(reserved, replace(task, attempt=2, reference="re_1")), Accepted)
    assert isinstance(await one(reserved, replace(task, attempt=3, reference="re_1")), Done)
    assert scripted.times("POST /v1/refunds") == 1


@pytest.mark.parametrize("status", ["failed", "canceled"])
async def test_a_refund_that_fails_later_cannot_be_returned_that_way(
    scripted: Twin, reserved: StripeConnector, status: str
) -> None:
    scripted.say("GET /v1/refunds/re_1", at_stripe(status, failure_reason="lost_or_stolen_card"))
    outcome = await one(reserved, replace(refund_of("pi_1"), attempt=2, reference="re_1"))
    assert isinstance(outcome, NeedsPerson) and outcome.evidence["cannot_return"]
    assert "lost_or_stolen_card" in outcome.why
    assert scripted.calls == ["GET /v1/refunds/re_1"]


async def test_failed_refunds_do_not_count_as_returned(scripted: Twin, reserved: StripeConnector) -> None:
    scripted.say("GET /v1/refunds", listed(at_stripe("failed", amount=2000)[1]))
    scripted.say("POST /v1/refunds", at_stripe("succeeded"))
    scripted.say("GET /v1/refunds/re_1", at_stripe("succeeded"))
    assert isinstance(await one(reserved, refund_of("pi_1", 700)), Done)


async def test_what_stripe_refuses_to_refund_finds_another_way(scripted: Twin, reserved: StripeConnector) -> None:
    disputed = error(400, type="invalid_request_error", code="charge_disputed", message="It is disputed.")
    scripted.say("POST /v1/refunds", disputed)
    outcome = await one(reserved, refund_of("pi_1"))
    assert isinstance(outcome, NeedsPerson) and outcome.evidence["cannot_return"]


async def test_our_own_empty_balance_is_waited_for(scripted: Twin, reserved: StripeConnector) -> None:
    empty = error(400, type="invalid_request_error", code="balance_insufficient", message="Too little.")
    scripted.say("POST /v1/refunds", empty)
    outcome = await one(reserved, refund_of("pi_1"))
    assert isinstance(outcome, RetryAfter) and not outcome.system_failed
    assert outcome.delay is not None and outcome.delay >= timedelta(hours=1)
