"""Money is a whole number of minor units and a currency: 1999 CNY is ¥19.99, 1999 JPY is ¥1,999."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from babel.numbers import is_currency

from ringoff.kit.errors import InvalidInput

# ISO 4217, List One: all others have two. Babel's own figures are CLDR's, which say how amounts are shown, not how
# they are counted (IQD: shown with none, counted in thousandths).
_WITHOUT = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF")
OTHER_THAN_TWO_DIGITS: Mapping[str, int] = {
    **dict.fromkeys((*_WITHOUT, "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,4})?")


@lru_cache(maxsize=512)
def digits(currency: str) -> int:
    """How many decimal places the currency is counted in. InvalidInput where ISO 4217 has no such currency."""
    if not re.fullmatch("[A-Z]{3}", currency) or not is_currency(currency):
        raise InvalidInput("currency_unknown", "This is not a currency's ISO 4217 code, such as CNY or EUR.")
    return OTHER_THAN_TWO_DIGITS.get(currency, 2)


def minor_units(text: str, currency: str) -> int:
    """A plain decimal such as `19.99`, exactly; more places than the currency has are refused unless they are 0."""
    places = digits(currency)
    if not _AMOUNT.fullmatch(text):
        raise InvalidInput("amount_invalid", "Write an amount as plain digits with a point, such as 19.99.")
    units = Decimal(text).scaleb(places)
    if units != units.to_integral_value():
        raise InvalidInput("amount_invalid", f"{currency} has {places} decimal places.")
    return int(units)


def decimal(amount: int, currency: str) -> Decimal:
    """The amount as people write it: 1999 CNY is 19.99."""
    return Decimal(amount).scaleb(-digits(currency))
