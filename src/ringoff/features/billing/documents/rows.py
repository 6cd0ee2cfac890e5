"""The rows of a final bill: each says what it is, why it stands there, and how it is counted."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from ringoff.features.billing.documents.telling import amount, pencil, period, short_day
from ringoff.features.billing.model import FinalItem
from ringoff.kit.i18n import Phrases

_BY_NAME = frozenset(("unused_service", "used_service", "usage", "instalments"))
_COMES_BACK = frozenset(("unused_service", "prepaid_balance", "deposit", "credit"))


def groups(items: Sequence[FinalItem], say: Phrases) -> list[dict[str, Any]]:
    """What comes back, then what is to be paid; each row without its tax. A discount stands by what it belongs to.

    `items` of one currency.
    """
    _ = say.gettext
    back = [row(item, say) for item in items if item.kind in _COMES_BACK]
    owed = [row(item, say) for item in items if item.kind not in _COMES_BACK]
    titled = ((_("Comes back to you"), back), (_("You owe"), owed))
    return [{"title": title, "rows": rows} for title, rows in titled if rows]


def row(item: FinalItem, say: Phrases) -> dict[str, Any]:
    says = _SAYS[item.kind](item, say)
    return {
        "name": title(item, say),
        "says": [sentence for sentence in says if sentence],
        "pencil": pencil(item, say),
        "amount": amount(item.net, item.currency, say.language),
    }


def sums(items: Sequence[FinalItem], say: Phrases) -> list[tuple[str, str]]:
    """The taxes, summed by name, after the sum before them; nothing where there are none. `items` of one currency."""
    _ = say.gettext
    taxes: dict[str, int] = {}
    for item in items:
        if item.tax:
            taxes[item.tax_name] = taxes.get(item.tax_name, 0) + item.tax
    if not taxes:
        return []
    told = [(_("Sum before tax"), sum(item.net for item in items))]
    told += [(name or _("Tax"), tax) for name, tax in sorted(taxes.items())]
    return [(name, amount(units, items[0].currency, say.language)) for name, units in told]


def title(item: FinalItem, say: Phrases) -> str:
    """What was sold goes by its name; the rest by what it is, and then by its reference."""
    if item.kind in _BY_NAME:
        return item.name or _called(item, say)
    return " · ".join(part for part in (_called(item, say), item.name) if part)


def _called(item: FinalItem, say: Phrases) -> str:
    _ = say.gettext
    return {
        "unused_service": _("Service"),
        "used_service": _("Service"),
        "usage": _("Usage"),
        "instalments": _("Device instalments"),
        "early_termination": _("Early termination"),
        "prepaid_balance": _("Prepaid balance"),
        "deposit": _("Deposit"),
        "unpaid_bill": _("Unpaid bill"),
        "credit": _("Credit"),
    }[item.kind]


def _unused(item: FinalItem, say: Phrases) -> list[str]:
    """`first` to `end` is what comes back of the period that was billed."""
    _ = say.gettext
    if item.first is None or item.end is None:
        return [_("Billed, and not used.")]
    whole = item.first if item.of_days is None else item.end - timedelta(days=item.of_days)
    billed = _("Billed: %(period)s.") % {"period": period(whole, item.end, say.language)}
    if item.rule == "after_the_end":
        return [billed, _("It begins after your last day, so all of it comes back.")]
    return [billed, _("Not used: %(period)s.") % {"period": period(item.first, item.end, say.language)}]


def _used(item: FinalItem, say: Phrases) -> list[str]:
    _ = say.gettext
    why = _("Your plan charges the whole period that has begun.") if item.rule == "to_period_end" else ""
    if item.first is None or item.end is None:
        return [_("Used, and on no bill yet."), why]
    used = _("Used, and on no bill yet: %(period)s.") % {"period": period(item.first, item.end, say.language)}
    return [used, why]


def _usage(_item: FinalItem, say: Phrases) -> list[str]:
    return [say.gettext("Used before the line closed, and on no bill yet.")]


def _instalments(item: FinalItem, say: Phrases) -> list[str]:
    _ = say.gettext
    if item.rule == "last_line":
        return [_("All that is left of them. No line goes on with which they could, so they are due now.")]
    return [_("All that is left of them. As agreed, they are due when the line ends.")]


def _early(item: FinalItem, say: Phrases) -> list[str]:
    _ = say.gettext
    agreed = _("The fee you agreed to for leaving before the contract ends.")
    return [agreed, _("It gets smaller with every month.")] if item.rule == "declines_monthly" else [agreed]


def _balance(_item: FinalItem, say: Phrases) -> list[str]:
    return [say.gettext("What you paid in and did not use.")]


def _deposit(item: FinalItem, say: Phrases) -> list[str]:
    _ = say.gettext
    if item.first is None:
        return [_("You get it back whole.")]
    return [_("Paid on %(day)s; you get it back whole.") % {"day": short_day(item.first, say.language)}]


def _unpaid(item: FinalItem, say: Phrases) -> list[str]:
    _ = say.gettext
    if item.first is None:
        return [_("Not paid whole yet.")]
    return [_("Issued on %(day)s, and not paid whole yet.") % {"day": short_day(item.first, say.language)}]


def _credit(item: FinalItem, say: Phrases) -> list[str]:
    _ = say.gettext
    if item.first is None:
        return [_("What is left of a credit note.")]
    return [_("What is left of the credit note of %(day)s.") % {"day": short_day(item.first, say.language)}]


_SAYS: dict[str, Callable[[FinalItem, Phrases], Sequence[str]]] = {
    "unused_service": _unused,
    "used_service": _used,
    "usage": _usage,
    "instalments": _instalments,
    "early_termination": _early,
    "prepaid_balance": _balance,
    "deposit": _deposit,
    "unpaid_bill": _unpaid,
    "credit": _credit,
}
