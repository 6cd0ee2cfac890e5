"""One task's calls: asked only while the task is ours, and ended at once by whatever does not succeed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import stripe

from ringoff.connectors.stripe.answers import failure
from ringoff.connectors.stripe.client import Object, Processor, TooMany
from ringoff.ports import NeedsPerson, Outcome, StillOurs, Task

KEY = "ringoff_key"
"""The entry of an object's metadata by which we find what we made."""


class NoLongerOurs(Exception):
    """The lease ran out: whoever holds the task now goes on with it."""


class Ended(Exception):
    """The errand is over, as `outcome` says."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


class Calls:
    """`key`: the same for every attempt at this obligation, different for every other one in this Stripe account."""

    def __init__(self, processor: Processor, name: str, ask_in: timedelta, task: Task, still_ours: StillOurs) -> None:
        self.task, self.ask_in = task, ask_in
        self.key = f"{name}.{task.idempotency_key}"
        self._processor, self._still_ours = processor, still_ours

    async def get(self, path: str, **parameters: Any) -> Object:
        """Raises Ended, with nothing having happened."""
        self._ensure_ours()
        try:
            return await self._processor.get(path, **parameters)
        except stripe.StripeError as error:
            raise Ended(failure(error, wrote=False)) from error

    async def all(self, path: str, **parameters: Any) -> AsyncIterator[Object]:
        """Raises Ended."""
        self._ensure_ours()
        try:
            async for one in self._processor.all(path, **parameters):
                yield one
        except stripe.StripeError as error:
            raise Ended(failure(error, wrote=False)) from error
        except TooMany as error:
            raise Ended(NeedsPerson(f"cannot be looked up: {error}", untouched=True)) from error

    async def post(self, path: str, idempotency_key: str, **parameters: Any) -> Object:
        """Raises Ended, and stripe.CardError where the bank says no."""
        self._ensure_ours()
        try:
            return await self._processor.post(path, idempotency_key, **parameters)
        except stripe.CardError:
            raise
        except stripe.StripeError as error:
            raise Ended(failure(error, wrote=True)) from error

    def _ensure_ours(self) -> None:
        if not self._still_ours(self.task):
            raise NoLongerOurs


def at(collection: str, id_: str, *more: str) -> str:
    """The path of one object. An id is one segment of it, whatever it holds: `.` and `..` would be resolved away."""
    return "/".join(("/v1", collection, quote(id_, safe="").replace(".", "%2E"), *more))
