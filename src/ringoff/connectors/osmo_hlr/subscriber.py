"""What the HLR holds of a subscriber, and whether it is the one that is meant. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ringoff.kit.msisdn import masked
from ringoff.ports import Evidence

_IMSI = re.compile(r"[0-9]{6,15}")  # ITU-T E.212; anything else never becomes part of a command
_NUMBER = re.compile(r"[0-9]{1,15}")

Mode = Literal["none", "cs", "ps", "cs+ps"]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """`msisdn`: digits without a plus, as the HLR stores it. `cs` and `ps`: may use calls, may use packet data."""

    imsi: str
    msisdn: str | None
    cs: bool
    ps: bool

    @property
    def mode(self) -> Mode:
        if self.cs:
            return "cs+ps" if self.ps else "cs"
        return "ps" if self.ps else "none"

    def belongs_to(self, brief: Mapping[str, Any]) -> bool:
        """A line without a number is only the same as a subscriber without one."""
        return self.imsi == brief["imsi"] and self.msisdn == digits_of(brief.get("msisdn"))

    def evidence(self) -> Evidence:
        """Of the line that was asked about, whose identity its case shows anyway."""
        return {"imsi": self.imsi, "msisdn": self.msisdn, "network_access_mode": self.mode}

    def stranger_evidence(self) -> Evidence:
        """Of somebody else: no more than it takes to find them."""
        return {"msisdn": masked(f"+{self.msisdn}") if self.msisdn else None, "network_access_mode": self.mode}


def parse(info: str) -> Subscriber:
    """The answer to `subscriber.by-imsi-….info`: a name and a value a line, with a tab between.

    Raises ValueError.
    """
    said = dict(line.split("\t", 1) for line in info.splitlines() if "\t" in line)
    flags = said.get("nam_cs"), said.get("nam_ps")
    imsi, msisdn = said.get("imsi", ""), said.get("msisdn")
    if not is_imsi(imsi) or not set(flags) <= {"0", "1"} or not (msisdn is None or _NUMBER.fullmatch(msisdn)):
        raise ValueError("not a subscriber")
    return Subscriber(imsi, msisdn, flags[0] == "1", flags[1] == "1")


def is_imsi(text: object) -> bool:
    return isinstance(text, str) and _IMSI.fullmatch(text) is not None


def digits_of(msisdn: str | None) -> str | None:
    """E.164 as the HLR writes it: without the plus."""
    return msisdn.removeprefix("+") if msisdn else None
