"""The account's stored cards and bank accounts, by the references that its mandates hold.

Only these are touched, and only while they are that customer's: another account may be the same customer at Stripe. A
detached method can never be attached again (https://docs.stripe.com/api/payment_methods/detach).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ringoff.connectors.stripe.calls import Calls, at
from ringoff.ports import Done, Evidence, NeedsPerson, Outcome, ReadBack, Unknown

_METHODS = "payment_methods"


@dataclass(frozen=True, slots=True)
class Look:
    """How many of the mandates' methods are still stored for their customer, gone, or stored for another one."""

    stored: list[str]
    gone: int
    strange: int

    @property
    def evidence(self) -> Evidence:
        return {"stored": len(self.stored), "gone": self.gone, "of_another_customer": self.strange}


async def look(calls: Calls) -> Look:
    """Raises Ended, also where Stripe never heard of one."""
    stored, gone, strange = [], 0, 0
    for mandate in _mandates(calls):
        owner = (await calls.get(at(_METHODS, mandate["method"]))).get("customer")
        if owner == mandate["customer"]:
            stored.append(mandate["method"])
        elif owner is None:
            gone += 1
        else:
            strange += 1
    return Look(stored, gone, strange)


async def release(calls: Calls) -> Outcome:
    """What is gone already, its holder has removed: that is as good."""
    before = await look(calls)
    if before.strange:
        return NeedsPerson("a stored card or account is another customer's", before.evidence, untouched=True)
    for method in before.stored:
        await calls.post(at(_METHODS, method, "detach"), f"{calls.key}.{method}")
    after = await look(calls) if before.stored else before
    return Unknown("detached, and still there") if after.stored else Done(after.evidence)


async def restore(calls: Calls) -> Outcome:
    seen = await look(calls)
    if seen.gone or seen.strange:
        return NeedsPerson("Stripe gives no stored card back: its holder has to enter it again", seen.evidence)
    return Done(seen.evidence)


async def verify(calls: Calls) -> Outcome:
    seen = await look(calls)
    if seen.strange:
        return NeedsPerson("a stored card or account is another customer's", seen.evidence)
    return Done(seen.evidence, leftover=bool(seen.stored))


async def read_back(calls: Calls) -> tuple[ReadBack, Evidence]:
    seen = await look(calls)
    if seen.strange:
        return "unsure", seen.evidence
    return ("present" if seen.stored else "absent"), seen.evidence


def _mandates(calls: Calls) -> list[Mapping[str, Any]]:
    return list(calls.task.brief.get("mandates", ()))
