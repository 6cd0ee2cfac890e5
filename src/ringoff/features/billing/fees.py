"""What an agreement costs that is left before its end: device instalments, and commitments to a term."""

from collections.abc import Iterator, Sequence

from ringoff.features.billing.model import Commitment, FinalItem, Instalments, Leaving
from ringoff.features.billing.periods import DAY, part, whole_months
from ringoff.features.rules import BillingRules


def instalments(
    plans: Sequence[Instalments], line_id: int, leaving: Leaving, rules: BillingRules
) -> tuple[list[FinalItem], list[Instalments]]:
    """Those that fall due with this line, and those of it that go on with another one.

    A plan's own word is above the rules', and the account's end is above both: there is then no line left to go on
    with, so all that is still open of any line falls due.
    """
    own = [p for p in plans if p.line_id in (0, line_id)]
    going_on = [p for p in own if not leaving.last_line and (p.on_leaving or rules.instalments) == "continue"]
    due = [p for p in (plans if leaving.last_line else own) if p not in going_on]
    rule = "last_line" if leaving.last_line else "as_agreed"
    items = [
        FinalItem("instalments", p.name, f"instalments {p.line_id}/{p.plan_ref}", p.currency, p.remaining, rule=rule)
        for p in due
        if p.remaining
    ]
    return items, [p for p in going_on if p.remaining]


def early_termination(commitments: Sequence[Commitment], leaving: Leaving, rules: BillingRules) -> Iterator[FinalItem]:
    """For a term that has begun and goes on after the last charged day. Nothing for leaving on its very last."""
    day = leaving.last_charged
    for one in commitments:
        if rules.early_termination == "none" or (rules.early_termination == "first_term" and one.rolled_over):
            continue
        if one.fee and one.starts_on <= day < one.ends_on:
            yield _fee(one, leaving)


def _fee(one: Commitment, leaving: Leaving) -> FinalItem:
    """A fee that declines is that part of it which the whole months that are left are of all months of the term."""
    source = f"commitment {one.commitment_ref}"
    if one.declines == "none":
        return FinalItem("early_termination", one.name, source, one.currency, one.fee, rule="as_agreed")
    end = one.ends_on + DAY
    left, all_ = whole_months(leaving.last_charged + DAY, end), max(whole_months(one.starts_on, end), 1)
    return FinalItem(
        "early_termination",
        one.name,
        source,
        one.currency,
        part(one.fee, min(left, all_), all_),
        months=min(left, all_),
        of_months=all_,
        of_net=one.fee,
        rule="declines_monthly",
    )
