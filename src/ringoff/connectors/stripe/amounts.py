"""Amounts as Stripe counts them: ISO 4217's minor units, but for a few currencies.

Source: https://docs.stripe.com/currencies#special-cases
"""

from collections.abc import Mapping
from typing import Any

_TWO_DECIMALS_THERE = frozenset({"ISK", "UGX"})  # none in ISO 4217; amounts end in 00
_NO_DECIMALS_THERE = frozenset({"MGA"})  # two in ISO 4217


def at_stripe(brief: Mapping[str, Any]) -> int:
    """Raises Uncountable."""
    amount, currency = int(brief["amount"]), brief["currency"]
    if currency in _TWO_DECIMALS_THERE:
        return amount * 100
    if currency in _NO_DECIMALS_THERE:
        if amount % 100:
            raise Uncountable(f"Stripe takes whole {currency} only")
        return amount // 100
    return amount


class Uncountable(Exception):
    """Stripe has no word for this amount."""
