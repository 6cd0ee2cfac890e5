"""The languages that Ringoff speaks: which one a person gets, its phrases, and how it tells a time.

Phrases are gettext's: English stands in the code, the others in `ringoff/locale/*/LC_MESSAGES/*.po`. The .po
files themselves are read, once a process, so there is no build step and nothing compiled that could be stale. For a
new phrase: `pybabel extract -F src/ringoff/locale/babel.toml -o ringoff.pot src`, then `pybabel update -D ringoff
-i ringoff.pot -d src/ringoff/locale`, then write it; a test names what is missing.

Times are told in full, in the reader's zone, with the zone in words, because the reader may be anywhere.
"""

import gettext
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.catalog import Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from babel.units import format_unit

Language = Literal["en", "zh-Hans", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_SPEAKS: Mapping[str, Language] = {"en": "en", "zh": "zh-Hans", "cmn": "zh-Hans", "es": "es"}
_FULL = {"en": "EEEE d MMMM y, HH:mm", "zh-Hans": "y年M月d日EEEE HH:mm", "es": "EEEE d 'de' MMMM 'de' y, HH:mm"}
_DAY = {"en": "EEEE d MMMM y", "zh-Hans": "y年M月d日EEEE", "es": "EEEE d 'de' MMMM 'de' y"}
_SHORT = {"en": "d MMM y, HH:mm", "zh-Hans": "y年M月d日HH:mm", "es": "d MMM y, HH:mm"}
_ZONE = {"en": "{time}, {city} time", "zh-Hans": "{time}（{city}时间）", "es": "{time}, hora de {city}"}
_NO_CITY = {"en": "{time}, {offset}", "zh-Hans": "{time}（{offset}）", "es": "{time}, {offset}"}
_TWICE = {
    "en": "{time}, {city} time ({offset})",
    "zh-Hans": "{time}（{city}时间，{offset}）",
    "es": "{time}, hora de {city} ({offset})",
}


@lru_cache(maxsize=1024)
def negotiate(tag: str | None) -> Language:
    """The language for a reader whose locale is `tag` (BCP 47 or POSIX, any case), English where we speak none.

    A reader of Traditional Chinese gets Simplified Chinese: nearer than English.
    """
    primary = (tag or "").strip().replace("_", "-").split("-", 1)[0].lower()
    return _SPEAKS.get(primary, "en")


def _babel(language: Language) -> Locale:
    """British English: it puts the day before the month, and no comma before "and"."""
    return Locale.parse("en-GB" if language == "en" else language, sep="-")


# ── Phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Phrases(gettext.NullTranslations):
    """One language's phrases. A phrase that it lacks is told in English."""

    def __init__(
        self, language: Language, told: Mapping[str, str], plurals: Mapping[str, Sequence[str]], rule: str
    ) -> None:
        super().__init__()
        self.language = language
        self._told = told
        self._plurals = plurals
        self._form = gettext.c2py(rule)

    def gettext(self, message: str) -> str:
        return self._told.get(message, message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        forms = self._plurals.get(singular)
        if forms is None:
            return singular if n == 1 else plural
        return forms[self._form(n)]


@cache
def phrases(language: Language) -> Phrases:
    if language == "en":
        return Phrases(language, {}, {}, "n != 1")
    told: dict[str, str] = {}
    plurals: dict[str, Sequence[str]] = {}
    for message in _messages(_babel(language)):
        if not message.id or message.fuzzy or not message.string:
            continue
        if isinstance(message.id, str) and isinstance(message.string, str):
            told[message.id] = message.string
        else:
            plurals[message.id[0]] = tuple(message.string)
    return Phrases(language, told, plurals, get_plural(_babel(language)).plural_expr)


def _messages(locale: Locale) -> Iterator[Message]:
    """Of all the language's catalogues: one a part of the house, so that each is a page that a translator can hold."""
    for source in sorted((files("ringoff") / "locale" / str(locale) / "LC_MESSAGES").iterdir(), key=str):
        if source.name.endswith(".po"):
            with source.open("rb") as file:
                yield from read_po(file, locale=str(locale), abort_invalid=True)


def listed(items: Sequence[str], language: Language) -> str:
    """`1, 7 and 30` in the language's own way."""
    return _listed(tuple(items), language)


@lru_cache(maxsize=4096)
def _listed(items: tuple[str, ...], language: Language) -> str:
    return str(format_list(items, "standard", _babel(language)))


# ── Times ────────────────────────────────────────────────────────────────────────────────────────────────────────
def tell_time(at: datetime, zone: str, language: Language) -> str:
    """The minute of `at` on the clocks of `zone`: "Friday 27 November 2026, 23:59, Shanghai time".

    Where the clocks go back, the hour that comes twice also names its offset. An unknown zone is told in UTC, which
    is right everywhere. Seconds are cut off, so a deadline is never told later than it is.
    """
    return _told(_minute(at), zone, language, _FULL[language])


def tell_time_briefly(at: datetime, zone: str, language: Language) -> str:
    """The same for a text message, where every character is paid for: "27 Nov 2026, 23:59, Shanghai time"."""
    return _told(_minute(at), zone, language, _SHORT[language])


def tell_minute(at: datetime, zone: str, language: Language) -> str:
    """ "27 Nov 2026, 23:59": in a table of a page that says whose clocks it reads."""
    where = _zone(zone)
    return str(format_datetime(at.astimezone(where), _SHORT[language], where, _babel(language)))


def tell_day(on: date, language: Language) -> str:
    """ "Friday 27 November 2026": a day as it stands in a contract, without a zone."""
    return str(format_date(on, _DAY[language], _babel(language)))


def tell_money(amount: Decimal, currency: str, language: Language) -> str:
    """`£14.00`, `¥59.00`, `15,90 €`, with the currency's code where its sign alone would be ambiguous."""
    return str(format_currency(amount, currency, locale=_babel(language)))


def tell_span(span: timedelta, language: Language) -> str:
    """`15 minutes`, `3 days`: in the largest unit that tells it exactly; seconds that are left over are not told."""
    seconds = max(int(span.total_seconds()), 0)
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    unit, size = next((u for u in units if seconds >= u[1] and seconds % u[1] == 0), ("second", 1))
    if unit == "second" and seconds >= 60:
        unit, size = "minute", 60
    # Babel does not follow CLDR's aliases: Chinese has its units under "short" alone.
    length: Literal["short", "long"] = "short" if language == "zh-Hans" else "long"
    told = str(format_unit(seconds // size, f"duration-{unit}", length, locale=_babel(language)))
    return re.sub(r"(?<=\d)(?=[\u4e00-\u9fff])", " ", told)  # as everywhere between a figure and a Chinese word


def _minute(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("a time without its zone is no instant")
    return int(at.timestamp() // 60)


@lru_cache(maxsize=32_768)  # a bulk shares its minutes; CLDR's formatting costs a hundred times the lookup
def _told(minute: int, zone: str, language: Language, pattern: str) -> str:
    where = _zone(zone)
    at = datetime.fromtimestamp(minute * 60, where)
    time = format_datetime(at, pattern, where, _babel(language))
    city = zone_city(zone, language)
    way = _NO_CITY if city is None else _TWICE if _comes_twice(at) else _ZONE
    return way[language].format(time=time, city=city, offset=_offset(at))


def _comes_twice(at: datetime) -> bool:
    return at.replace(fold=0).utcoffset() > at.replace(fold=1).utcoffset()  # type: ignore[operator]  # `at` has a zone


def _offset(at: datetime) -> str:
    """`UTC+2`, `UTC−3:30`"""
    minutes = int((at.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=4096)
def zone_city(zone: str, language: Language) -> str | None:
    """The city that a zone is named after, in the language; None for a zone that is named after none (`Etc/UTC`)."""
    area, _, name = zone.rpartition("/")
    if area in ("", "Etc") or _zone(zone) is UTC:
        return None
    cities = _babel(language).time_zones
    for spelling in (zone, *_other_spellings(zone)):
        if city := cities.get(spelling, {}).get("city"):
            return str(city)
    return name.replace("_", " ")


def _other_spellings(zone: str) -> Iterator[str]:
    """CLDR keeps a zone under the first name that it ever had: Asia/Calcutta, America/Buenos_Aires."""
    current: Mapping[str, str] = get_global("zone_aliases")
    today = current.get(zone, zone)
    yield today
    yield from (old for old, new in current.items() if new == today)
