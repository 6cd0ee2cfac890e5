"""A line with what decides about its leaving, and what there is to know before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from ringoff.features.rules import HoldKind


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line with everything that decides about its leaving, as of one moment."""

    line_id: int
    line_ref: str
    msisdn: str | None
    imsi: str | None
    iccid: str | None
    eid: str | None
    service: str
    status: str
    paid_until: date | None
    primary_line_id: int | None
    account_id: int
    account_number: str
    account_kind: str
    holder_name: str
    email: str | None
    phone: str | None
    locale: str
    time_zone: str
    jurisdiction: str
    bill_cycle_day: int | None
    holds: Sequence[HoldKind]
    has_live_secondaries: bool
    has_other_lines: bool
    cancel_locked: bool

    def for_rules(self, **more: Any) -> Mapping[str, Any]:
        """What a review rule may match on."""
        return {
            "account_kind": self.account_kind,
            "service": self.service,
            "line_status": self.status,
            "has_live_secondaries": self.has_live_secondaries,
            "has_other_lines": self.has_other_lines,
            "cancel_lock": self.cancel_locked,
            **more,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` for programs, `says` a sentence. `blocks`: nothing is scheduled or released while it stands."""

    code: str
    says: str
    severity: Literal["blocks", "warns", "tells"]
    rule: str | None = None
