"""The page on which a holder pays by themselves: opened once, followed until it is paid, or over."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from ringoff.connectors.conformance import discharge
from ringoff.connectors.stripe.connector import StripeConnector
from ringoff.kit.errors import Unavailable
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, PaymentPage, Task, Unknown
from tests.connectors.stripe_twin import CUTS, HANGS, Twin, connected_to, error, twin

CREATE, LOOK = "POST /v1/checkout/sessions", "GET /v1/checkout/sessions/cs_1"
INTENT = "GET /v1/payment_intents/pi_1"
PAGE = {"paid": "https://portal.test/paid", "back": "https://portal.test/status", "language": "zh-Hans"}
CHARGE = Task(
    1 << 61,
    "charge",
    1,
    1,
    {
        "final_bill": "F-1",
        "movement": "P-1",
        "amount": 1978,
        "currency": "EUR",
        "description": "Final bill F-1",
        "page": PAGE,
    },
)


def session(status: str, **more: Any) -> tuple[int, dict[str, Any]]:
    url = "https://checkout.test/c/pay/cs_1" if status == "open" else None
    return 200, {"id": "cs_1", "status": status, "url": url, "payment_intent": None, **more}


def intent(status: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"id": "pi_1", "status": status, "amount": 1978, "currency": "eur", "customer": None, **more}


@pytest.fixture
async def scripted() -> AsyncIterator[Twin]:
    async with twin() as one:
        one.say(CREATE, session("open"))
        one.say(LOOK, session("open"))
        yield one


@pytest.fixture
async def connector(scripted: Twin) -> AsyncIterator[StripeConnector]:
    async with connected_to(scripted, timeout_seconds=1) as connector:
        yield connector


async def outcome_of(connector: StripeConnector, reference: str | None = None) -> Outcome | None:
    return (await discharge(connector, replace(CHARGE, reference=reference)))[0]


async def test_the_holder_and_the_worker_open_one_page(scripted: Twin, connector: StripeConnector) -> None:
    assert await connector.payment_page(CHARGE) == PaymentPage("cs_1", "https://checkout.test/c/pay/cs_1")
    accepted = await outcome_of(connector)
    assert isinstance(accepted, Accepted) and accepted.reference == "cs_1"
    opened = [
        (headers.get("Idempotency-Key"), form)
        for call, headers, form in zip(scripted.calls, scripted.headers, scripted.forms, strict=True)
        if call == CREATE
    ]
    assert len(opened) == 2 and opened[0] == opened[1]
    key, form = opened[0]
    assert key == f"payments.{CHARGE.idempotency_key}.page"
    assert (form["line_items[0][price_data][unit_amount]"], form["line_items[0][price_data][currency]"]) == (
        "1978", "eur",
    )  # fmt: skip
    assert (form["mode"], form["locale"], form["success_url"]) == ("payment", "zh", PAGE["paid"])


async def test_it_is_done_once_the_money_is_there(scripted: Twin, connector: StripeConnector) -> None:
    scripted.say(LOOK, session("complete", payment_intent="pi_1"))
    scripted.say(INTENT, intent("processing"), intent("succeeded", amount_received=1978))
    under_way = await outcome_of(connector, "cs_1")
    assert isinstance(under_way, Accepted) and under_way.reference == "cs_1"
    done = await outcome_of(connector, "cs_1")
    assert isinstance(done, Done) and done.evidence["reference"] == "pi_1"
    assert scripted.times(CREATE) == 0


@pytest.mark.parametrize(
    ("looks", "paid"),
    [(session("expired"), None), (session("complete", payment_intent="pi_1"), intent("requires_payment_method"))],
)
async def test_a_page_that_nobody_paid_on_leaves_the_bill_to_be_paid(
    scripted: Twin, connector: StripeConnector, looks: Any, paid: Any
) -> None:
    scripted.say(LOOK, looks)
    if paid:
        scripted.say(INTENT, paid)
    outcome = await outcome_of(connector, "cs_1")
    assert isinstance(outcome, NeedsPerson) and outcome.evidence == {"cannot_take": True}


async def test_another_amount_than_asked_is_a_persons(scripted: Twin, connector: StripeConnector) -> None:
    scripted.say(LOOK, session("complete", payment_intent="pi_1"))
    scripted.say(INTENT, intent("succeeded", amount=1977, amount_received=1977))
    outcome = await outcome_of(connector, "cs_1")
    assert isinstance(outcome, NeedsPerson) and "another amount" in outcome.why


@pytest.mark.parametrize("status", ["complete", "expired"])
async def test_a_page_that_is_over_is_not_shown_again(scripted: Twin, connector: StripeConnector, status: str) -> None:
    scripted.say(LOOK, session(status))
    assert await connector.payment_page(CHARGE) is None


@pytest.mark.parametrize("says", [HANGS, CUTS, error(500, type="api_error"), error(401, message="Invalid API Key")])
async def test_without_an_answer_there_is_no_page_and_the_worker_asks_again(
    scripted: Twin, connector: StripeConnector, says: Any
) -> None:
    scripted.say(CREATE, says)
    with pytest.raises(Unavailable):
        await connector.payment_page(CHARGE)
    outcome = await outcome_of(connector)
    assert not isinstance(outcome, Done | NeedsPerson), outcome
    assert getattr(outcome, "system_failed", isinstance(outcome, Unknown))


async def test_an_address_that_is_none_is_not_handed_on(scripted: Twin, connector: StripeConnector) -> None:
    scripted.say(LOOK, session("open", url="javascript:alert(1)"))
    assert await connector.payment_page(CHARGE) is None
