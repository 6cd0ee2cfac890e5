"""Lets the holder pay a bill by themselves, on a page of Stripe's (Checkout): no card number ever comes near us.

Opening the page twice under one idempotency key opens one page. It takes money at most once, and lives for a day;
then it is over, paid or not, and the bill finds another way.
Source: https://docs.stripe.com/api/checkout/sessions
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from ringoff.connectors.stripe.amounts import at_stripe
from ringoff.connectors.stripe.answers import CANNOT_TAKE, intent_ended
from ringoff.connectors.stripe.calls import KEY, Calls, at
from ringoff.connectors.stripe.client import Object
from ringoff.ports import Accepted, NeedsPerson, Outcome, PaymentPage, Unknown

_SESSIONS, _INTENTS = "checkout/sessions", "payment_intents"
_LIVES = timedelta(days=2)
_LANGUAGE = {"en": "en", "zh-Hans": "zh", "es": "es"}


async def open_page(calls: Calls) -> PaymentPage | None:
    """None once it has been paid on, or is over. Raises Ended."""
    session = await _session(calls)
    url = session.get("url")
    if session["status"] != "open" or not isinstance(url, str) or urlsplit(url).scheme not in ("https", "http"):
        return None
    return PaymentPage(session["id"], url)


async def charge_by_page(calls: Calls) -> Outcome:
    """What became of it. Raises Ended, and NoLongerOurs."""
    session = await _session(calls)
    match session["status"], session.get("payment_intent"):
        case "open", _:
            return Accepted(session["id"], calls.ask_in, _LIVES)
        case "complete", str(intent_id):
            return await _taken(calls, session, intent_id)
        case "expired", _:
            return NeedsPerson("nobody paid on the page; the holder can open another one", CANNOT_TAKE)
        case status, _:
            return Unknown(f"the page is {status}, without a payment")


async def _taken(calls: Calls, session: Object, intent_id: str) -> Outcome:
    """Money that is under way (a direct debit) may take weeks, and may fail."""
    intent = await calls.get(at(_INTENTS, intent_id))
    wanted = {"amount": at_stripe(calls.task.brief), "currency": calls.task.brief["currency"].lower()}
    outcome = intent_ended(intent, {**wanted, "customer": intent.get("customer")}, calls.ask_in)
    if isinstance(outcome, Accepted):
        return Accepted(session["id"], outcome.ask_in, outcome.patience)
    return outcome or NeedsPerson("the payment on the page failed; the holder can open another one", CANNOT_TAKE)


async def _session(calls: Calls) -> Object:
    if calls.task.reference is not None:
        return await calls.get(at(_SESSIONS, calls.task.reference))
    made = await calls.post(f"/v1/{_SESSIONS}", f"{calls.key}.page", **_wanted(calls))
    return await calls.get(at(_SESSIONS, made["id"]))


def _wanted(calls: Calls) -> dict[str, Any]:
    """The same for every call, or the idempotency key would be refused."""
    brief = calls.task.brief
    marked = {KEY: calls.key, "final_bill": brief["final_bill"], "movement": brief["movement"]}
    price = {
        "currency": brief["currency"].lower(),
        "unit_amount": at_stripe(brief),
        "product_data": {"name": brief["description"]},
    }
    return {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": brief["page"]["paid"],
        "cancel_url": brief["page"]["back"],
        "locale": _LANGUAGE.get(brief["page"]["language"], "auto"),
        "metadata": marked,
        "payment_intent_data": {"metadata": marked, "description": brief["description"]},
    }
