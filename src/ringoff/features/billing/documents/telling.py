"""Amounts, days and periods as a document tells them."""

from datetime import date, timedelta

from babel import Locale
from babel.dates import format_date, format_interval

from ringoff.features.billing.model import FinalItem
from ringoff.kit import money
from ringoff.kit.i18n import Language, Phrases, tell_day, tell_money

_DAY = {"en": "d MMM y", "zh-Hans": "y年M月d日", "es": "d MMM y"}


def amount(units: int, currency: str, language: Language) -> str:
    """With a real minus, which is as wide as a figure and never parts from it."""
    return tell_money(money.decimal(units, currency), currency, language).replace("-", "−")


def day(on: date, language: Language) -> str:
    return tell_day(on, language)


def short_day(on: date, language: Language) -> str:
    return str(format_date(on, _DAY[language], _locale(language)))


def period(first: date, end: date, language: Language) -> str:
    """`end` is the first day that is no longer in it: "1–30 Nov 2026"."""
    last = end - timedelta(days=1)
    if last <= first:
        return short_day(first, language)
    return str(format_interval(first, last, "yMMMd", locale=_locale(language)))


def pencil(item: FinalItem, say: Phrases) -> str:
    """How the amount is counted: "15 of 30 days × £33.53"; "" where there is nothing to count."""
    _ = say.gettext
    if item.of_days is not None and item.days is not None and item.of_days > 1:
        part = _("%(part)d of %(whole)d days") % {"part": item.days, "whole": item.of_days}
    elif item.of_months is not None and item.months is not None and item.of_months > 1:
        part = _("%(part)d of %(whole)d months") % {"part": item.months, "whole": item.of_months}
    else:
        return ""
    if item.of_net is None:
        return part
    return f"{part} × {amount(abs(item.of_net), item.currency, say.language)}"


def _locale(language: Language) -> Locale:
    return Locale.parse("en-GB" if language == "en" else language, sep="-")
