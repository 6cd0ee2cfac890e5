"""What the menu tells a front end to do: say something, then listen, pass the call on, or hang up. Pure.

A front end plays `Turn.say` in `Turn.language`, does `Turn.then`, and brings back what was typed. It decides nothing,
and it logs no digit: any of them may be a PIN.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from ringoff.kit.i18n import Language


@dataclass(frozen=True, slots=True)
class Phrase:
    """A fixed sentence, by its name in the catalogue: recorded in a studio, or rendered."""

    name: str


@dataclass(frozen=True, slots=True)
class Spelled:
    """Read one by one: digits, and letters as such. A case number, the end of a telephone number."""

    text: str


@dataclass(frozen=True, slots=True)
class Day:
    on: date


@dataclass(frozen=True, slots=True)
class Moment:
    """Told on the clocks of `zone`, to the minute."""

    at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Amount:
    """In minor units; below zero never: who pays whom is told by the phrase before it."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Count:
    number: int


Part: TypeAlias = Phrase | Spelled | Day | Moment | Amount | Count


@dataclass(frozen=True, slots=True)
class Listen:
    """Digits until `#`, or `most` of them, or silence for `seconds`. Typing interrupts what is being said."""

    most: int = 1
    seconds: float = 6.0
    secret: bool = False
    """A PIN: never logged, never kept, and gone from memory with the turn."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """To the agents' queue. `reference` names the waiting call at the desk; it proves nothing."""

    reference: str


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Then: TypeAlias = Listen | Transfer | HangUp


@dataclass(frozen=True, slots=True)
class Turn:
    """`number`: which of the call it is; what answers another one is too late, or came twice."""

    language: Language
    say: Sequence[Part] = field(default=())
    then: Then = field(default_factory=Listen)
    number: int = 0
