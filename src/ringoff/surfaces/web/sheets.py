"""What leaving costs, as a table on a page: the rows of the bill that would be made, in the words that it will have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringoff.features.billing import FinalBill
from ringoff.features.billing.documents import rows
from ringoff.kit.i18n import Phrases, tell_money
from ringoff.kit.money import decimal


@dataclass(frozen=True, slots=True)
class Sheet:
    """One currency of it. `headline`: "You get back"; `total` without its sign; `comes_to`: "EUR -934"."""

    comes_to: str
    headline: str
    total: str
    groups: Sequence[Mapping[str, Any]]
    sums: Sequence[tuple[str, str]]


def sheets(bills: Iterable[FinalBill], say: Phrases) -> list[Sheet]:
    """The bills of all lines that leave together, summed by currency."""
    items = [item for bill in bills for item in bill.items]
    found = []
    for currency in sorted({item.currency for item in items}):
        own = [item for item in items if item.currency == currency]
        total = sum(item.total for item in own)
        told = tell_money(decimal(abs(total), currency), currency, say.language)
        found.append(
            Sheet(f"{currency} {total}", _headline(total, say), told, rows.groups(own, say), rows.sums(own, say))
        )
    return found


def come_to(sheets: Iterable[Sheet]) -> str:
    """What a page showed, for the form on it: whoever confirms, confirms that."""
    return ", ".join(sheet.comes_to for sheet in sheets)


def _headline(total: int, say: Phrases) -> str:
    _ = say.gettext
    return _("You get back") if total < 0 else _("You pay") if total > 0 else _("Nothing is left to pay")
