"""The rows of a final bill: each says what it is, why it stands there, and how it is counted."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from ringoff.features.billing.documents.model import FinalBillDocument
from ringoff.features.billing.documents.telling import amount, pencil, period, short_day
from ringoff.features.billing.model import FinalItem
from ringoff.kit.i18n import Phrases

_BY_NAME = frozenset(("unused_service", "used_service", "usage", "instalments"))
_Says = Callable[[FinalItem, FinalBillDocument, Phrases], Sequence[str]]


def groups(bill: FinalBillDocument, say: Phrases) -> list[dict[str, Any]]:
    """What comes back, then what is to be paid; each row without its tax."""
    _ = say.gettext
    items = [item for item in bill.items if item.currency == bill.currency]
    back = [row(item, bill, say) for item in items if item.total < 0]
    owed = [row(item, bill, say) for item in items if item.total >= 0]
    titled = ((_("Comes back to you"), back), (_("You owe"), owed))
    return [{"title": title, "rows": rows} for title, rows in titled if rows]


def row(item: FinalItem, bill: FinalBillDocument, say: Phrases) -> dict[str, Any]:
    says = _SAYS[item.kind](item, bill, say)
    return {
        "name": title(item, say),
        "says": [sentence for sentence in says if sentence],
        "pencil": pencil(item, say),
        "amount": amount(item.net, item.currency, say.language),
    }


def sums(bill: FinalBillDocument, say: Phrases) -> list[tuple[str, str]]:
    """The taxes, summed by name, after the sum before them; nothing where there are none."""
    _ = say.gettext
    items = [item for item in bill.items if item.currency == bill.currency]
    taxes: dict[str, int] = {}
    for item in items:
        if item.tax:
            taxes[item.tax_name] = taxes.get(item.tax_name, 0) + item.tax
    if not taxes:
        return []
    told = [(_("Sum before tax"), sum(item.net for item in items))]
    told += [(name or _("Tax"), tax) for name, tax in sorted(taxes.items())]
    return [(name, amount(units, bill.currency, say.language)) for name, units in told]


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


def _unused(item: FinalItem, bill: FinalBillDocument, say: Phrases) -> list[str]:
    _ = say.gettext
    if item.first is None or item.end is None:
        return [_("Paid for, and not used.")]
    paid = _("Paid for: %(period)s.") % {"period": period(item.first, item.end, say.language)}
    if item.first > _charged_until(bill):
        return [paid, _("It lies wholly after your last day.")]
    until = short_day(_charged_until(bill), say.language)
    return [paid, _("Used until %(day)s; the rest comes back.") % {"day": until}]


def _used(item: FinalItem, bill: FinalBillDocument, say: Phrases) -> list[str]:
    _ = say.gettext
    if item.first is None or item.end is None:
        return [_("Used, and not on any bill yet.")]
    end = min(item.end, _charged_until(bill) + timedelta(days=1))
    used = _("Used: %(period)s.") % {"period": period(item.first, max(end, item.first), say.language)}
    return [used, _("It is on no bill yet.")]


def _usage(item: FinalItem, _bill: FinalBillDocument, say: Phrases) -> list[str]:
    _ = say.gettext
    when = period(item.first, item.end, say.language) if item.first and item.end else ""
    return [when, _("Used before the line closed, and on no bill yet.")]


def _early(item: FinalItem, bill: FinalBillDocument, say: Phrases) -> list[str]:
    _ = say.gettext
    if item.end is None:
        return [_("The fee you agreed to for leaving before the contract ends.")]
    until = short_day(item.end - timedelta(days=1), say.language)
    return [_("Your contract runs until %(day)s: the fee you agreed to for leaving earlier.") % {"day": until}]


def _one(sentence: Callable[[Phrases], str]) -> _Says:
    return lambda item, bill, say: [sentence(say)]


def _charged_until(bill: FinalBillDocument) -> date:
    return bill.last_day if bill.charged_until is None else min(bill.last_day, bill.charged_until)


_SAYS: dict[str, _Says] = {
    "unused_service": _unused,
    "used_service": _used,
    "usage": _usage,
    "instalments": _one(lambda say: say.gettext("What is left of your instalments, due now.")),
    "early_termination": _early,
    "prepaid_balance": _one(lambda say: say.gettext("What you paid in and did not use.")),
    "deposit": _one(lambda say: say.gettext("Your deposit, returned whole.")),
    "unpaid_bill": _one(lambda say: say.gettext("Issued earlier, and not paid whole yet.")),
    "credit": _one(lambda say: say.gettext("From a credit note that was not used up.")),
}
