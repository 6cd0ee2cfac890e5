"""What each role sees of a person: the rest is masked, on every page of the desk alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ringoff.features.identity import masked
from ringoff.features.staff.roles import Role
from ringoff.kit import msisdn

Field = Literal["holder", "contacts", "numbers", "sims", "money"]
SEES: Mapping[Field, str] = {
    "holder": "The holder's name.",
    "contacts": "The contacts of record in full.",
    "numbers": "Telephone numbers of lines in full.",
    "sims": "IMSI, ICCID, EID and IMEI in full.",
    "money": "Bills, quotes and what is owed.",
}
SIGHT: Mapping[Role, frozenset[Field]] = {
    "agent": frozenset({"holder", "numbers", "money"}),
    "senior": frozenset({"holder", "contacts", "numbers", "sims", "money"}),
    "finance": frozenset({"holder", "money"}),
    "operations": frozenset({"numbers", "sims"}),
    "auditor": frozenset(),
    "administrator": frozenset(),
}
_HIDDEN = "•••"
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Sight:
    """One person's eyes. Each function gives what they may read, and "" for what is not there."""

    role: Role

    def sees(self, field: Field) -> bool:
        return field in SIGHT[self.role]

    def holder(self, name: str) -> str:
        return name if self.sees("holder") else _HIDDEN

    def email(self, address: str | None) -> str:
        return (address if self.sees("contacts") else masked(address)) if address else ""

    def phone(self, number: str | None) -> str:
        """A contact's, not a line's."""
        return (number if self.sees("contacts") else msisdn.masked(number)) if number else ""

    def number(self, number: str | None) -> str:
        return (number if self.sees("numbers") else msisdn.masked(number)) if number else ""

    def sim(self, identity: str | None) -> str:
        """The last digits are what a caller can read off the card."""
        return (identity if self.sees("sims") else _HIDDEN + identity[-_SHOWN:]) if identity else ""
