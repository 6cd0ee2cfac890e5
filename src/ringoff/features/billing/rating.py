"""The final bill of one line, from what is known of its money: pure, exact, and the same before and after.

What was billed in advance and lies after the end comes back; what was used and not billed is charged, at the price
that was billed, not at today's; then what agreements say, what was deposited, and what is still open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ringoff.features.billing.fees import early_termination, instalments
from ringoff.features.billing.model import BilledItem, Facts, FinalBill, FinalItem, Leaving, OpenBill, Proration
from ringoff.features.billing.periods import DAY, cycles, next_cycle, part, rest
from ringoff.features.rules import BillingRules

_REPEATS = frozenset({"recurring", "add_on", "discount"})


def final_bill(facts: Facts, leaving: Leaving, rules: BillingRules) -> FinalBill:
    """`leaving.closed_at` None: a preview, with the usage that is known so far."""
    billed = [item for item in facts.items if item.kind in _REPEATS and item.first is not None]
    due, continuing = instalments(facts.instalments, facts.line_id, leaving, rules)
    items = [
        *_unused(billed, facts.proration, leaving, rules),
        *_used(facts, billed, leaving, rules),
        *_usage(facts, leaving),
        *due,
        *early_termination(facts.commitments, leaving, rules),
        *_balances(facts, leaving, rules),
        *_deposits(facts, leaving),
        *_unpaid(facts.open_bills, leaving, rules),
    ]
    items += _credits(facts.open_bills, leaving, FinalBill(tuple(items)))
    told = tuple(item for item in items if item.net or item.tax)  # what cost nothing brings no row
    return FinalBill(told, tuple(continuing))


def late_usage(facts: Facts, leaving: Leaving) -> FinalBill:
    """What a supplementary bill has: usage that arrived after the final one, and nothing else."""
    return FinalBill(tuple(_usage(facts, leaving)))


# ── What was billed and not used ─────────────────────────────────────────────────────────────────────────────────
def _unused(
    billed: Sequence[BilledItem], sold: Proration, leaving: Leaving, rules: BillingRules
) -> Iterator[FinalItem]:
    """A period that begins after the end comes back whole: no charge is dated after it, whatever the plan says."""
    stop = leaving.last_charged + DAY
    by_day = sold == "daily" or rules.proration == "daily"
    for item in billed:
        assert item.first is not None
        assert item.end is not None
        if item.end <= stop or (item.first < stop and not by_day):
            continue
        first, of_days = max(item.first, stop), (item.end - item.first).days
        days = (item.end - first).days
        yield FinalItem(
            "unused_service",
            item.name,
            f"bill {item.bill_number}/{item.item}",
            item.currency,
            rest(item.net, days, of_days),
            rest(item.tax, days, of_days),
            item.tax_name,
            first,
            item.end,
            days=days,
            of_days=of_days,
            of_net=item.net,
            rule="after_the_end" if item.first >= stop else "by_day",
        )


# ── What was used and not billed ─────────────────────────────────────────────────────────────────────────────────
def _used(facts: Facts, billed: Sequence[BilledItem], leaving: Leaving, rules: BillingRules) -> Iterator[FinalItem]:
    """From where the bills end, or from the first day of a line that was never billed. Renewals stop when a case is
    scheduled, so this may be the end of what is billed in advance as well.

    Nothing where that lies so far back that a bill ought to have come long ago: who never billed does not begin with
    the last one. Nothing of a prepaid line either: its balance has paid for what was used.
    """
    first = max((item.end for item in billed if item.end is not None), default=facts.activated_on)
    stop = leaving.last_charged + DAY
    if first is None or first >= stop or facts.kind == "prepaid":
        return
    if leaving.unbilled_since is not None and first < leaving.unbilled_since:
        return
    day = facts.bill_cycle_day or first.day
    for begin, end in cycles(first, stop, day):
        for price in _prices(facts, billed, day):
            yield from _charge(price, _Cycle(begin, end, _begin_of_cycle(end, day)), stop, facts.proration, rules)


def _prices(facts: Facts, billed: Sequence[BilledItem], day: int) -> list[BilledItem]:
    """What a whole period costs: what the newest bill says, the plan's price only where there never was one."""
    if not billed:
        return [BilledItem("", 1, "recurring", "", facts.currency, facts.price, 0, first=None, end=None)]
    newest = max(item.end for item in billed if item.end is not None)
    return [_whole(item, day) for item in billed if item.end == newest]


