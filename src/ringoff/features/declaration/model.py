"""What somebody says, and whether it can be taken as a declaration. Pure: no database, no clock, no I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, Self, get_args

from ringoff.features.notices.text import tidy
from ringoff.features.rules import DeclarationField, DeclarationKind, RulePack
from ringoff.kit.errors import InvalidInput
from ringoff.kit.ids import case_number, parse_case_number

State = Literal["received", "verified", "expired"]
WhenKind = Literal["now", "period_end", "date"]
Problem = Literal["missing", "too_long", "link", "contact", "choice", "day"]
_LONGEST: Mapping[DeclarationField, int] = {"holder_name": 120, "contract": 120, "reason": 1_000, "contact": 254}
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>,;\"]+@[^@\s\x00-\x1f\x7f<>,;\"]+\.[^@\s\x00-\x1f\x7f<>,;\".]+")
_A_DAY = timedelta(days=1)  # today begins and ends at other times elsewhere, and nobody has told where they are


@dataclass(frozen=True, slots=True)
class Statement:
    """As it was written. Only what the rule pack asks for is filled in."""

    holder_name: str
    contract: str
    contact: str
    kind: DeclarationKind
    when_kind: WhenKind = "now"
    when_date: date | None = None
    reason: str = ""

    def tidied(self) -> Self:
        """Without control characters: it is read back in mails and on terminals, and must forge nothing there."""
        name, contract, contact = tidy(self.holder_name), tidy(self.contract), tidy(self.contact)
        return replace(self, holder_name=name, contract=contract, contact=contact, reason=tidy(self.reason))

    def problems(self, pack: RulePack, now: datetime) -> dict[DeclarationField, Problem]:
        """By field; empty where it can be taken. What it says of a line is never looked up."""
        asked = pack.declaration.fields
        found: dict[DeclarationField, Problem] = {}
        for name, most in _LONGEST.items():
            text = str(getattr(self, name))
            if not text and name in asked and (name != "reason" or self.kind == "extraordinary"):
                found[name] = "missing"
            elif len(text) > most:
                found[name] = "too_long"
            elif "://" in text:
                found[name] = "link"  # nobody has confirmed where our acknowledgement goes: it carries none
        if "contact" not in found and not _EMAIL.fullmatch(self.contact):
            found["contact"] = "contact"
        if self.kind not in _kinds(pack):
            found["kind"] = "choice"
        if (self.when_kind == "date") != (self.when_date is not None):
            found["when"] = "day"
        elif self.when_kind not in get_args(WhenKind) or (self.when_kind != "now" and "when" not in asked):
            found["when"] = "choice"
        elif self.when_date and not _within(self.when_date, pack, now):
            found["when"] = "day"
        return found


def _kinds(pack: RulePack) -> tuple[DeclarationKind, ...]:
    return ("ordinary", "extraordinary") if "kind" in pack.declaration.fields else (pack.declaration.kind,)


def _within(day: date, pack: RulePack, now: datetime) -> bool:
    return (now - _A_DAY).date() <= day <= (now + pack.intervals.max_ahead).date()


@dataclass(frozen=True, slots=True)
class Declaration:
    """A statement with its date and time. `state` verified: it became the case `case_id`.

    Erased: nobody verified it, and what it said is gone; that there was one, when, and how it ended, stays.
    """

    id: int
    received_at: datetime
    expires_at: datetime
    rule_pack: str
    locale: str
    said: Statement
    state: State
    settled_at: datetime | None
    case_id: int | None
    erased_at: datetime | None = None

    @property
    def number(self) -> str:
        return declaration_number(self.id)

    def counts_from(self, pack: RulePack, verified_at: datetime) -> datetime:
        """From when on the end counts, where the carrier's billing asks."""
        return self.received_at if pack.declaration.back_dates else verified_at


def declaration_number(declaration_id: int) -> str:
    """`D-8K3M-V0QXX`: written like a case number, and as hard to mistype."""
    return "D" + case_number(declaration_id)[1:]


def parse_declaration_number(text: str) -> int:
    """Raises InvalidInput (`declaration_number_invalid`)."""
    body = "".join(c for c in text.upper() if c.isalnum())
    try:
        return parse_case_number("C" + body[1:] if len(body) == 10 and body.startswith("D") else "")
    except InvalidInput:
        message = "This is not the number of a declaration: it looks like D-8K3M-V0QXX."
        raise InvalidInput("declaration_number_invalid", message) from None
