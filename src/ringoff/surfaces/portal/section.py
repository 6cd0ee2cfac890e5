"""A section of the page Prepare: one thing to know, and what can be done about it there and then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

Severity = Literal["blocks", "warns", "tells"]


@dataclass(frozen=True, slots=True)
class Link:
    """`outside`: it leads to somebody else's page, such as the carrier's own for paying."""

    form: ClassVar[str] = "link"
    label: str
    href: str
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A form of hidden `fields`. `about` is read out with the label, where several buttons say the same."""

    form: ClassVar[str] = "button"
    label: str
    post: str
    fields: Mapping[str, str] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """`hint`: what exactly, and where it is done."""

    name: str
    label: str
    hint: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class Ticks:
    """A list that the holder ticks; sent and kept as a whole."""

    form: ClassVar[str] = "ticks"
    label: str
    post: str
    legend: str
    items: Sequence[Tick]


@dataclass(frozen=True, slots=True)
class Entry:
    """A single field to be looked at."""

    form: ClassVar[str] = "entry"
    label: str
    post: str
    name: str
    asks: str
    hint: str


Action = Link | Button | Ticks | Entry


@dataclass(frozen=True, slots=True)
class Section:
    """`code` names it for programs and is its anchor; `severity` as of a finding of readiness."""

    code: str
    title: str
    severity: Severity
    sentences: Sequence[str]
    actions: Sequence[Action] = ()
