"""Reads the carrier's CSV files, a line at a time, in bounded memory.

UTF-8 with or without a byte order mark, LF or CRLF, separated by commas, quoted as in RFC 4180; but a value does not
span lines, so a forgotten quotation mark spoils one row and never swallows the rest of the file.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ringoff.features.directory.layout import Layout
from ringoff.features.directory.model import FileKind
from ringoff.kit.errors import InvalidInput

_LONGEST = 65_536  # bytes of one line
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """`fields` None: the line cannot be taken apart, for the reason in `wrong`. `done`: bytes read so far."""

    number: int
    fields: Sequence[str] | None
    done: int
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file whose kind has been recognised by its header."""

    path: Path
    kind: FileKind
    header: Sequence[str]
    size: int

    @property
    def name(self) -> str:
        return self.path.name

    def rows(self) -> Iterator[Row]:
        """Every line after the header but the empty ones; the header is line 1."""
        rows = _rows(self.path)
        next(rows)
        return (row for row in rows if row.fields != [""])


def recognise(path: Path, layouts: Mapping[FileKind, Layout]) -> Source:
    """Raises InvalidInput saying what is wrong with the file as a whole."""
    try:
        size = path.stat().st_size
        first = next(_rows(path), None)
    except OSError as error:
        raise _unfit(path, f"it cannot be read: {error.strerror}") from error
    if first is None:
        raise _unfit(path, "it is empty; its first line has to name the columns")
    if first.fields is None:
        raise _unfit(path, f"its first line cannot be read: {first.wrong}")
    header = [name.strip() for name in first.fields]
    if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
        raise _unfit(path, "its columns have to be separated by commas")
    return Source(path, _kind(path, header, layouts), header, size)


def _kind(path: Path, header: Sequence[str], layouts: Mapping[FileKind, Layout]) -> FileKind:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise _unfit(path, f"the column {', '.join(twice)} is there twice")
    names = set(header)
    nearest = max(layouts.values(), key=lambda one: (len(names & set(one.names)), one.required <= names))
    if not names & set(nearest.names):
        raise _unfit(path, f"its first line names no column of {', '.join(layouts)}")
    required = nearest.required
    if nearest.kind == "lines" and "line_ref" not in names:  # then the number serves
        required = required - {"line_ref"} | {"msisdn"}
    if unknown := [name for name in header if name not in nearest.names]:
        raise _unfit(path, f"it has the unknown column {', '.join(unknown)}; {nearest.kind} have {_list(nearest)}")
    if missing := [name for name in nearest.names if name in required - names]:
        raise _unfit(path, f"it lacks the column {', '.join(missing)}; {nearest.kind} have {_list(nearest)}")
    return nearest.kind


def _list(layout: Layout) -> str:
    return ", ".join(layout.names)


def _unfit(path: Path, why: str) -> InvalidInput:
    return InvalidInput("file_unfit", f"{path.name} cannot be imported: {why}.", file=path.name)


def _rows(path: Path) -> Iterator[Row]:
    done = 0
    with path.open("rb") as file:
        for number, raw in enumerate(iter(partial(file.readline, _LONGEST), b""), start=1):
            done += len(raw)
            if len(raw) == _LONGEST and not raw.endswith(b"\n"):
                raise InvalidInput("line_too_long", f"{path.name}: line {number} is longer than {_LONGEST} bytes.")
            fields, wrong = _split(raw.removeprefix(_BOM) if number == 1 else raw)
            yield Row(number, fields, done, wrong)


def _split(raw: bytes) -> tuple[Sequence[str] | None, str]:
    try:
        text = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return None, "This line is not UTF-8."
    if '"' not in text:
        return text.split(","), ""
    try:
        return next(csv.reader([text], strict=True)), ""
    except csv.Error:
        return None, "The quotation marks of this line do not match; a value cannot span lines."
