"""What Stripe's words mean. Pure: an error or an object in, an outcome out; nothing secret gets through.

The codes are of https://docs.stripe.com/declines/codes and https://docs.stripe.com/error-codes.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import stripe

from ringoff.connectors.stripe.client import NotReached, Object
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Unknown

_TEXT_MOST = 300  # characters
_SECRET = re.compile(r"\b(?:(?:sk|rk|pk)_(?:live|test)|whsec|pi_\w+_secret|seti_\w+_secret)_[\w*]+")
_OF_A_CARD = re.compile(r"\b(pm|card|src|ba|fingerprint)_\w*(\w{4})\b")
_DIGITS = re.compile(r"\b\d(?:[ -]?\d){7,18}[ -]?(?=\d{4}\b)")

_BANK_BUSY = {"try_again_later", "processing_error", "reenter_transaction", "issuer_not_available", "approve_with_id"}
_BANK_ASKS = {"authentication_required", "payment_intent_authentication_failure"}
_NO_BALANCE = {"balance_insufficient", "insufficient_funds"}  # ours, not the holder's
_LATER = timedelta(hours=1)
_WEEKS = timedelta(days=30)
"""Direct debits take two weeks, refunds to a bank account as long: that they are under way is no trouble."""

CANNOT_TAKE = {"cannot_take": True}
"""Evidence that nothing was taken and nothing will be this way, so that whoever is owed it finds another."""
ASKS_HOLDER = NeedsPerson("the bank wants the holder to confirm it themselves: send them the link to pay", CANNOT_TAKE)


def failure(error: stripe.StripeError, *, wrote: bool) -> Outcome:
    """`wrote`: the call was one that changes something. After a question, nothing has happened for certain."""
    match error:
        case NotReached():
            return RetryAfter(f"Stripe {_message(error)}", system_failed=True)
        case stripe.RateLimitError():
            return RetryAfter("Stripe is asked too often", system_failed=_code(error) != "lock_timeout")
        case stripe.AuthenticationError():
            return RetryAfter("Stripe does not know our key", system_failed=True)
        case stripe.PermissionError():
            return NeedsPerson(f"our key may not do this: {_message(error)}", untouched=True)
        case stripe.CardError():
            return declined(_refusal(error))
        case stripe.IdempotencyError() | stripe.InvalidRequestError():
            return _refused(error)
        case _ if error.http_status == 409:
            why = "Stripe is still busy with an earlier try"
            return Unknown(why) if wrote else RetryAfter(why)
    why = f"Stripe {_message(error)}" if isinstance(error, stripe.APIConnectionError) else _unwell(error)
    return Unknown(why, system_failed=True) if wrote else RetryAfter(why, system_failed=True)


def declined(refusal: Mapping[str, Any]) -> Outcome:
    """`refusal`: an error, or an intent's last one. Nothing was taken; whether another try may do is in its code."""
    code, reason = refusal.get("code"), refusal.get("decline_code")
    if {code, reason} & _BANK_ASKS:
        return ASKS_HOLDER
    said = reason or code or "without a reason"
    if {code, reason} & _BANK_BUSY:
        return RetryAfter(f"the bank cannot answer now ({said})", _LATER)
    return NeedsPerson(f"the bank declined it ({said}): another way to pay is needed", CANNOT_TAKE)


def intent_ended(intent: Object, wanted: Mapping[str, Any], ask_in: timedelta) -> Outcome | None:
    """None where it has taken nothing, and will not by itself."""
    other = [name for name in ("amount", "currency", "customer") if intent.get(name) != wanted[name]]
    if other:
        return NeedsPerson(f"under our key there is a payment of another {', '.join(other)}", _intent(intent))
    match intent["status"]:
        case "succeeded" if intent.get("amount_received", intent["amount"]) != intent["amount"]:
            return NeedsPerson("only a part of it was paid", _intent(intent))
        case "succeeded":
            return Done(_intent(intent))
        case "processing":
            return Accepted(intent["id"], ask_in, _WEEKS)
    return None


def refund_ended(refund: Object, wanted: Mapping[str, Any], ask_in: timedelta) -> Outcome:
    """Only `succeeded` is an end: asked for is not paid."""
    seen = {
        "reference": refund["id"],
        "status": refund["status"],
        "amount": refund["amount"],
        "currency": str(refund["currency"]).upper(),
    }
    if any(refund[name] != wanted[name] for name in ("amount", "currency")):
        return NeedsPerson("under our key there is a refund of another amount or currency", seen)
    match refund["status"]:
        case "succeeded":
            return Done(seen)
        case "pending" | "requires_action":
            return Accepted(refund["id"], ask_in, _WEEKS)
        case status:
            why = refund.get("failure_reason") or status
            return cannot_return(f"Stripe could not return it ({tidy(str(why))})", **seen)


def cannot_return(why: str, **seen: Any) -> NeedsPerson:
    """It will never go back the way it came, so that whoever owes it finds another way."""
    return NeedsPerson(why, {**seen, "cannot_return": True})


def no_refund(error: stripe.InvalidRequestError) -> Outcome:
    """Stripe will not make this refund at all."""
    if _code(error) in _NO_BALANCE:
        return RetryAfter("our balance at Stripe is too low for this refund", 6 * _LATER)
    return cannot_return(f"Stripe refuses the refund: {_message(error)}")


def tidy(text: str) -> str:
    """For people to read: without keys and secrets, and of cards and accounts the last four characters."""
    text = _SECRET.sub("(secret)", text)
    text = _OF_A_CARD.sub(r"\1_…\2", text)
    text = _DIGITS.sub("…", text)
    return " ".join(text.split())[:_TEXT_MOST]


def _intent(intent: Object) -> Mapping[str, Any]:
    """`amount` as Stripe counts it, see amounts.py."""
    return {
        "reference": intent["id"],
        "status": intent["status"],
        "amount": intent["amount"],
        "currency": str(intent["currency"]).upper(),
    }


def _refused(error: stripe.StripeError) -> Outcome:
    return NeedsPerson(f"Stripe refuses the call: {_message(error)}", untouched=True)


def _unwell(error: stripe.StripeError) -> str:
    return f"Stripe answered {error.http_status} in a way that tells nothing"


def _message(error: stripe.StripeError) -> str:
    return tidy(error.user_message or _code(error) or type(error).__name__)


def _code(error: stripe.StripeError) -> str | None:
    code = _refusal(error).get("code")
    return code if isinstance(code, str) else None


def _refusal(error: stripe.StripeError) -> Mapping[str, Any]:
    said = error.json_body.get("error") if isinstance(error.json_body, dict) else None
    return said if isinstance(said, dict) else {}
