"""Which pack says what: packs are merged from those that they extend, and a lawyer asks whose word a rule is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ringoff.features.rules.model import SECTIONS, Section, Source


@dataclass(frozen=True, slots=True)
class Origin:
    """A pack's part in a section: `keys` are what it says there itself, and `source` where it has that from."""

    pack: str
    keys: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Heritage:
    """Of one pack: the label of its `parent`, and what stands in its own file."""

    parent: str | None
    keys: Mapping[Section, tuple[str, ...]]


def own_keys(document: Mapping[str, Any]) -> dict[Section, tuple[str, ...]]:
    """Of each section that this file says something in: `cooling_off.web`, a review rule's id, a prefix of numbers."""
    return {section: tuple(_keys(document[section])) for section in SECTIONS if section in document}


def _keys(said: Any) -> Iterator[str]:
    if isinstance(said, list):
        yield from (str(each.get("id") or each.get("prefix")) for each in said)
        return
    for key, value in said.items():
        if isinstance(value, dict):
            yield from (f"{key}.{below}" for below in _keys(value))
        else:
            yield key