def _whole(item: BilledItem, day: int) -> BilledItem:
    """An item that was billed for a part of a period, as for a whole one: a price that changed mid-period, say."""
    assert item.first is not None
    assert item.end is not None
    begin = _begin_of_cycle(item.end, day)
    days, whole = (item.end - item.first).days, (item.end - begin).days
    if days >= whole:
        return item
    net, tax = part(item.net, whole, days), part(item.tax, whole, days)
    return BilledItem(item.bill_number, item.item, item.kind, item.name, item.currency, net, tax, item.tax_name)


def _begin_of_cycle(end: date, day: int) -> date:
    """Of the cycle that ends there."""
    begin = end.replace(day=1) - DAY  # a day of the month before
    begin = begin.replace(day=1)
    while (following := next_cycle(begin, day)) < end:
        begin = following
    return begin


@dataclass(frozen=True, slots=True)
class _Cycle:
    """Service from `begin` to `end` in a cycle that itself began `since`: earlier, for a line that joined midway."""

    begin: date
    end: date
    since: date


def _charge(price: BilledItem, cycle: _Cycle, stop: date, sold: Proration, rules: BillingRules) -> Iterator[FinalItem]:
    begin, end = cycle.begin, cycle.end
    days, of_days = (min(end, stop) - begin).days, (end - cycle.since).days
    begun = end > stop
    if begun and sold == "none":
        return
    by_day = begun and (sold == "daily" or rules.proration == "daily")
    if not by_day and begin > cycle.since:
        # What was joined midway costs its days, whatever the plan says of its end.
        by_day, days = True, (end - begin).days
    yield FinalItem(
        "used_service",
        price.name,
        f"use {begin.isoformat()} {price.bill_number}/{price.item}",
        price.currency,
        part(price.net, days, of_days) if by_day else price.net,
        part(price.tax, days, of_days) if by_day else price.tax,
        price.tax_name,
        begin,
        begin + timedelta(days=days) if by_day else end,
        days=days if by_day else None,
        of_days=of_days if by_day else None,
        of_net=price.net if by_day else None,
        rule="by_day" if by_day else "to_period_end" if begun else "whole_period",
    )


def _usage(facts: Facts, leaving: Leaving) -> Iterator[FinalItem]:
    for one in facts.usage:
        if leaving.closed_at is None or one.used_at <= leaving.closed_at:
            source = f"usage {one.usage_ref}"
            yield FinalItem("usage", one.name, source, one.currency, one.net, one.tax, one.tax_name, rule="used")


# ── What was paid beforehand, and what is still open ─────────────────────────────────────────────────────────────
def _balances(facts: Facts, leaving: Leaving, rules: BillingRules) -> Iterator[FinalItem]:
    """Without what was given for nothing."""
    for one in facts.balances:
        paid = one.amount - one.promotional
        expired = one.expires_on is not None and one.expires_on < leaving.last_day
        if rules.prepaid == "refund" and paid and not expired:
            yield FinalItem("prepaid_balance", "", f"balance {one.currency}", one.currency, -paid, rule="paid_for")


def _deposits(facts: Facts, leaving: Leaving) -> Iterator[FinalItem]:
    for one in facts.deposits:
        if leaving.last_line or not one.of_account:
            rule = "last_line" if one.of_account else "of_the_line"
            source = f"deposit {one.deposit_ref}"
            yield FinalItem("deposit", "", source, one.currency, -one.amount, first=one.taken_on, rule=rule)


def _unpaid(open_bills: Sequence[OpenBill], leaving: Leaving, rules: BillingRules) -> Iterator[FinalItem]:
    """Disputed ones are settled where they are disputed."""
    if not (leaving.last_line or rules.unpaid == "charge"):
        return
    for one in open_bills:
        if one.amount > 0 and not one.disputed:
            source = f"bill {one.bill_number}"
            yield FinalItem(
                "unpaid_bill", one.bill_number, source, one.currency, one.amount, first=one.issued_on, rule="open"
            )


def _credits(open_bills: Sequence[OpenBill], leaving: Leaving, so_far: FinalBill) -> Iterator[FinalItem]:
    """Used up against what is owed; what is left of them is paid out when the account ends, and stays on it before."""
    owed = dict(so_far.totals)
    for one in open_bills:
        if one.amount >= 0:
            continue
        credit = -one.amount if leaving.last_line else min(-one.amount, max(owed.get(one.currency, 0), 0))
        owed[one.currency] = owed.get(one.currency, 0) - credit
        if credit:
            source = f"bill {one.bill_number}"
            yield FinalItem(
                "credit", one.bill_number, source, one.currency, -credit, first=one.issued_on, rule="credit_left"
            )
