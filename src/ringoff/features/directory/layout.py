"""One kind of file: its columns, and how a row of it is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ringoff.features.directory.checks import Check
from ringoff.features.directory.model import FileKind
from ringoff.kit.errors import InvalidInput
from ringoff.kit.money import minor_units


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


def amount(column: str, text: str, currency: str, *, signed: bool = False) -> str:
    """In the currency's minor units; `signed` where less than nothing makes sense. Raises BadRow naming the column."""
    negative = signed and text.startswith("-")
    try:
        units = minor_units(text.removeprefix("-") if negative else text, currency)
    except InvalidInput as error:
        raise BadRow(column, error.message) from None
    return str(-units if negative else units)
