"""Charges on a real wire: taken once whatever becomes of their answers, and said plainly where nothing can be taken."""

import asyncio
import itertools
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from ringoff.connectors.conformance import discharge, settle
from ringoff.connectors.stripe.connector import StripeConnector
from ringoff.ports import Done, NeedsPerson, Task, Unknown
from tests.connectors.stripe_harness import ASKS_HOLDER, BOUNCES, DECLINED, LocalStripe, connected

_MOVEMENTS = itertools.count(1 << 61 | secrets.randbits(40))


@pytest.fixture
async def connector(stripe_server: LocalStripe) -> AsyncIterator[StripeConnector]:
    async with connected(stripe_server) as connector:
        yield connector


def charge_of(customer: str, method: str, attempt: int = 1, amount: int = 1978) -> Task:
    movement = next(_MOVEMENTS)
    brief = {
        "final_bill": "FB-1",
        "movement": f"P-{movement}",
        "amount": amount,
        "currency": "EUR",
        "customer": customer,
        "method": method,
        "description": "Final bill FB-1",
    }
    return Task(movement, "charge", 1, attempt, brief)


async def test_what_is_owed_is_taken_from_the_stored_card_and_read_back(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.card(customer))
    (outcome,) = await discharge(connector, task)
    (intent,) = stripe_server.intents(customer)
    assert outcome == Done({"reference": intent["id"], "status": "succeeded", "amount": 1978, "currency": "EUR"})
    assert (intent["amount"], intent["currency"], intent["description"]) == (1978, "eur", "Final bill FB-1")
    assert intent["metadata"] == {
        "ringoff_key": f"payments.{task.idempotency_key}",
        "final_bill": "FB-1",
        "movement": task.brief["movement"],
    }


async def test_a_lost_answer_is_looked_up_and_nothing_is_taken_twice(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.card(customer))
    stripe_server.lose_answer()
    assert isinstance((await discharge(connector, task))[0], Unknown)
    assert isinstance((await discharge(connector, replace(task, attempt=2)))[0], Done)
    assert isinstance((await discharge(connector, task))[0], Done)  # even one that counts as a first
    assert len(stripe_server.intents(customer)) == 1


