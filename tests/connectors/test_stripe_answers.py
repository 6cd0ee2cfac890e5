"""What Stripe may answer, and what it leads to: nothing is repeated blindly, nothing secret gets out."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from ringoff.connectors.conformance import discharge
from ringoff.connectors.stripe import connect
from ringoff.connectors.stripe.answers import tidy
from ringoff.connectors.stripe.connector import StripeConnector
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Task, Unknown
from tests.connectors.stripe_harness import KEY, WEBHOOK_SECRET
from tests.connectors.stripe_twin import CUTS, HANGS, Says, Twin, connected_to, error, listed, twin

CREATE, LOOK = "POST /v1/payment_intents", "GET /v1/payment_intents"
BRIEF = {
    "final_bill": "FB-1",
    "movement": "P-1",
    "amount": 1978,
    "currency": "EUR",
    "customer": "cus_1",
    "method": "pm_1",
    "description": "Final bill FB-1",
}
CHARGE = Task(1 << 61, "charge", 1, 1, BRIEF)
OURS = f"payments.{CHARGE.idempotency_key}"


def intent(status: str, id_: str = "pi_1", **more: Any) -> dict[str, Any]:
    told = {"id": id_, "status": status, "amount": 1978, "currency": "eur", "customer": "cus_1"}
    return told | {"client_secret": f"{id_}_secret_hushhush", "metadata": {"ringoff_key": OURS}} | more


@pytest.fixture
async def scripted() -> AsyncIterator[Twin]:
    async with twin() as one:
        one.say(LOOK, listed())
        one.say("GET /v1/payment_methods/pm_1", (200, {"id": "pm_1", "type": "card", "customer": "cus_1"}))
        yield one


@pytest.fixture
async def connector(scripted: Twin) -> AsyncIterator[StripeConnector]:
    async with connected_to(scripted, timeout_seconds=1) as connector:
        yield connector


async def try_(connector: StripeConnector, task: Task = CHARGE) -> Outcome | None:
    return (await discharge(connector, task))[0]


WRITES: list[tuple[str, Says, type[Any], bool]] = [
    ("no answer", HANGS, Unknown, True),
    ("a broken connection", CUTS, Unknown, True),
    ("a fault of theirs", error(500, type="api_error", message="Sorry."), Unknown, True),
    ("a gateway's page", (502, "<html>Bad gateway</html>"), Unknown, True),
    ("a page instead of JSON", (200, "<html>Sign in to the hotel</html>"), Unknown, True),
    ("an earlier try under way", error(409, type="idempotency_error", message="In progress."), Unknown, False),
    ("too many calls", error(429, type="invalid_request_error", code="rate_limit"), RetryAfter, True),
    ("an object that is locked", error(429, type="invalid_request_error", code="lock_timeout"), RetryAfter, False),
    ("a key unknown to them", error(401, type="invalid_request_error", message="Invalid API Key"), RetryAfter, True),
    ("a key that may not", error(403, type="invalid_request_error", message="Not allowed"), NeedsPerson, False),
    ("a call that makes no sense", error(400, type="invalid_request_error", message="Why?"), NeedsPerson, False),
    ("a key used for something else", error(400, type="idempotency_error", message="Other"), NeedsPerson, False),
]


@pytest.mark.parametrize(("what", "says", "ends", "unwell"), WRITES, ids=[write[0] for write in WRITES])
async def test_a_charge_that_is_answered_with(
    scripted: Twin, connector: StripeConnector, what: str, says: Says, ends: type[Any], unwell: bool
) -> None:
    scripted.say(CREATE, says)
    outcome = await try_(connector)
    assert isinstance(outcome, ends), outcome
    assert getattr(outcome, "system_failed", False) is unwell
    assert scripted.times(CREATE) == 1  # the library repeats nothing


@pytest.mark.parametrize("says", [HANGS, CUTS, error(500, type="api_error"), (502, "no JSON")])
async def test_a_question_without_an_answer_has_done_nothing(
    scripted: Twin, connector: StripeConnector, says: Says
) -> None:
    scripted.say(LOOK, says)
    outcome = await try_(connector)
    assert isinstance(outcome, RetryAfter) and outcome.system_failed
    assert scripted.times(CREATE) == 0


def declines(code: str, reason: str | None = None) -> Says:
    return error(402, type="card_error", code=code, decline_code=reason, message="Your card was declined.")


@pytest.mark.parametrize(
    ("code", "reason", "ends", "why"),
    [
        ("card_declined", "try_again_later", RetryAfter, "cannot answer now"),
        ("processing_error", None, RetryAfter, "cannot answer now"),
        ("card_declined", "insufficient_funds", NeedsPerson, "insufficient_funds"),
        ("card_declined", "stolen_card", NeedsPerson, "stolen_card"),
        ("expired_card", None, NeedsPerson, "expired_card"),
        ("authentication_required", None, NeedsPerson, "link to pay"),
        ("card_declined", "authentication_required", NeedsPerson, "link to pay"),
    ],
)
async def test_a_decline_is_told_by_its_code_and_gives_up_what_was_tried(
    scripted: Twin, connector: StripeConnector, code: str, reason: str | None, ends: type[Any], why: str
) -> None:
    scripted.say(CREATE, declines(code, reason))
    scripted.say(LOOK, listed(), listed(intent("requires_payment_method")))
    scripted.say("POST /v1/payment_intents/pi_1/cancel", (200, intent("canceled")))
    scripted.say("GET /v1/payment_intents/pi_1", (200, intent("canceled")))
    outcome = await try_(connector)
    assert isinstance(outcome, ends) and why in outcome.why
    assert scripted.times("POST /v1/payment_intents/pi_1/cancel") == 1
    if isinstance(outcome, RetryAfter):
        assert outcome.delay is not None and outcome.delay >= timedelta(minutes=30)


async def test_what_cannot_be_given_up_is_looked_at_again_before_anything_else(
    scripted: Twin, connector: StripeConnector
) -> None:
    """The holder has just paid it themselves, say: another one would be the second."""
    scripted.say(LOOK, listed(intent("requires_action")), listed(intent("succeeded")))
    scripted.say("POST /v1/payment_intents/pi_1/cancel", error(400, type="invalid_request_error", message="Paid."))
    scripted.say("GET /v1/payment_intents/pi_1", (200, intent("succeeded")))
    assert isinstance(await try_(connector), Unknown)
    assert isinstance(await try_(connector, replace(CHARGE, attempt=2)), Done)
    assert scripted.times(CREATE) == 0


async def test_a_payment_under_way_is_followed_and_never_made_again(scripted: Twin, connector: StripeConnector) -> None:
    scripted.say(CREATE, (200, intent("processing")))
    processing, paid = (200, intent("processing")), (200, intent("succeeded", amount_received=1978))
    scripted.say("GET /v1/payment_intents/pi_1", processing, processing, paid)
    first = await try_(connector)
    assert isinstance(first, Accepted) and first.reference == "pi_1" and first.patience
    following = replace(CHARGE, attempt=2, reference="pi_1")
    assert isinstance(await try_(connector, following), Accepted)
    assert isinstance(await try_(connector, following), Done)
    assert scripted.times(CREATE) == 1


@pytest.mark.parametrize("reason", ["try_again_later", "insufficient_funds"])
async def test_a_payment_that_fails_after_days_is_for_a_person(
    scripted: Twin, connector: StripeConnector, reason: str
) -> None:
    failed = intent("requires_payment_method", last_payment_error={"code": "card_declined", "decline_code": reason})
    scripted.say("GET /v1/payment_intents/pi_1", (200, failed), (200, intent("canceled")))
    scripted.say("POST /v1/payment_intents/pi_1/cancel", (200, intent("canceled")))
    outcome = await try_(connector, replace(CHARGE, attempt=2, reference="pi_1"))
    assert isinstance(outcome, NeedsPerson) and reason in outcome.why


async def test_a_payment_of_only_a_part_is_for_a_person(scripted: Twin, connector: StripeConnector) -> None:
    scripted.say(LOOK, listed(intent("succeeded", amount_received=1000)))
    outcome = await try_(connector)
    assert isinstance(outcome, NeedsPerson) and "part" in outcome.why


async def test_too_many_payments_to_look_through_is_no_reason_to_make_another(
    scripted: Twin, connector: StripeConnector
) -> None:
    page = {"object": "list", "data": [intent("succeeded", metadata={})], "has_more": True}
    scripted.say(LOOK, (200, page))
    assert isinstance(await try_(connector), NeedsPerson)
    assert scripted.times(CREATE) == 0


async def test_nothing_secret_is_shown_or_logged(
    scripted: Twin, connector: StripeConnector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[object] = [connector]
    telling = f"No such pm_1ABCDEFGHIJKL4242 of {KEY}, card 4242 4242 4242 4242, pi_1_secret_hushhush"
    scripted.say(CREATE, (200, intent("succeeded")), error(400, type="invalid_request_error", message=telling))
    scripted.say("GET /v1/payment_intents/pi_1", (200, intent("succeeded")))
    seen += [await try_(connector), await try_(connector)]
    scripted.say(LOOK, error(401, type="invalid_request_error", message=telling))
    seen += [await try_(connector), await connector.read_back(CHARGE)]
    shown = repr(seen) + caplog.text
    assert "_…4242" in shown  # the last four tell a person which card it was
    for secret in (KEY, WEBHOOK_SECRET, "hushhush", "ABCDEFGHIJKL", "4242 4242"):
        assert secret not in shown
    told = " ".join(f"{name}: {value}".lower() for headers in scripted.headers for name, value in headers.items())
    assert "telemetry" not in told and "x-stripe-client" not in told


def test_what_is_no_secret_is_left_as_it_is() -> None:
    said = "No such payment_intent: 'pi_3Abc'; bill FB-20261123-17 of 1978 EUR, a similar object exists in test mode"
    assert tidy(said) == said


async def test_health_says_what_to_do(scripted: Twin, connector: StripeConnector) -> None:
    balance = "GET /v1/balance"
    scripted.say(balance, (200, {"object": "balance"}))
    assert (await connector.health()).ok
    scripted.say(balance, error(403, type="invalid_request_error", message="Not this."))
    assert (await connector.health()).ok
    for says in (error(401, type="invalid_request_error"), error(500, type="api_error"), HANGS):
        scripted.say(balance, says)
        health = await connector.health()
        assert not health.ok and health.says and health.advice


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "pk_test_public"},
        {"key": None},
        {"webhook_secret": "hushhush"},
        {"api_base": "http://api.stripe.com"},
        {"api_base": "https://user:password@api.stripe.com"},
        {"api_base": "https://api.stripe.com/v1"},
        {"parallel": 0},
        {"releases": "everything"},
        {"idempotent": True},
    ],
)
def test_an_impossible_option_is_refused_without_showing_its_value(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        connect("payments", {"key": KEY, **wrong})
    assert KEY not in str(refused.value)
    assert "hushhush" not in str(refused.value)
