"""Where a caller is in the menu, what can happen there, and what the menu does next. Pure; never anything secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.surfaces.phone.model import Part, Then

Place = Literal[
    "language",
    "main",
    "general",
    "number",
    "pin",
    "failed",
    "line",
    "stuck",
    "when",
    "day",
    "confirm",
    "told",
    "queue",
    "with_person",
    "over",
]
Aim = Literal["", "status", "cancel", "advice", "callback"]
"""What a caller chose in the main menu, and gets once they are known. To be called back they need not be."""
PINS_MOST = 3
LISTED_MOST = 9
"""Lines that are read out; of more the caller types the end."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A line to choose. `ending`: the last four digits of its number, else of its SIM."""

    line: int
    kind: Literal["number", "sim"]
    ending: str


@dataclass(frozen=True, slots=True)
class State:
    """`account`, below zero nobody's, and `call` are the menu's keys to what was named; the decisions ask for neither.

    `said`: the question as it was put, for those who want to hear it again. `misses`: silence or nonsense in a row.
    """

    place: Place = "language"
    language: Language = "en"
    tongues: tuple[Language, ...] = LANGUAGES
    offered: int = 0
    has_number: bool = False
    aim: Aim = ""
    misses: int = 0
    turns: int = 0
    wrong: int = 0
    account: int | None = None
    call: int | None = None
    proved: bool = False
    lines: tuple[Choice, ...] = ()
    line: int | None = None
    period: bool = False
    when: str = ""
    comes_to: str = ""
    may_wait: bool = False
    callback: bool = False
    said: tuple[Part, ...] = ()


# ── What happens: typed by the caller, or the answer to what was done ────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Typed:
    digits: str


@dataclass(frozen=True, slots=True)
class Secret:
    """Something was typed that may be a PIN; the menu has it in hand, nobody else."""


@dataclass(frozen=True, slots=True)
class Silence:
    pass


@dataclass(frozen=True, slots=True)
class Named:
    account: int
    call: int | None


@dataclass(frozen=True, slots=True)
class Proved:
    pass


@dataclass(frozen=True, slots=True)
class Wrong:
    """`too_old`: nothing was guessed, but what was proved holds no longer."""

    too_old: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    lines: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class General:
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Told:
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Stuck:
    """It cannot be done here: why, and the offer of a person."""

    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Free:
    """Nothing stands in the line's way. `period`: whether the end of a paid period is known."""

    parts: Sequence[Part]
    period: bool


@dataclass(frozen=True, slots=True)
class NotThen:
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Priced:
    """`comes_to`: what is agreed to, told once more where it changes. `changed`: it just has."""

    parts: Sequence[Part]
    comes_to: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    reference: str


@dataclass(frozen=True, slots=True)
class NobodyFree:
    """`may_wait`: they are there, and busy."""

    parts: Sequence[Part]
    may_wait: bool
    callback: bool


Answer: TypeAlias = (
    Named | Proved | Wrong | Listed | General | Told | Stuck | Free | NotThen | Priced | Handed | NobodyFree
)
Event: TypeAlias = Typed | Secret | Silence | Answer


# ── What the menu does: say something and wait, or ask a feature and go on with its answer ───────────────────────────
@dataclass(frozen=True, slots=True)
class Say:
    parts: Sequence[Part]
    then: Then


@dataclass(frozen=True, slots=True)
class Name:
    """`digits` None: the number that calls."""

    digits: str | None


Deed = Literal[
    "general", "check_pin", "list", "status", "findings", "inspect", "price", "cancel", "callback", "unanswered"
]


@dataclass(frozen=True, slots=True)
class Do:
    deed: Deed


@dataclass(frozen=True, slots=True)
class HandOver:
    """`waits`: they said that they wait, however many are before them."""

    waits: bool = False


Move: TypeAlias = Say | Name | Do | HandOver
