"""Sums of money as people say them: 12 euros and 74 cents, 12欧元74分, 12 euros con 74 céntimos."""

from collections.abc import Mapping

from babel import Locale
from babel.numbers import format_decimal, get_currency_name

from ringoff.kit import money as coins
from ringoff.kit.i18n import Language

# The names of minor units, which CLDR does not have: one, several. Sums in other currencies are told with a decimal.
_MINOR: Mapping[Language, Mapping[str, tuple[str, str]]] = {
    "en": {
        **dict.fromkeys(("EUR", "USD", "CAD", "AUD", "NZD", "SGD", "HKD"), ("cent", "cents")),
        **dict.fromkeys(("MXN", "ARS", "COP", "PHP"), ("centavo", "centavos")),
        "GBP": ("penny", "pence"),
        "PEN": ("céntimo", "céntimos"),
    },
    "es": {
        "EUR": ("céntimo", "céntimos"),
        "PEN": ("céntimo", "céntimos"),
        **dict.fromkeys(
            ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "COP", "PHP"), ("centavo", "centavos")
        ),
        "GBP": ("penique", "peniques"),
    },
    "zh-Hans": {
        **dict.fromkeys(("EUR", "USD", "CAD", "AUD", "NZD", "SGD"), ("分", "分")),
        "GBP": ("便士", "便士"),
    },
}
_IN_JIAO: Mapping[str, str] = {"CNY": "元", "HKD": "港元"}  # told in tenths as well: 12元7角4分
_AND: Mapping[Language, str] = {"en": " and ", "es": " con ", "zh-Hans": ""}
_TENS = ("", "", "veinti", "treinta y ", "cuarenta y ", "cincuenta y ", "sesenta y ", "setenta y ", "ochenta y ")


def money(minor: int, currency: str, language: Language) -> str:
    """Raises InvalidInput (`currency_unknown`)."""
    places = coins.digits(currency)
    if language == "zh-Hans" and currency in _IN_JIAO:
        return _in_jiao(minor, _IN_JIAO[currency])
    small = _MINOR[language].get(currency)
    if places and small is None:
        return _with_decimals(minor, currency, places, language)
    whole, rest = divmod(minor, 10**places)
    told = [_counted(whole, *_major(currency, whole, language), language)] if whole or not rest else []
    if rest and small:
        told.append(_counted(rest, small[rest != 1], False, language))
    return _AND[language].join(told)


def _with_decimals(minor: int, currency: str, places: int, language: Language) -> str:
    """Francs, dinars: as a price tag is read. Whole sums have no decimals."""
    whole, rest = divmod(minor, 10**places)
    name, feminine = _major(currency, 2 if rest else whole, language)
    if not rest:
        return _counted(whole, name, feminine, language)
    pattern = f"#,##0.{'0' * places}" if language == "en" else f"0.{'0' * places}"
    figure = format_decimal(coins.decimal(minor, currency), pattern, locale=_locale(language))
    return figure + ("" if language == "zh-Hans" else " ") + name


def _in_jiao(minor: int, yuan: str) -> str:
    whole, rest = divmod(minor, 100)
    jiao, fen = divmod(rest, 10)
    told = f"{whole}{yuan}" if whole or not rest else ""
    if jiao:
        told += f"{jiao}角"
    elif fen and whole:
        told += "零"
    return told + (f"{fen}分" if fen else "")


def _major(currency: str, count: int, language: Language) -> tuple[str, bool]:
    """The name of the currency for so many of it, and whether it is feminine in Spanish."""
    name = get_currency_name(currency, count=count, locale=_locale(language))
    return name, language == "es" and name.split()[0].rstrip("s").endswith("a")


def _counted(number: int, name: str, feminine: bool, language: Language) -> str:
    match language:
        case "en":
            return f"{number:,} {name}"
        case "es":
            of = "de " if number and number % 1_000_000 == 0 else ""
            return f"{_spanish(number, feminine)} {of}{name}"
        case "zh-Hans":
            return f"{number}{name}"


def _spanish(number: int, feminine: bool) -> str:
    """A figure, but for those that change before a noun (un euro, veintiuna libras), which voices read wrongly."""
    tens, ones = divmod(number, 10)
    if ones != 1 or tens == 1 or tens > 9:
        return str(number)
    if tens == 9:
        return "noventa y " + ("una" if feminine else "un")
    if tens == 2 and not feminine:
        return "veintiún"
    return _TENS[tens] + ("una" if feminine else "un")


def _locale(language: Language) -> Locale:
    return Locale.parse(language, sep="-")
