"""Why a settled bill is not what was quoted, item by item. What nothing explains stops before any money moves. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from ringoff.features.billing.model import Difference, FinalItem

_ACCOUNTS_OWN = frozenset({"deposit", "unpaid_bill", "credit", "instalments"})
_BY_THE_DAY = frozenset({"unused_service", "used_service", "early_termination"})
_MOVES_BY_ITSELF = frozenset({"prepaid_balance", "instalments"})
"""The carrier counts these on while the line lives: a call spends a balance, a month pays an instalment."""


@dataclass(frozen=True, slots=True)
class Events:
    """What happened after the quote. `sources`: what was booked or arrived, as the ledger names it: "bill B-7".

    `other_day`: the line ended on another day than was quoted. `other_line`: the account ended with another line.
    """

    sources: frozenset[str] = frozenset()
    other_day: bool = False
    other_line: bool = False

    def any(self, kind: str) -> bool:
        return any(source.startswith(f"{kind} ") for source in self.sources)


def differences(quoted: Iterable[FinalItem], settled: Iterable[FinalItem], events: Events) -> list[Difference]:
    before = {(item.source, item.kind, item.currency): item for item in quoted}
    after = {(item.source, item.kind, item.currency): item for item in settled}
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        was, now = old.total if old else 0, new.total if new else 0
        if was != now:
            item = new or old
            assert item is not None
            found.append(Difference(item.source, item.currency, was, now, _because(item, events)))
    return found


def _because(item: FinalItem, events: Events) -> str | None:
    """The event that accounts for it; None is a defect of ours, or of the carrier's data."""
    whole = item.source.partition("/")[0]
    if events.other_line and item.kind in _ACCOUNTS_OWN:
        return "last_line"
    if events.other_day and item.kind in _BY_THE_DAY:
        return "leaving_day"
    if whole in events.sources:
        return whole.partition(" ")[0]
    if item.kind in _MOVES_BY_ITSELF:
        return "balance" if item.kind == "prepaid_balance" else "instalment"
    if item.kind == "unpaid_bill" and (events.any("payment") or events.any("settled")):
        return "payment"
    return "bill" if item.kind in ("used_service", "usage", "credit") and events.any("bill") else None
