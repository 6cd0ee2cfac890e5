"""The example in docs/explanation/money.md is what the program makes of it."""

from datetime import UTC, date, datetime
from pathlib import Path

from ringoff.features.billing import Leaving
from ringoff.features.billing.model import BilledItem, Deposit, Facts, Usage
from ringoff.features.billing.rating import final_bill
from ringoff.features.rules import RuleBook
from ringoff.kit.money import decimal

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "money.md"


def test_graces_bill_is_the_one_on_the_page() -> None:
    paid = BilledItem("B", 1, "recurring", "Everyday", "GBP", 1667, 333, "VAT", date(2026, 11, 13), date(2026, 12, 13))
    roaming = Usage("U", "Roaming", datetime(2026, 11, 26, tzinfo=UTC), "GBP", 100, 20, "VAT")
    deposit = Deposit("D", date(2025, 1, 1), "GBP", 2500, of_account=True)
    facts = Facts(
        1, 1, "Europe/London", "daily", "advance", 2000, "GBP", 13, date(2025, 1, 1),
        items=[paid], usage=[roaming], deposits=[deposit],
    )  # fmt: skip
    bill = final_bill(facts, Leaving(date(2026, 11, 27), last_line=True), RuleBook.load().pack("neutral").billing)
    told = PAGE.read_text().replace("−", "-")
    for item in bill.items:
        for amount in filter(None, (item.net, item.tax)):
            assert f"| {decimal(amount, 'GBP')} |" in told
    assert f"**{decimal(bill.totals['GBP'], 'GBP')}**" in told
