"""Takes an amount from the holder's stored card or account, once, while they are not there.

A payment intent takes money at most once. So there is at most one of ours that still could: before another one is
made, the one before is cancelled and seen to be. What was made is found by our key in its metadata, whatever became of
its answer; the idempotency key counts those before it, so that a call still on its way and its repetition are one.
"""

from typing import Any

import stripe

from ringoff.connectors.stripe.amounts import at_stripe
from ringoff.connectors.stripe.answers import ASKS_HOLDER, CANNOT_TAKE, declined, failure, intent_ended
from ringoff.connectors.stripe.calls import KEY, Calls, Ended, at
from ringoff.connectors.stripe.client import Object
from ringoff.ports import NeedsPerson, Outcome, RetryAfter, Unknown

_INTENTS = "payment_intents"


async def charge(calls: Calls) -> Outcome:
    """Raises Ended, and NoLongerOurs."""
    if calls.task.reference is not None:
        return await _followed(calls, calls.task.reference)
    earlier = await _made_before(calls)
    living = [intent for intent in earlier if intent["status"] != "canceled"]
    if len(living) > 1:
        return NeedsPerson("several payments under our key could still take money", {"count": len(living)})
    for intent in living:
        if (outcome := intent_ended(intent, _wanted(calls), calls.ask_in)) is not None:
            return outcome
        await _give_up(calls, intent)
    return await _take(calls, len(earlier))


async def _take(calls: Calls, before: int) -> Outcome:
    brief = calls.task.brief
    method = await calls.get(at("payment_methods", brief["method"]))
    if method.get("customer") != brief["customer"]:
        return NeedsPerson("the stored card or account is no longer this customer's", CANNOT_TAKE)
    try:
        made = await calls.post(
            f"/v1/{_INTENTS}",
            f"{calls.key}.{before}",
            **_wanted(calls),
            payment_method=brief["method"],
            payment_method_types=[method["type"]],
            description=brief["description"],
            metadata={KEY: calls.key, "final_bill": brief["final_bill"], "movement": brief["movement"]},
            off_session=True,
            confirm=True,
        )
    except stripe.CardError as error:
        for intent in await _made_before(calls):
            if intent["status"] != "canceled":
                await _give_up(calls, intent)
        return failure(error, wrote=True)
    return await _ended(calls, await calls.get(at(_INTENTS, made["id"])))


async def _followed(calls: Calls, reference: str) -> Outcome:
    """A payment that was under way. It is never made a second time by itself: weeks have passed."""
    intent = await calls.get(at(_INTENTS, reference))
    if intent["status"] == "canceled":
        return NeedsPerson("the payment was given up: send the holder the link to pay", CANNOT_TAKE)
    outcome = await _ended(calls, intent)
    return NeedsPerson(outcome.why, CANNOT_TAKE) if isinstance(outcome, RetryAfter) else outcome


async def _ended(calls: Calls, intent: Object) -> Outcome:
    outcome = intent_ended(intent, _wanted(calls), calls.ask_in)
    if outcome is not None:
        return outcome
    await _give_up(calls, intent)
    if intent["status"] == "requires_action":
        return ASKS_HOLDER
    return declined(intent.get("last_payment_error") or {})


async def _give_up(calls: Calls, intent: Object) -> None:
    """From here on it can take nothing, neither by us nor by the holder. Raises Ended where that is not certain."""
    try:
        await calls.post(at(_INTENTS, intent["id"], "cancel"), f"{calls.key}.{calls.task.attempt}.cancel")
    except Ended as ended:
        if not isinstance(ended.outcome, NeedsPerson):
            raise
    left = await calls.get(at(_INTENTS, intent["id"]))
    if left["status"] != "canceled":
        raise Ended(Unknown(f"an earlier payment could not be given up: it is {left['status']}"))


async def _made_before(calls: Calls) -> list[Object]:
    intents = calls.all(f"/v1/{_INTENTS}", customer=calls.task.brief["customer"])
    return [intent async for intent in intents if intent["metadata"].get(KEY) == calls.key]


def _wanted(calls: Calls) -> dict[str, Any]:
    brief = calls.task.brief
    return {"amount": at_stripe(brief), "currency": brief["currency"].lower(), "customer": brief["customer"]}
