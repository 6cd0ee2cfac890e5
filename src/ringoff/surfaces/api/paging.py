"""Keyset pagination: a page begins after the last row of the one before, so rows that come or go shift nothing."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson

from ringoff.kit.errors import InvalidInput

MOST = 200
DEFAULT = 50


def to_cursor(*position: int | str) -> str:
    """An opaque text for `position`, the sort key of the last row shown."""
    return urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def from_cursor(text: str, *shape: type[int] | type[str]) -> tuple[Any, ...]:
    """The position, checked against `shape`. Raises InvalidInput (`cursor_invalid`)."""
    try:
        position = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        position = None
    if (
        not isinstance(position, list)
        or len(position) != len(shape)
        or not all(
            type(value) is kind and str(value).isprintable() for value, kind in zip(position, shape, strict=True)
        )
    ):
        message = "This cursor is not one that we gave out: use `next_cursor` of the page before, unchanged."
        raise InvalidInput("cursor_invalid", message, parameter="cursor")
    return tuple(position)
