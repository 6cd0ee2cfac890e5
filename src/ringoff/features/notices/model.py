"""What a notice is made of. Pure: no database, no clock, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from ringoff.kit.i18n import Language

NoticeType = Literal["acknowledged", "scheduled", "closed", "withdrawn", "declined", "billed"]
NOTICES: tuple[NoticeType, ...] = get_args(NoticeType)
Service = Literal["voice", "data", "iot"]
Cause = Literal["cancelled", "ported"]
UNCOUNTED_LINES = 100
"""From here on other lines are not counted: each notice of a big account would count them all."""


@dataclass(frozen=True, slots=True)
class Released:
    """`system` has let the line go, and was read back `at`."""

    system: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BillTold:
    """A final bill in the reader's own words: what it comes to, and how that moves. `open`: they have to pay it."""

    number: str
    supplementary: bool
    total: str
    says: Sequence[str]
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """All that a notice may tell, as plain facts; a notice claims nothing that does not stand here.

    Every notice must stand by itself: undelivered ones are replaced by later ones, so any may be the only one read.
    Instants carry a zone. What is not known is left at its default, and is then not told.
    """

    case_number: str
    holder_name: str
    locale: str
    """As the account has it, any BCP 47 tag: we answer in the nearest language that we speak."""
    time_zone: str
    """IANA name; all times are told in it."""
    carrier_name: str
    line_ref: str
    service: Service
    requested_at: datetime
    effective_at: datetime
    """The instant that was asked for; not after `requested_at` means "now"."""

    support: str | None = None
    """How to reach care, as the carrier writes it: an address, a number, opening hours."""
    msisdn: str | None = None
    """E.164 with its plus."""
    iccid: str | None = None
    cause: Cause = "cancelled"
    in_review: bool = False
    undo_until: datetime | None = None
    """Until then a withdrawal is certain to be possible; None: it no longer is, or nobody can say."""
    ended_at: datetime | None = None
    """When the case was closed, withdrawn or declined."""
    why: str | None = None
    """Why it was declined, a sentence. Sentences of the shipped rule packs are told in the reader's language."""
    plan: Sequence[str] = ()
    """Names of the systems that will let the line go, in the order of their waves."""
    released: Sequence[Released] = ()
    """closed: what was let go; withdrawn: what had been let go and was given back."""
    trailing: Sequence[str] = ()
    """Names of the systems whose work goes on after closing."""
    checks_after: Sequence[timedelta] = ()
    """How long after closing we look again."""
    bills: Sequence[BillTold] = ()
    """billed: those of the case, a final bill before what supplements it."""
    status_code: str | None = None
    """With it and the case number anybody sees how the case stands, and nothing else."""
    status_url: str | None = None
    portal: str | None = None
    """Where the holder can sign in, and undo it without asking anybody."""
    """Where."""
    trial: bool = False
    """A stand-in served the network: no real line is or was touched."""
    other_lines: int = 0
    """How many other lines of the account stay; from UNCOUNTED_LINES on it may be more."""

    @property
    def undoable_until(self) -> datetime | None:
        """None also where the time to undo was over as soon as it began: that is no offer."""
        return self.undo_until if self.undo_until and self.undo_until > self.requested_at else None

    @property
    def starts_at(self) -> datetime:
        """When closing starts: not before the instant asked for, nor while an undo is possible."""
        return max(self.effective_at, self.undoable_until or self.effective_at)


@dataclass(frozen=True, slots=True)
class Message:
    """A notice ready to send. `subject` is one line; `text` is wrapped at 72 columns; `html` is a whole document."""

    subject: str
    text: str
    html: str
    language: Language


class Circumstances(NamedTuple):
    """What of the facts many cases share. Only this decides the sections of a letter, so they are written once.

    Times are told already: a bulk shares its minutes.
    """

    notice: NoticeType
    language: Language
    cause: Cause
    service: Service
    numbered: bool
    undoable: bool
    plan: tuple[str, ...]
    released: tuple[tuple[str, str], ...]  # system, time
    trailing: tuple[str, ...]
    check_days: tuple[int, ...]
    other_lines: int
    why: str | None
    portal: str | None


@dataclass(frozen=True, slots=True)
class Point:
    """One item of a list: a title, a sentence, or both."""

    title: str | None
    sentence: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """`crossing`: the section lies beyond the point of no return, and its title is drawn as the line."""

    title: str
    paragraphs: Sequence[str] = ()
    points: Sequence[Point] = ()
    crossing: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """What a notice says of this one case, before it takes the shape of plain text or HTML; sections come below."""

    language: Language
    subject: str
    banner: str | None
    heading: str
    greeting: str
    opening: Sequence[str]
    particulars: Sequence[tuple[str, str]]
    ending: str | None
    carrier: str
