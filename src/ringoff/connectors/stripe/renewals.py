"""The line's subscriptions: from the moment its case is scheduled they do not renew, nor are open invoices collected.

A subscription is the line's if its metadata says so (`line_ref`); one that names no line is the account's, and is
stopped with the last line only. What we stop carries our case number, so that a withdrawal resumes that and no more:
what its holder had ended before stays so. A subscription that is stopped ends with the period that is paid for.
"""

from ringoff.connectors.stripe.calls import Calls, at
from ringoff.connectors.stripe.client import Object
from ringoff.ports import Done, Evidence, NeedsPerson, Outcome, ReadBack, Unknown

CASE = "ringoff_case"
_OVER = ("canceled", "incomplete_expired")


async def release(calls: Calls) -> Outcome:
    """Raises Ended, and NoLongerOurs."""
    ours = await _subscriptions(calls)
    mark = {CASE: calls.task.brief["case_number"]}
    for one in filter(_renews, ours):
        key = f"{calls.key}.{one['id']}"
        await calls.post(at("subscriptions", one["id"]), key, cancel_at_period_end=True, metadata=mark)
    for one in ours:
        for invoice in await _open_invoices(calls, one):
            if invoice.get("auto_advance"):
                key = f"{calls.key}.{invoice['id']}"
                await calls.post(at("invoices", invoice["id"]), key, auto_advance=False, metadata=mark)
    after = await _subscriptions(calls)
    return Unknown("stopped, and still renewing") if any(map(_renews, after)) else Done(_evidence(after))


async def restore(calls: Calls) -> Outcome:
    """Raises Ended, and NoLongerOurs."""
    stopped = [one for one in await _subscriptions(calls) if _stopped_for(calls, one)]
    for one in stopped:
        if one["status"] in _OVER:
            continue
        for invoice in await _open_invoices(calls, one):
            if _stopped_for(calls, invoice):
                key = f"{calls.key}.{invoice['id']}"
                await calls.post(at("invoices", invoice["id"]), key, auto_advance=True, metadata={CASE: ""})
        key = f"{calls.key}.{one['id']}"
        await calls.post(at("subscriptions", one["id"]), key, cancel_at_period_end=False, metadata={CASE: ""})
    if any(one["status"] in _OVER for one in stopped):
        return NeedsPerson("a subscription has ended meanwhile: a new one is needed", _evidence(stopped))
    after = await _subscriptions(calls)
    still = [one for one in after if _stopped_for(calls, one)]
    return Unknown("resumed, and still stopped") if still else Done(_evidence(after))


async def verify(calls: Calls) -> Outcome:
    seen = await _subscriptions(calls)
    return Done(_evidence(seen), leftover=any(map(_renews, seen)))


async def read_back(calls: Calls) -> tuple[ReadBack, Evidence]:
    seen = await _subscriptions(calls)
    return ("present" if any(map(_renews, seen)) else "absent"), _evidence(seen)


async def _subscriptions(calls: Calls) -> list[Object]:
    brief = calls.task.brief
    found = []
    for customer in brief.get("customers", ()):
        async for one in calls.all("/v1/subscriptions", customer=customer, status="all"):
            line_ref = one["metadata"].get("line_ref")
            if line_ref == brief["line_ref"] or (not line_ref and brief.get("last_line")):
                found.append(one)
    return found


async def _open_invoices(calls: Calls, subscription: Object) -> list[Object]:
    invoices = calls.all("/v1/invoices", subscription=subscription["id"])
    return [one async for one in invoices if one["status"] == "open"]


def _renews(one: Object) -> bool:
    return one["status"] not in _OVER and not one.get("cancel_at_period_end") and not one.get("cancel_at")


def _stopped_for(calls: Calls, one: Object) -> bool:
    return bool(one["metadata"].get(CASE) == calls.task.brief["case_number"])


def _evidence(subscriptions: list[Object]) -> Evidence:
    renewing = sum(map(_renews, subscriptions))
    return {"subscriptions": len(subscriptions), "renewing": renewing}