async def test_other_payments_of_the_customer_are_not_taken_for_ours(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    card = stripe_server.card(customer)
    for _ in range(2):
        assert isinstance((await discharge(connector, charge_of(customer, card, attempt=2)))[0], Done)
    assert len(stripe_server.intents(customer)) == 2


async def test_what_was_made_is_found_behind_a_hundred_others(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    card = stripe_server.card(customer)
    task = charge_of(customer, card)
    assert isinstance((await discharge(connector, task))[0], Done)
    for _ in range(101):
        stripe_server.post("/v1/payment_intents", amount=100, currency="eur", customer=customer)
    assert isinstance((await discharge(connector, replace(task, attempt=2)))[0], Done)
    assert sum(1 for key in stripe_server.done() if key.startswith(f"payments.{task.idempotency_key}.")) == 1


async def test_a_declined_card_needs_a_person_and_what_was_tried_can_take_nothing_any_more(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.card(customer, DECLINED))
    (outcome,) = await discharge(connector, task)
    assert isinstance(outcome, NeedsPerson) and "card_declined" in outcome.why and outcome.evidence["cannot_take"]
    assert [intent["status"] for intent in stripe_server.intents(customer)] == ["canceled"]


async def test_a_person_who_has_it_tried_again_after_a_decline_gets_another_try(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.card(customer, DECLINED))
    await discharge(connector, task)
    good = {**task.brief, "method": stripe_server.card(customer)}
    assert isinstance((await discharge(connector, replace(task, attempt=2, brief=good)))[0], Done)
    statuses = sorted(intent["status"] for intent in stripe_server.intents(customer))
    assert statuses == ["canceled", "succeeded"]
    keys = {key for key in stripe_server.done() if key.startswith(f"payments.{task.idempotency_key}.")}
    assert f"payments.{task.idempotency_key}.1" in keys  # not the key of the one that was declined


async def test_a_bank_that_asks_the_holder_needs_a_link_and_leaves_nothing_open(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.card(customer, ASKS_HOLDER))
    (outcome,) = await discharge(connector, task)
    assert isinstance(outcome, NeedsPerson) and "link to pay" in outcome.why
    assert [intent["status"] for intent in stripe_server.intents(customer)] == ["canceled"]


async def test_a_payment_left_open_by_somebody_who_died_is_given_up_before_another_is_made(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    card = stripe_server.card(customer)
    task = charge_of(customer, card, attempt=2)
    stripe_server.post(
        "/v1/payment_intents",
        amount=1978,
        currency="eur",
        customer=customer,
        payment_method=card,
        metadata={"ringoff_key": f"payments.{task.idempotency_key}"},
    )
    assert isinstance((await discharge(connector, task))[0], Done)
    assert sorted(intent["status"] for intent in stripe_server.intents(customer)) == ["canceled", "succeeded"]


async def test_another_amount_under_our_key_is_for_a_person_to_look_at(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.card(customer))
    assert isinstance((await discharge(connector, task))[0], Done)
    dearer = replace(task, attempt=2, brief={**task.brief, "amount": 1979})
    (outcome,) = await discharge(connector, dearer)
    assert isinstance(outcome, NeedsPerson) and "amount" in outcome.why
    assert len(stripe_server.intents(customer)) == 1


async def test_a_card_that_is_another_customers_is_not_charged(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer, other = stripe_server.customer(), stripe_server.customer()
    (outcome,) = await discharge(connector, charge_of(customer, stripe_server.card(other)))
    assert isinstance(outcome, NeedsPerson) and outcome.evidence["cannot_take"]
    assert stripe_server.intents(customer) == []


async def test_an_account_with_a_bank_is_debited_as_well(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    """localstripe has it paid at once; a bank takes days, see test_stripe_answers.py."""
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.account(customer))
    assert isinstance(await settle(connector, task), Done)
    assert len(stripe_server.intents(customer)) == 1


async def test_a_direct_debit_that_bounces_later_needs_a_person_and_is_not_repeated(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.account(customer, BOUNCES))
    outcome = await settle(connector, task)
    assert isinstance(outcome, NeedsPerson)
    (intent,) = stripe_server.intents(customer)
    again = replace(task, attempt=2, reference=intent["id"])
    (outcome,) = await discharge(connector, again)
    assert isinstance(outcome, NeedsPerson) and "link to pay" in outcome.why
    assert len(stripe_server.intents(customer)) == 1


async def test_currencies_that_stripe_counts_otherwise_are_told_so(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    card = stripe_server.card(customer)
    for currency, ours, theirs in (("JPY", 1978, 1978), ("ISK", 1978, 197800), ("MGA", 197800, 1978)):
        task = charge_of(customer, card, amount=ours)
        task = replace(task, brief={**task.brief, "currency": currency})
        (outcome,) = await discharge(connector, task)
        assert isinstance(outcome, Done) and outcome.evidence["amount"] == theirs
    odd = charge_of(customer, card, amount=150)
    (outcome,) = await discharge(connector, replace(odd, brief={**odd.brief, "currency": "MGA"}))
    assert isinstance(outcome, NeedsPerson)


async def test_nothing_is_charged_once_the_lease_ran_out(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    card = stripe_server.card(customer)
    asked = itertools.count()
    (outcome,) = await discharge(connector, charge_of(customer, card), ours=lambda _: next(asked) < 2)
    assert outcome is None
    assert stripe_server.intents(customer) == []


_DIES = """
import asyncio, os, signal, sys, orjson
from ringoff.connectors.stripe import connect
from ringoff.ports import Task
async def main():
    options, task = orjson.loads(sys.stdin.buffer.read())
    async for _ in connect("payments", options).discharge([Task(**task)], lambda _: True):
        os.kill(os.getpid(), signal.SIGKILL)  # made, and settled by nobody
asyncio.run(main())
"""


async def test_a_process_that_dies_after_the_charge_leaves_one_that_the_next_attempt_finds(
    stripe_server: LocalStripe, connector: StripeConnector, tmp_path: Path
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.card(customer))
    given: dict[str, Any] = {name: getattr(task, name) for name in ("subject_id", "kind", "cycle", "attempt", "brief")}
    died = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _DIES],
        input=orjson.dumps([stripe_server.options(), given]),
        cwd=tmp_path,
        env=dict(os.environ),
        timeout=60,
    )
    assert died.returncode == -signal.SIGKILL
    assert len(stripe_server.intents(customer)) == 1
    assert isinstance((await discharge(connector, replace(task, attempt=2)))[0], Done)
    assert [intent["status"] for intent in stripe_server.intents(customer)] == ["succeeded"]


async def test_two_tries_at_once_are_one_to_stripe_by_their_key_and_never_a_third_is_made(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = charge_of(customer, stripe_server.card(customer))
    await asyncio.gather(discharge(connector, task), discharge(connector, replace(task, attempt=2)))
    made = len(stripe_server.intents(customer))  # localstripe ignores the key, so there may be two
    assert stripe_server.done()[f"payments.{task.idempotency_key}.0"] == made
    (outcome,) = await discharge(connector, replace(task, attempt=3))
    assert isinstance(outcome, Done if made == 1 else NeedsPerson)
    assert len(stripe_server.intents(customer)) == made
