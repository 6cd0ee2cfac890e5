"""Webhooks: only Stripe's own wake us, and they do no more than that, however late, often or out of order they come."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
import time_machine
from aiohttp import web

from ringoff.connectors.stripe import connect
from ringoff.connectors.stripe.connector import StripeConnector
from ringoff.kit.errors import InvalidInput, Unauthenticated
from ringoff.ports import AnswersLater
from tests.connectors.stripe_harness import KEY, WEBHOOK_SECRET, LocalStripe


@pytest.fixture
def connector() -> StripeConnector:
    return connect("payments", {"key": KEY, "webhook_secret": WEBHOOK_SECRET})


def signed(said: Any, secret: str = WEBHOOK_SECRET, at: float | None = None) -> tuple[dict[str, str], bytes]:
    body = said if isinstance(said, str) else json.dumps(said)
    signature = stripe.WebhookSignature.generate_signature_header(body, secret, int(at or time.time()))
    return {"Stripe-Signature": signature}, body.encode()


def event(type_: str, **about: Any) -> dict[str, Any]:
    return {"id": "evt_1", "object": "event", "type": type_, "data": {"object": about}}


def test_an_event_names_the_payment_or_refund_that_it_is_about(connector: StripeConnector) -> None:
    assert isinstance(connector, AnswersLater)
    told = [
        (event("payment_intent.succeeded", object="payment_intent", id="pi_1"), "pi_1"),
        (event("charge.succeeded", object="charge", id="ch_1", payment_intent="pi_1"), "pi_1"),
        (event("refund.updated", object="refund", id="re_1", payment_intent="pi_1"), "re_1"),
        (event("charge.refund.updated", object="refund", id="re_1", charge="ch_1"), "re_1"),
        (event("customer.updated", object="customer", id="cus_1"), "cus_1"),
    ]
    for said, reference in told:
        assert connector.callback(*signed(said)) == reference


def test_repeated_and_out_of_order_they_say_no_more_than_whom_to_ask_about(connector: StripeConnector) -> None:
    paid = signed(event("refund.updated", object="refund", id="re_1", status="succeeded"))
    pending = signed(event("refund.created", object="refund", id="re_1", status="pending"))
    assert [connector.callback(*one) for one in (paid, paid, pending)] == ["re_1"] * 3


def test_what_is_not_surely_stripes_is_refused(connector: StripeConnector) -> None:
    headers, body = signed(event("payment_intent.succeeded", object="payment_intent", id="pi_1"))
    old = (datetime.now(UTC) - timedelta(minutes=6)).timestamp()
    forged = [
        ({}, body),
        (headers, body + b" "),
        (headers, b"\xff"),
        ({"stripe-signature": "t=,v1="}, body),
        ({"stripe-signature": "nonsense"}, body),
        ({"stripe-signature": headers["Stripe-Signature"].replace("v1=", "v0=")}, body),
        signed(event("x", id="pi_1"), secret="whsec_other"),
        signed(event("x", id="pi_1"), at=old),
    ]
    for headers_, body_ in forged:
        with pytest.raises(Unauthenticated):
            connector.callback(headers_, body_)


def test_one_that_was_overheard_cannot_be_played_back_later(connector: StripeConnector) -> None:
    overheard = signed(event("payment_intent.succeeded", object="payment_intent", id="pi_1"))
    connector.callback(*overheard)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)), pytest.raises(Unauthenticated):
        connector.callback(*overheard)


def test_without_a_secret_nobody_wakes_us() -> None:
    with pytest.raises(Unauthenticated):
        connect("payments", {"key": KEY}).callback(*signed(event("x", id="pi_1"), secret="whsec_"))


@pytest.mark.parametrize("said", ["[]", "no JSON", "{}", '{"data": 3}', '{"data": {"object": {"id": 7}}}'])
def test_what_is_well_signed_and_makes_no_sense_is_invalid(connector: StripeConnector, said: str) -> None:
    with pytest.raises(InvalidInput):
        connector.callback(*signed(said))


@pytest.fixture
async def heard() -> AsyncIterator[tuple[str, "asyncio.Queue[tuple[dict[str, str], bytes]]"]]:
    """An address on loopback, and what was posted to it."""
    posted: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        posted.put_nowait((dict(request.headers), await request.read()))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}/v1/callbacks/payments".format(*runner.addresses[0]), posted
    await runner.cleanup()


async def test_what_a_running_stripe_posts_is_understood(
    stripe_server: LocalStripe,
    connector: StripeConnector,
    heard: tuple[str, "asyncio.Queue[tuple[dict[str, str], bytes]]"],
) -> None:
    url, posted = heard
    stripe_server.call_back(url)
    customer = stripe_server.customer()
    card = stripe_server.card(customer)
    intent = stripe_server.post(
        "/v1/payment_intents", amount=100, currency="eur", customer=customer, payment_method=card, confirm=True
    )
    async with asyncio.timeout(20):
        while connector.callback(*await posted.get()) != intent["id"]:
            pass
