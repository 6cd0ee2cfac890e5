"""Who acts for a holder, and what they have to show. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ringoff.features.rules import Route
from ringoff.kit.errors import Conflict

State = Literal["open", "accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Person:
    """`contact`: an e-mail address or a telephone number. `relation`: what they are to the holder, in a few words."""

    name: str = field(repr=False)
    contact: str = field(repr=False)
    relation: str = field(repr=False)

    @property
    def email(self) -> str | None:
        return self.contact if "@" in self.contact else None

    @property
    def phone(self) -> str | None:
        return None if "@" in self.contact else self.contact


@dataclass(frozen=True, slots=True)
class Representation:
    """`person` None: it was shredded. `asked_by`, `decided_by`: as they sign in. `due_at`: to be decided by then."""

    id: int
    account_id: int
    route: Route
    line_ids: Sequence[int]
    confidential: bool
    person: Person | None
    rule_pack: str
    asked_by: str
    opened_at: datetime
    due_at: datetime
    state: State
    decided_by: str | None
    decided_at: datetime | None
    why_decided: str | None

    def must_be_open(self) -> None:
        """Raises Conflict (`representation_decided`)."""
        if self.state != "open":
            raise Conflict("representation_decided", f"This has been decided already: {self.state}.", state=self.state)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper as a list shows it. `size` in bytes, `digest` SHA-256 as hex."""

    id: int
    item: str
    name: str
    media_type: str
    size: int
    digest: str
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """Send it as a download of exactly this type, never to be shown in a page: `nosniff`, `attachment`."""

    line: PaperLine
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be proved; any one of what it `accepts` proves it. Sentences in English, to be translated."""

    id: str
    says: str
    accepts: Sequence[str]
    citation: str
    papers: Sequence[PaperLine]

    @property
    def is_proved(self) -> bool:
        return bool(self.papers)
