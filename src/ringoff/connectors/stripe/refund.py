"""Returns an amount the way it came, once, and follows it until it is paid."""

from typing import Any

import stripe

from ringoff.connectors.stripe.amounts import at_stripe
from ringoff.connectors.stripe.answers import cannot_return, no_refund, refund_ended
from ringoff.connectors.stripe.calls import KEY, Calls, Ended, at
from ringoff.ports import NeedsPerson, Outcome

_UNDONE = ("failed", "canceled")


async def refund(calls: Calls) -> Outcome:
    """Raises Ended, and NoLongerOurs."""
    if calls.task.reference is not None:
        return refund_ended(await calls.get(at("refunds", calls.task.reference)), _wanted(calls), calls.ask_in)
    all_ = [one async for one in calls.all("/v1/refunds", **_of_payment(calls))]
    standing = [one for one in all_ if one["status"] not in _UNDONE]
    ours = [one for one in all_ if one["metadata"].get(KEY) == calls.key]
    living = [one for one in ours if one in standing]
    if len(living) > 1:
        return NeedsPerson("several refunds were made under our key", {"count": len(living)})
    if living:
        return refund_ended(living[0], _wanted(calls), calls.ask_in)
    impossible = await _impossible(calls, sum(one["amount"] for one in standing))
    return impossible or await _return(calls, len(ours))


async def _impossible(calls: Calls, returned: int) -> Outcome | None:
    """Stripe looks at that as well; but what never exceeds what was paid is not left to one side alone."""
    wanted, payment = _wanted(calls), calls.task.brief["payment"]
    paid = await calls.get(at("payment_intents" if payment.startswith("pi_") else "charges", payment))
    if paid["status"] != "succeeded":
        return cannot_return("that payment never succeeded", status=paid["status"])
    if paid["currency"] != wanted["currency"]:
        return NeedsPerson("that payment was in another currency", {"currency": paid["currency"]}, untouched=True)
    left = paid.get("amount_received", paid.get("amount_captured", paid["amount"])) - returned
    if left < wanted["amount"]:
        return cannot_return("less than that is left of the payment", left=left)
    return None


async def _return(calls: Calls, before: int) -> Outcome:
    metadata = {KEY: calls.key, "final_bill": calls.task.brief["final_bill"], "movement": calls.task.brief["movement"]}
    try:
        made = await calls.post(
            "/v1/refunds",
            f"{calls.key}.{before}",
            **_of_payment(calls),
            amount=_wanted(calls)["amount"],
            metadata=metadata,
        )
    except Ended as ended:
        if isinstance(ended.__cause__, stripe.InvalidRequestError):
            return no_refund(ended.__cause__)
        raise
    return refund_ended(await calls.get(at("refunds", made["id"])), _wanted(calls), calls.ask_in)


def _of_payment(calls: Calls) -> dict[str, Any]:
    payment = calls.task.brief["payment"]
    return {"payment_intent" if payment.startswith("pi_") else "charge": payment}


def _wanted(calls: Calls) -> dict[str, Any]:
    return {"amount": at_stripe(calls.task.brief), "currency": calls.task.brief["currency"].lower()}
