"""The columns of an import's files, and how a row of one is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

from ringoff.features.directory import checks
from ringoff.features.directory.checks import Check
from ringoff.features.directory.model import BindingKind, FileKind
from ringoff.kit import sim
from ringoff.kit.errors import InvalidInput
from ringoff.kit.money import minor_units
from ringoff.kit.msisdn import Numbering


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
    return {
        layout.kind: layout for layout in (_plans(), _accounts(numbering), _lines(numbering), _bills(), _bindings())
    }


def _plans() -> Layout:
    def finish(values: list[str]) -> list[str]:
        values[3] = _amount("monthly_price", values[3], values[4])
        return values

    columns = (
        Column("plan_code", checks.reference, required=True),
        Column("name", checks.short_text, required=True),
        Column("kind", checks.one_of("prepaid", "postpaid"), required=True),
        Column("monthly_price", checks.short_text, required=True),
        Column("currency", checks.currency, required=True),
    )
    return Layout("plans", columns, finish)


def _accounts(numbering: Numbering) -> Layout:
    columns = (
        Column("account_number", checks.reference, required=True),
        Column("holder_name", checks.short_text, required=True),
        Column("kind", checks.one_of("consumer", "business"), required=True),
        Column("email", checks.email),
        Column("phone", numbering.parse),
        Column("locale", checks.locale, default="en"),
        Column("time_zone", checks.time_zone, default="UTC"),
        Column("jurisdiction", checks.jurisdiction, default="neutral"),
        Column("bill_cycle_day", checks.day_of_month),
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
        Column("line_ref", checks.line_ref, required=True),
        Column("msisdn", numbering.parse),
        Column("account_number", several(checks.reference), required=True),
        Column("plan_code", several(checks.reference), required=True),
        Column("service", checks.one_of("voice", "data", "iot"), required=True),
        Column("imsi", sim.imsi),
        Column("iccid", sim.iccid),
        Column("eid", sim.eid),
        Column("imei", sim.imei),
        Column("status", checks.one_of("active", "suspended"), default="active"),
        Column("activated_on", checks.day),
        Column("paid_until", checks.day),
        Column("primary_line_ref", checks.reference),
    )
    return Layout("lines", columns, finish)


def _bills() -> Layout:
    def finish(values: list[str]) -> list[str]:
        values[4] = _amount("amount", values[4], values[6])
        values[5] = _amount("open_amount", values[5], values[6])
        return values

    columns = (
        Column("account_number", checks.reference, required=True),
        Column("bill_number", checks.reference, required=True),
        Column("issued_on", checks.day, required=True),
        Column("due_on", checks.day),
        Column("amount", checks.short_text, required=True),
        Column("open_amount", checks.short_text, default="0"),
        Column("currency", checks.currency, required=True),
        Column("pay_url", checks.address),
        Column("document", checks.document),
    )
    return Layout("bills", columns, finish)


def _bindings() -> Layout:
    columns = (
        Column("line_ref", checks.line_ref, required=True),
        Column("kind", checks.one_of(*get_args(BindingKind)), required=True),
        Column("name", checks.short_text, required=True),
        Column("detail", checks.short_text),
        Column("removable", checks.one_of("yes", "no", "true", "false"), default="no"),
    )
    return Layout("bindings", columns)


def _amount(column: str, text: str, currency: str) -> str:
    """In the currency's minor units."""
    try:
        return str(minor_units(text, currency))
    except InvalidInput as error:
        raise BadRow(column, error.message) from None
