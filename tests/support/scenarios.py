"""A final bill told as a story: a TOML file with what is known, how the holder leaves, and the bill that it makes.

Amounts are minor units, days are days of the account's zone. What is left out is what an ordinary line has.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ringoff.features.billing import Leaving, last_day_of
from ringoff.features.billing.model import (
    Balance,
    BilledItem,
    Commitment,
    Deposit,
    Facts,
    FinalBill,
    Instalments,
    OpenBill,
    Payment,
    Usage,
)
from ringoff.features.billing.rating import final_bill, late_usage
from ringoff.features.billing.settling import settle
from ringoff.features.rules import BillingRules, RuleBook

FOLDER = Path(__file__).parents[1] / "unit" / "billing" / "scenarios"
_LINE: Mapping[str, Any] = {
    "line_id": 1,
    "account_id": 1,
    "time_zone": "Europe/Berlin",
    "proration": "daily",
    "billed": "advance",
    "price": 3000,
    "currency": "EUR",
    "bill_cycle_day": 1,
    "activated_on": date(2024, 1, 1),
}
_ITEM = {"bill_number": "B-1", "item": 1, "kind": "recurring", "name": "Plan", "currency": "EUR", "tax": 0}
_OTHERS: Mapping[str, tuple[type, Mapping[str, Any]]] = {
    "usage": (Usage, {"usage_ref": "U-1", "name": "Roaming", "currency": "EUR", "tax": 0}),
    "instalments": (
        Instalments,
        {"plan_ref": "I-1", "name": "Phone", "currency": "EUR", "next_due": None, "on_leaving": None},
    ),
    "commitments": (Commitment, {"commitment_ref": "C-1", "name": "24 months", "currency": "EUR", "declines": "none"}),
    "balances": (Balance, {"currency": "EUR", "promotional": 0, "expires_on": None}),
    "deposits": (Deposit, {"deposit_ref": "D-1", "taken_on": date(2024, 1, 1), "currency": "EUR", "of_account": False}),
    "open_bills": (
        OpenBill,
        {"bill_number": "B-0", "issued_on": date(2026, 10, 1), "due_on": None, "currency": "EUR"},
    ),
    "payments": (
        Payment,
        {
            "payment_ref": "P-1",
            "received_at": datetime.fromisoformat("2026-11-01T09:00:00+00:00"),
            "currency": "EUR",
            "processor_ref": "pi_1",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    title: str
    facts: Facts
    leaving: Leaving
    rules: BillingRules
    has_mandate: bool
    supplementary: bool
    expected: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Scenario":
        told = tomllib.loads(path.read_text())
        line = {**_LINE, **told.get("line", {})}
        bought = [_billed(n, row) for n, row in enumerate(told.get("billed", []), 1)]
        for paid in told.get("payments", []):
            paid["processor_ref"] = paid.get("processor_ref", "pi_1") or None  # "": it came another way
        known: dict[str, Any] = {
            name: [shape(**{**usual, **row}) for row in told.get(name, [])] for name, (shape, usual) in _OTHERS.items()
        }
        neutral = RuleBook.load().pack("neutral").billing
        rules = BillingRules.model_validate({**neutral.model_dump(), **told.get("rules", {})})
        return cls(
            told["title"],
            Facts(**line, items=bought, **known),
            _leaving(told["leaving"], line["time_zone"]),
            rules,
            told.get("has_mandate", False),
            told.get("supplementary", False),
            told["expected"],
        )

    def bill(self) -> FinalBill:
        if self.supplementary:
            return late_usage(self.facts, self.leaving)
        return final_bill(self.facts, self.leaving, self.rules)

    def made(self) -> dict[str, Any]:
        """In the words of the file's `expected`."""
        bill = self.bill()
        settled = settle(bill, self.facts.payments, self.rules, has_mandate=self.has_mandate)
        return {
            "items": [[item.kind, item.net, item.tax] for item in bill.items],
            "totals": dict(bill.totals),
            "movements": [
                [
                    move.kind,
                    abs(move.amount),
                    move.currency,
                    move.route,
                    *([move.payment_ref] if move.payment_ref else []),
                ]
                for one in settled
                for move in one.movements
            ],
            "written_off": [one.currency for one in settled if one.written_off],
            "continuing": [plan.plan_ref for plan in bill.continuing],
        }


def _billed(n: int, told: Mapping[str, Any]) -> BilledItem:
    """`period`: its first day, and the first that is no longer in it."""
    row = {**_ITEM, "item": n, **told}
    period = row.pop("period", None)
    first, end = map(date.fromisoformat, period) if period else (None, None)
    return BilledItem(**row, first=first, end=end)


def _leaving(told: Mapping[str, Any], zone: str) -> Leaving:
    """`at`: an instant, instead of `last_day`."""
    how = {"last_line": False, **told}
    if (at := how.pop("at", None)) is not None:
        how["last_day"] = last_day_of(at, zone)
    return Leaving(**how)
