"""The Stripe connector: what is asked of it by kind, and what Stripe tells us of its own accord."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import orjson
import stripe
import structlog

from ringoff.connectors.stripe import mandate, renewals
from ringoff.connectors.stripe.amounts import Uncountable
from ringoff.connectors.stripe.answers import failure
from ringoff.connectors.stripe.calls import Calls, Ended, NoLongerOurs
from ringoff.connectors.stripe.charge import charge
from ringoff.connectors.stripe.client import Processor
from ringoff.connectors.stripe.options import Options
from ringoff.connectors.stripe.page import charge_by_page, open_page
from ringoff.connectors.stripe.refund import refund
from ringoff.kit.abreast import abreast
from ringoff.kit.errors import InvalidInput, Unauthenticated, Unavailable
from ringoff.ports import Evidence, Health, NeedsPerson, Outcome, PaymentPage, ReadBack, StillOurs, Task

_HEALTH_SECONDS = 4.0
_PAGE_SECONDS = 10.0  # a person waits
_FORGED = Unauthenticated("signature_invalid", "The signature does not fit, or is too old.")

log = structlog.get_logger(__name__)


class _Released(Protocol):
    """What a system's release lets go. All raise Ended, and NoLongerOurs."""

    async def release(self, calls: Calls) -> Outcome: ...
    async def restore(self, calls: Calls) -> Outcome: ...
    async def verify(self, calls: Calls) -> Outcome: ...
    async def read_back(self, calls: Calls) -> tuple[ReadBack, Evidence]: ...


class StripeConnector:
    trial = False

    def __init__(self, name: str, options: Options) -> None:
        self.parallel = options.parallel
        self._name = name
        self._options = options
        self._processor = Processor(options)
        self._slots = asyncio.Semaphore(options.parallel)
        self._released: _Released = renewals if options.releases == "renewals" else mandate

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        async def act(task: Task) -> Outcome | None:
            async with self._slots:
                try:
                    return await self._act(self._calls(task, still_ours))
                except Ended as ended:
                    return ended.outcome
                except Uncountable as error:
                    return NeedsPerson(str(error), {"cannot_take": True, "cannot_return": True})
                except NoLongerOurs:
                    return None

        async for task, outcome in abreast(batch, min(len(batch), self.parallel), act):
            if outcome is not None:
                yield task, outcome

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        """Of what a release lets go; a payment is looked up by the next attempt at it."""
        if task.kind not in ("release", "restore", "verify"):
            return "unsure", {"why": f"a {task.kind} is looked up before it is repeated"}
        try:
            return await self._released.read_back(self._calls(task, lambda _: True))
        except Ended as ended:
            return "unsure", {"why": getattr(ended.outcome, "why", "")}

    async def health(self) -> Health:
        try:
            async with asyncio.timeout(_HEALTH_SECONDS):
                await self._processor.get("/v1/balance")
        except stripe.AuthenticationError:
            return Health(False, "does not know our key", "Compare `key` with the dashboard: was it rolled?")
        except stripe.PermissionError:
            return Health(True, "answers; our key may not see the balance")
        except TimeoutError:
            return Health(False, f"did not answer within {_HEALTH_SECONDS:g} s", "See status.stripe.com.")
        except stripe.StripeError as error:
            why = getattr(failure(error, wrote=False), "why", "failed")
            return Health(False, why, "Can this machine reach `api_base`? See status.stripe.com.")
        return Health(True, "answers")

    async def payment_page(self, task: Task) -> PaymentPage | None:
        """See ports.TakesPayments."""
        try:
            async with asyncio.timeout(_PAGE_SECONDS):
                return await open_page(self._calls(task, lambda _: True))
        except (Ended, Uncountable, TimeoutError) as error:
            log.warning("no payment page", task=task.idempotency_key, why=_why(error))
            raise Unavailable("payment_page_missing", "The payment page cannot be opened now.") from None

    def callback(self, headers: Mapping[str, str], body: bytes) -> str:
        """See ports.AnswersLater. What the event says is not believed: the object that it is about is asked for."""
        secret = self._options.webhook_secret
        signature = {name.lower(): value for name, value in headers.items()}.get("stripe-signature")
        if secret is None or signature is None:
            raise _FORGED
        try:
            stripe.WebhookSignature.verify_header(
                body.decode(), signature, secret.get_secret_value(), stripe.Webhook.DEFAULT_TOLERANCE
            )
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise _FORGED from error
        return _about(body)

    async def close(self) -> None:
        await self._processor.close()

    async def _act(self, calls: Calls) -> Outcome:
        match calls.task.kind:
            case "charge" if "page" in calls.task.brief:
                return await charge_by_page(calls)
            case "charge":
                return await charge(calls)
            case "refund":
                return await refund(calls)
            case "release":
                return await self._released.release(calls)
            case "restore":
                return await self._released.restore(calls)
            case "verify":
                return await self._released.verify(calls)
            case kind:
                return NeedsPerson(f"Stripe takes no {kind}", untouched=True)

    def _calls(self, task: Task, still_ours: StillOurs) -> Calls:
        return Calls(self._processor, self._name, timedelta(seconds=self._options.ask_seconds), task, still_ours)


def _why(error: Exception) -> str:
    return str(getattr(error.outcome, "why", "")) if isinstance(error, Ended) else str(error) or type(error).__name__


def _about(body: bytes) -> str:
    """A charge belongs to a payment intent, by which we know it; everything else goes by its own id."""
    try:
        event: Any = orjson.loads(body)
        about = event["data"]["object"]
        reference = about.get("payment_intent") if about.get("object") == "charge" else None
        reference = reference or about["id"]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("callback_not_an_event", "A callback is an event about an object with an id.") from error
    if not isinstance(reference, str) or not reference:
        raise InvalidInput("callback_not_an_event", "A callback is an event about an object with an id.")
    return reference
