"""Subscriptions stop renewing when their line is to leave, start again when it stays, and no other is touched."""

import itertools
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from ringoff.connectors.conformance import discharge
from ringoff.connectors.stripe.connector import StripeConnector
from ringoff.ports import Done, Kind, NeedsPerson, Outcome, Task, Unknown
from tests.connectors.stripe_harness import DECLINED, LocalStripe, connected

_CASES = itertools.count(secrets.randbits(40))


@pytest.fixture
async def connector(stripe_server: LocalStripe) -> AsyncIterator[StripeConnector]:
    async with connected(stripe_server, releases="renewals") as connector:
        yield connector


def subscribe(stripe_server: LocalStripe, customer: str, number: str | None = None, **metadata: str) -> str:
    card = stripe_server.card(customer) if number is None else stripe_server.card(customer, number)
    stripe_server.post(f"/v1/customers/{customer}", invoice_settings={"default_payment_method": card})
    product = {"name": "Lumen L"}
    plan = stripe_server.post("/v1/plans", amount=1999, currency="eur", interval="month", product=product)["id"]
    made = stripe_server.post("/v1/subscriptions", customer=customer, items=[{"plan": plan}], metadata=metadata)
    return str(made["id"])


def renews(stripe_server: LocalStripe, subscription: str) -> bool:
    return not stripe_server.get(f"/v1/subscriptions/{subscription}")["cancel_at_period_end"]


def task_for(*customers: str, kind: Kind = "release", last_line: bool = False) -> Task:
    case = next(_CASES)
    told: dict[str, Any] = {"case_number": f"C-{case}", "line_ref": "L-1", "customers": customers}
    return Task(case, kind, 1, 1, {**told, "last_line": last_line})


async def try_(connector: StripeConnector, task: Task) -> Outcome | None:
    return (await discharge(connector, task))[0]


async def test_the_lines_own_subscription_stops_and_no_other(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    own = subscribe(stripe_server, customer, line_ref="L-1")
    others = [subscribe(stripe_server, customer, line_ref="L-2"), subscribe(stripe_server, customer)]
    task = task_for(customer)
    assert await try_(connector, task) == Done({"subscriptions": 1, "renewing": 0})
    assert not renews(stripe_server, own)
    assert all(renews(stripe_server, other) for other in others)
    assert (await connector.read_back(task))[0] == "absent"


async def test_with_the_last_line_the_accounts_own_stops_as_well(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    account = subscribe(stripe_server, customer)
    assert isinstance(await try_(connector, task_for(customer, last_line=True)), Done)
    assert not renews(stripe_server, account)


async def test_a_holder_without_any_has_nothing_to_stop(stripe_server: LocalStripe, connector: StripeConnector) -> None:
    assert isinstance(await try_(connector, task_for(stripe_server.customer())), Done)
    assert isinstance(await try_(connector, task_for()), Done)


async def test_a_withdrawal_resumes_what_we_stopped_and_nothing_else(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    own = subscribe(stripe_server, customer, line_ref="L-1")
    ended_by_holder = subscribe(stripe_server, customer, line_ref="L-1")
    stripe_server.post(f"/v1/subscriptions/{ended_by_holder}", cancel_at_period_end=True)
    task = task_for(customer)
    assert isinstance(await try_(connector, task), Done)
    back = replace(task, kind="restore")
    assert isinstance(await try_(connector, back), Done)
    assert isinstance(await try_(connector, replace(back, attempt=2)), Done)
    assert renews(stripe_server, own)
    assert not renews(stripe_server, ended_by_holder)


async def test_a_lost_answer_is_looked_up_and_can_still_be_taken_back(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    own = subscribe(stripe_server, customer, line_ref="L-1")
    task = task_for(customer)
    stripe_server.lose_answer()
    assert isinstance(await try_(connector, task), Unknown)
    assert isinstance(await try_(connector, replace(task, attempt=2)), Done)
    assert isinstance(await try_(connector, replace(task, kind="restore")), Done)
    assert renews(stripe_server, own)


async def test_one_that_ended_meanwhile_cannot_be_resumed(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    own = subscribe(stripe_server, customer, line_ref="L-1")
    task = task_for(customer)
    await try_(connector, task)
    stripe_server.delete(f"/v1/subscriptions/{own}")
    assert isinstance(await try_(connector, replace(task, kind="restore")), NeedsPerson)


async def test_an_open_invoice_is_no_longer_collected_until_the_holder_stays(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    own = subscribe(stripe_server, customer, DECLINED, line_ref="L-1")
    (invoice,) = stripe_server.get("/v1/invoices", subscription=own)["data"]
    assert invoice["status"] == "open"
    task = task_for(customer)
    assert isinstance(await try_(connector, task), Done)
    assert stripe_server.get(f"/v1/invoices/{invoice['id']}")["auto_advance"] is False
    assert isinstance(await try_(connector, replace(task, kind="restore")), Done)
    assert stripe_server.get(f"/v1/invoices/{invoice['id']}")["auto_advance"] is True


async def test_one_that_was_started_again_is_found_afterwards(
    stripe_server: LocalStripe, connector: StripeConnector
) -> None:
    customer = stripe_server.customer()
    task = task_for(customer)
    await try_(connector, task)
    subscribe(stripe_server, customer, line_ref="L-1")
    seen = await try_(connector, replace(task, kind="verify"))
    assert isinstance(seen, Done) and seen.leftover
