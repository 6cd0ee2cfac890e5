"""What a single value of an import may be, and the one spelling in which it is kept. Each raises InvalidInput.

A checked value holds no control character, which is what lets rows travel to the database without being escaped.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import negotiate
from ringoff.kit.money import digits

Check = Callable[[str], str]
_REFERENCE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff/\\]{1,80}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_EMAIL = re.compile(r"[^\s\x00-\x1f\x7f-\x9f@<>,;:\"\\]{1,64}@[^\s\x00-\x1f\x7f-\x9f@<>,;:\"\\]{1,189}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,4}(\.[A-Za-z0-9-]{1,20})?")
_JURISDICTION = re.compile(r"[a-z]{2,20}(-[a-z0-9]{1,10})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\"<>]")


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput("value_invalid", reason)


def reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        raise _wrong("A reference has at most 80 characters, without spaces, slashes and control characters.")
    return text


def line_ref(text: str) -> str:
    if text[:5].lower() in ("iccid", "imsi:") and ":" in text[:6]:
        raise _wrong("A line_ref does not begin with iccid: or imsi:, which mean something else in a search.")
    return reference(text)


def short_text(text: str) -> str:
    if len(text) > 200 or _CONTROL.search(text):
        raise _wrong("A text has at most 200 characters on one line, without control characters.")
    return text


def one_of(*choices: str) -> Check:
    def check(text: str) -> str:
        if text not in choices:
            raise _wrong(f"This has to be one of {', '.join(choices)}.")
        return text

    return check


yes_or_no = one_of("yes", "no", "true", "false")


def email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise _wrong("This is not an e-mail address.")
    return text


def currency(text: str) -> str:
    digits(text)
    return text


@lru_cache(maxsize=1024)
def locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise _wrong("This is not a language tag, such as en, zh-Hans or es-MX.")
    return negotiate(text)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def time_zone(text: str) -> str:
    if text not in _time_zones():
        raise _wrong("This is not a time zone of the IANA database, such as Asia/Shanghai.")
    return text


@lru_cache(maxsize=1024)
def jurisdiction(text: str) -> str:
    if not _JURISDICTION.fullmatch(lower := text.lower()):
        raise _wrong("A jurisdiction is written like us, us-ca or neutral.")
    return lower


def day_of_month(text: str) -> str:
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= 31:
        raise _wrong("This has to be a day of the month, from 1 to 31.")
    return str(int(text))


@lru_cache(maxsize=65_536)
def day(text: str) -> str:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _wrong("There is no such day in the calendar.") from None
    raise _wrong("A date is written like 2026-11-27.")


def instant(text: str) -> str:
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise _wrong("There is no such day or time.") from None
    raise _wrong("A time is written like 2026-11-27T09:30:00+08:00.")


def ordinal(text: str) -> str:
    if not (text.isascii() and text.isdecimal()) or len(text) > 5 or not 1 <= int(text) <= 32_767:
        raise _wrong("This has to be a whole number, from 1 to 32767.")
    return str(int(text))


def label(text: str) -> str:
    """As its holder knows a card or an account: never its whole number."""
    if sum(sign.isdecimal() for sign in text) > 8:
        raise _wrong("Of a card or an account only the last digits are kept, such as: Visa ending in 4242.")
    return short_text(text)


def address(text: str) -> str:
    """Where a bill is paid: shown to its holder, so nothing but https, and nobody's name before the host."""
    try:
        parts = urlsplit(text if len(text) <= 2_000 and not _BLANK.search(text) else "")
    except ValueError:
        raise _wrong("This is not an address.") from None
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise _wrong("This has to be an address that begins with https://.")
    return text


def document(text: str) -> str:
    """A path below the folder of the CSV file."""
    path = PurePosixPath(text)
    if len(text) > 300 or _CONTROL.search(text) or "\\" in text or path.is_absolute() or ".." in path.parts:
        raise _wrong("This has to be a path below the folder that this file is in.")
    return text
