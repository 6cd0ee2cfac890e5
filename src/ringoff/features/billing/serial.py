"""The items of a bill as they rest in the database, in `quote` and `final_bill`: JSON that a person can read as well.

What is left at its default is not written. Each pair is exact: what was written is read back equal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

import orjson

from ringoff.features.billing.model import Difference, FinalItem, Instalments

_DATES = frozenset({"first", "end", "next_due"})
# By field. What has no default has MISSING, which no value equals: it is always written.
_SHAPES: tuple[type[Any], ...] = (FinalItem, Difference, Instalments)
_DEFAULTS = {shape: [(field.name, field.default) for field in fields(shape)] for shape in _SHAPES}
_Row = TypeVar("_Row", FinalItem, Difference, Instalments)


def items_to_json(items: Iterable[FinalItem]) -> str:
    return _written(items)


def items_from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[FinalItem, ...]:
    """`stored`: the column as psycopg reads it."""
    return tuple(FinalItem(**_dated(row)) for row in stored)


def differences_to_json(differences: Iterable[Difference]) -> str:
    return _written(differences)


def differences_from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Difference, ...]:
    return tuple(Difference(**row) for row in stored)


def continuing_to_json(instalments: Iterable[Instalments]) -> str:
    return _written(instalments)


def continuing_from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Instalments, ...]:
    return tuple(Instalments(**_dated(row)) for row in stored)


def _written(rows: Iterable[_Row]) -> str:
    return orjson.dumps([_told(row) for row in rows]).decode()


def _told(row: _Row) -> dict[str, Any]:
    return {name: value for name, default in _DEFAULTS[type(row)] if (value := getattr(row, name)) != default}


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: date.fromisoformat(v) if name in _DATES and v is not None else v for name, v in row.items()}
