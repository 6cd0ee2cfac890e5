"""What is true of every final bill, whatever was billed, paid and agreed."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ringoff.features.billing import FinalBill, FinalItem, Leaving
from ringoff.features.billing.comparing import Events, differences
from ringoff.features.billing.model import BilledItem, Facts, Payment, Usage
from ringoff.features.billing.periods import cycle_start, cycles, next_cycle, part, rest, whole_months
from ringoff.features.billing.rating import final_bill
from ringoff.features.billing.settling import settle
from ringoff.features.rules import RuleBook

RULES = RuleBook.load().pack("neutral").billing
days = st.dates(date(2024, 1, 1), date(2032, 12, 31))
amounts = st.integers(-1_000_000, 1_000_000)
SEEN = datetime(2026, 11, 27, tzinfo=UTC)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    day, first = draw(st.integers(1, 31)), draw(days)
    items = []
    for n, (begin, end) in enumerate(
        list(cycles(first, first + timedelta(days=draw(st.integers(1, 120))), day))[:4], 1
    ):
        net = draw(st.integers(0, 500_000))
        items.append(BilledItem(f"B-{n}", 1, "recurring", "Plan", "EUR", net, net // 5, "VAT", begin, end))
    usage = [
        Usage(f"U-{n}", "Roaming", SEEN, "EUR", draw(st.integers(1, 9_999)), 0) for n in range(draw(st.integers(0, 3)))
    ]
    payments = [
        Payment(f"P-{n}", SEEN, "EUR", draw(st.integers(0, 300_000)), draw(st.sampled_from([None, "pi"])))
        for n in range(draw(st.integers(0, 4)))
    ]
    return Facts(
        1, 1, "Europe/Berlin", draw(st.sampled_from(["none", "daily", "to_period_end"])),
        draw(st.sampled_from(["advance", "arrears"])), 3000, "EUR", day, first,
        items=items, usage=usage, payments=payments,
    )  # fmt: skip


@st.composite
def leavings(draw: st.DrawFn) -> tuple[Facts, Leaving]:
    known = draw(facts())
    first = known.items[0].first
    assert first is not None
    last_day = first + timedelta(days=draw(st.integers(0, 200)))
    until = draw(st.none() | st.integers(0, 200).map(lambda n: last_day - timedelta(days=n)))
    return known, Leaving(last_day, draw(st.booleans()), until)


# ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(amounts, st.integers(0, 31), st.integers(1, 31))
def test_what_was_used_and_what_comes_back_are_all_that_was_billed(amount: int, some: int, of: int) -> None:
    used = min(some, of)
    assert part(amount, used, of) - rest(amount, of - used, of) == amount
    assert part(amount, used, of) <= amount * used / of  # never more than the share


@given(days, st.integers(1, 31))
def test_cycles_follow_each_other_without_a_gap(first: date, day: int) -> None:
    found = list(cycles(first, first + timedelta(days=100), day))
    assert found[0][0] == first
    assert all(one[1] == other[0] for one, other in pairwise(found))
    for _, end in found:
        assert end == cycle_start(end, day)
        assert next_cycle(end - timedelta(days=1), day) == end
    assert all(1 <= (end - begin).days <= 31 for begin, end in found)


@given(days, st.integers(0, 2000))
def test_whole_months_never_count_a_begun_one(first: date, later: int) -> None:
    end = first + timedelta(days=later)
    months = whole_months(first, end)
    assert 28 * months <= later
    assert later < 31 * (months + 1) + 1


# ── Bills ────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(leavings())
def test_totals_are_the_sums_of_their_items_and_a_preview_is_the_settlement(how: tuple[Facts, Leaving]) -> None:
    known, leaving = how
    bill = final_bill(known, leaving, RULES)
    assert sum(bill.totals.values()) == sum(item.net + item.tax for item in bill.items)
    assert final_bill(known, leaving, RULES) == bill
    assert differences(bill.items, bill.items, Events()) == []


@given(leavings())
def test_no_charge_is_dated_after_the_end(how: tuple[Facts, Leaving]) -> None:
    known, leaving = how
    for item in final_bill(known, leaving, RULES).items:
        if item.kind == "used_service":
            assert item.first is not None
            assert item.first <= leaving.last_charged
            assert item.rule == "to_period_end" or (
                item.end is not None and item.end <= leaving.last_charged + timedelta(1)
            )
    after = [item for item in known.items if item.first is not None and item.first > leaving.last_charged]
    back = {i.source: i.total for i in final_bill(known, leaving, RULES).items if i.kind == "unused_service"}
    for one in after:
        assert back.get(f"bill {one.bill_number}/{one.item}", 0) == -(one.net + one.tax)


@given(leavings())
def test_no_more_comes_back_than_was_billed(how: tuple[Facts, Leaving]) -> None:
    known, leaving = how
    billed = {f"bill {item.bill_number}/{item.item}": item for item in known.items}
    for item in final_bill(known, leaving, RULES).items:
        if item.kind == "unused_service":
            assert -item.net <= billed[item.source].net
            assert -item.tax <= billed[item.source].tax


@given(leavings(), st.booleans())
def test_money_moves_by_just_the_total_and_a_refund_never_exceeds_what_was_paid(
    how: tuple[Facts, Leaving], has_mandate: bool
) -> None:
    known, leaving = how
    for one in settle(final_bill(known, leaving, RULES), known.payments, RULES, has_mandate=has_mandate):
        moved = sum(move.amount if move.kind == "charge" else -move.amount for move in one.movements)
        assert moved == (0 if one.written_off else one.total)
        assert all(move.amount > 0 for move in one.movements)
        for payment in known.payments:
            given_back = sum(move.amount for move in one.movements if move.payment_ref == payment.payment_ref)
            assert given_back <= (payment.left if payment.processor_ref else 0)


@given(leavings(), amounts.filter(bool))
def test_a_difference_that_nothing_explains_is_told(how: tuple[Facts, Leaving], by: int) -> None:
    known, leaving = how
    bill = final_bill(known, leaving, RULES)
    fee = FinalItem("early_termination", "Term", "commitment C-1", "EUR", by)
    (found,) = differences(bill.items, FinalBill((*bill.items, fee)).items, Events())
    assert (found.source, found.settled, found.because) == ("commitment C-1", by, None)
    (found,) = differences(bill.items, (*bill.items, fee), Events(other_day=True))
    assert found.because == "leaving_day"
