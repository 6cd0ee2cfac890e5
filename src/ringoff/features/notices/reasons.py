"""For pybabel: the words of a rule pack that a holder may be told, which are data and not code."""

import tomllib
from collections.abc import Iterator
from typing import IO, Any


def extract(file: IO[bytes], *_: Any, **__: Any) -> Iterator[tuple[int, None, str, list[str]]]:
    """Every `why`, what a checklist `says` and `accepts`, and what stands on buttons where no law prescribes it, as
    Babel wants an extraction: line, function, message, comments.
    """
    text = file.read().decode()
    for words in _told(tomllib.loads(text)):
        yield text[: text.index(words)].count("\n") + 1, None, words, []


def _told(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for value in node:
            yield from _told(value)
    elif isinstance(node, dict):
        own = ("why", "says") if node.get("prescribed") else ("why", "says", "button", "confirm")
        for key, value in node.items():
            yield from [value] if key in own else value if key == "accepts" else _told(value)
