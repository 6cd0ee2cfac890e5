"""What each column of an import may hold, and what is kept of it.

A checked value holds no control character, which is what lets rows travel to the database without being escaped.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from zoneinfo import available_timezones

from ringoff.features.directory.model import FileKind
from ringoff.kit import sim
from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import negotiate
from ringoff.kit.money import digits, minor_units
from ringoff.kit.msisdn import Numbering

Check = Callable[[str], str]
_REFERENCE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff/\\]{1,80}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_EMAIL = re.compile(r"[^\s\x00-\x1f\x7f-\x9f@<>,;:\"\\]{1,64}@[^\s\x00-\x1f\x7f-\x9f@<>,;:\"\\]{1,189}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,4}(\.[A-Za-z0-9-]{1,20})?")
_JURISDICTION = re.compile(r"[a-z]{2,20}(-[a-z0-9]{1,10})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadRow(Exception):
    """`column` is empty where the whole row is meant."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Column:
    """`default` is kept where the field is empty; an empty string is kept as NULL."""

    name: str
    check: Check
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of file, in the order in which they are staged."""

    kind: FileKind
    columns: Sequence[Column]
    finish: Callable[[list[str]], list[str]] = lambda values: values

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def required(self) -> set[str]:
        return {column.name for column in self.columns if column.required}


class RowReader:
    """Turns the fields of one file's rows into what is staged. Raises BadRow naming the column."""

    def __init__(self, layout: Layout, header: Sequence[str]) -> None:
        self._width = len(header)
        self._finish = layout.finish
        places = {name: at for at, name in enumerate(header)}
        self._columns = [(c.name, places.get(c.name, -1), c.check, c.required, c.default) for c in layout.columns]
        if layout.kind == "lines" and "line_ref" not in places:  # then the number serves
            self._columns[0] = ("msisdn", places["msisdn"], self._columns[1][2], True, "")

    def read(self, fields: Sequence[str]) -> list[str]:
        if len(fields) != self._width:
            raise BadRow("", f"This row has {len(fields)} fields, the header has {self._width}.")
        values = []
        for name, place, check, required, default in self._columns:
            text = fields[place].strip() if place >= 0 else ""
            if text:
                try:
                    values.append(check(text))
                except InvalidInput as error:
                    raise BadRow(name, error.message) from None
            elif required:
                raise BadRow(name, "This must not be empty.")
            else:
                values.append(default)
        return self._finish(values)


def layouts(numbering: Numbering) -> Mapping[FileKind, Layout]:
    """In the order in which the files are imported."""
    return {layout.kind: layout for layout in (_plans(), _accounts(numbering), _lines(numbering))}


def _plans() -> Layout:
    def finish(values: list[str]) -> list[str]:
        try:
            values[3] = str(minor_units(values[3], values[4]))
        except InvalidInput as error:
            raise BadRow("monthly_price", error.message) from None
        return values

    columns = (
        Column("plan_code", _reference, required=True),
        Column("name", _text, required=True),
        Column("kind", _one_of("prepaid", "postpaid"), required=True),
        Column("monthly_price", _text, required=True),
        Column("currency", _currency, required=True),
    )
    return Layout("plans", columns, finish)


def _accounts(numbering: Numbering) -> Layout:
    columns = (
        Column("account_number", _reference, required=True),
        Column("holder_name", _text, required=True),
        Column("kind", _one_of("consumer", "business"), required=True),
        Column("email", _email),
        Column("phone", numbering.parse),
        Column("locale", _locale, default="en"),
        Column("time_zone", _time_zone, default="UTC"),
        Column("jurisdiction", _jurisdiction, default="neutral"),
        Column("bill_cycle_day", _day_of_month),
    )
    return Layout("accounts", columns)


def _lines(numbering: Numbering) -> Layout:
    def finish(values: list[str]) -> list[str]:
        if not values[1] and values[4] == "voice":
            raise BadRow("msisdn", "A voice line has a number; only data and iot lines may be without.")
        if values[12] and values[12] == values[0]:
            raise BadRow("primary_line_ref", "A line cannot depend on itself.")
        return values

    several = lru_cache(maxsize=65_536)  # accounts and plans repeat from row to row
    columns = (
        Column("line_ref", _line_ref, required=True),
        Column("msisdn", numbering.parse),
        Column("account_number", several(_reference), required=True),
        Column("plan_code", several(_reference), required=True),
        Column("service", _one_of("voice", "data", "iot"), required=True),
        Column("imsi", sim.imsi),
        Column("iccid", sim.iccid),
        Column("eid", sim.eid),
        Column("imei", sim.imei),
        Column("status", _one_of("active", "suspended"), default="active"),
        Column("activated_on", _date),
        Column("paid_until", _date),
        Column("primary_line_ref", _reference),
    )
    return Layout("lines", columns, finish)


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput("value_invalid", reason)


def _reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        raise _wrong("A reference has at most 80 characters, without spaces, slashes and control characters.")
    return text


def _line_ref(text: str) -> str:
    if text[:5].lower() in ("iccid", "imsi:") and ":" in text[:6]:
        raise _wrong("A line_ref does not begin with iccid: or imsi:, which mean something else in a search.")
    return _reference(text)


def _text(text: str) -> str:
    if len(text) > 200 or _CONTROL.search(text):
        raise _wrong("A text has at most 200 characters on one line, without control characters.")
    return text


def _one_of(*choices: str) -> Check:
    def check(text: str) -> str:
        if text not in choices:
            raise _wrong(f"This has to be one of {', '.join(choices)}.")
        return text

    return check


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise _wrong("This is not an e-mail address.")
    return text


def _currency(text: str) -> str:
    digits(text)
    return text


@lru_cache(maxsize=1024)
def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise _wrong("This is not a language tag, such as en, zh-Hans or es-MX.")
    return negotiate(text)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(text: str) -> str:
    if text not in _time_zones():
        raise _wrong("This is not a time zone of the IANA database, such as Asia/Shanghai.")
    return text


@lru_cache(maxsize=1024)
def _jurisdiction(text: str) -> str:
    if not _JURISDICTION.fullmatch(lower := text.lower()):
        raise _wrong("A jurisdiction is written like us, us-ca or neutral.")
    return lower


def _day_of_month(text: str) -> str:
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= 31:
        raise _wrong("This has to be a day of the month, from 1 to 31.")
    return str(int(text))


@lru_cache(maxsize=65_536)
def _date(text: str) -> str:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _wrong("There is no such day in the calendar.") from None
    raise _wrong("A date is written like 2026-11-27.")
