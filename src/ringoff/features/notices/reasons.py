"""For pybabel: the sentences of a rule pack that a holder may be told, which are data and not code."""

import tomllib
from collections.abc import Iterator
from typing import IO, Any


def extract(file: IO[bytes], *_: Any, **__: Any) -> Iterator[tuple[int, None, str, list[str]]]:
    """Every `why` of a pack, as Babel wants an extraction: line, function, message, comments."""
    text = file.read().decode()
    for why in _whys(tomllib.loads(text)):
        yield text[: text.index(why)].count("\n") + 1, None, why, []


def _whys(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for value in node:
            yield from _whys(value)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "why" else _whys(value)
