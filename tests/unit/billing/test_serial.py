import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ringoff.features.billing.model import Difference, FinalItem, Instalments
from ringoff.features.billing.serial import (
    continuing_from_json,
    continuing_to_json,
    differences_from_json,
    differences_to_json,
    items_from_json,
    items_to_json,
)

UNUSED = FinalItem(
    kind="unused_service",
    name="套餐 “L”",
    source="bill B-7 item 1",
    currency="CNY",
    net=-2950,
    tax=-177,
    first=date(2026, 11, 16),
    end=date(2026, 12, 1),
    days=15,
    of_days=30,
    of_net=-5900,
)


def test_what_is_at_its_default_is_not_written() -> None:
    assert json.loads(items_to_json([FinalItem("deposit", "Deposit", "deposit D-1", "EUR", -100)])) == [
        {"kind": "deposit", "name": "Deposit", "source": "deposit D-1", "currency": "EUR", "net": -100}
    ]


def test_items_are_read_back_equal() -> None:
    assert items_from_json(json.loads(items_to_json([UNUSED]))) == (UNUSED,)


@given(
    item=st.builds(
        FinalItem,
        name=st.text(st.characters(exclude_categories=["Cs"])),
        net=st.integers(-(2**62), 2**62),
        tax=st.integers(-(2**62), 2**62),
    )
)
def test_any_item_is_read_back_equal(item: FinalItem) -> None:
    assert items_from_json(json.loads(items_to_json([item]))) == (item,)


def test_differences_and_instalments_are_read_back_equal() -> None:
    unexplained = Difference("bill B-7", "EUR", 100, 90, None)
    phone = Instalments("P-1", "Phone", "EUR", 2000, 6000, date(2026, 12, 1), None)
    cable = Instalments("P-2", "Cable", "EUR", 100, 100, None, "due")
    assert differences_from_json(json.loads(differences_to_json([unexplained]))) == (unexplained,)
    assert continuing_from_json(json.loads(continuing_to_json([phone, cable]))) == (phone, cable)
