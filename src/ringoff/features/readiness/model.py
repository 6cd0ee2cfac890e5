"""A line with what decides about its leaving, and what there is to know before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from ringoff.features.directory import Bill, BindingKind
from ringoff.features.rules import HoldKind, RulePack


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
    cancel_locked_at: datetime | None
    """Since when the holder's own lock against cancelling stands."""
    changed_at: datetime | None
    """When the holder last changed a password, a contact or a second factor, or lifted the lock."""
    owes: bool = False
    """Whether a bill of the account is not paid whole. What is disputed is not owed until that is settled."""

    @property
    def cancel_locked(self) -> bool:
        return self.cancel_locked_at is not None

    def changed_recently(self, pack: RulePack, now: datetime) -> bool:
        """By the holder's own sign-in, or, where the carrier knows of a new SIM, by a hold that it has set."""
        changed = self.changed_at is not None and now < self.changed_at + pack.identity.recent_change
        return changed or "recent_change" in self.holds

    def for_rules(self, pack: RulePack, now: datetime, **more: Any) -> Mapping[str, Any]:
        """What a review rule may match on; `more` is what the request says of itself."""
        return {
            "account_kind": self.account_kind,
            "service": self.service,
            "line_status": self.status,
            "has_live_secondaries": self.has_live_secondaries,
            "has_other_lines": self.has_other_lines,
            "cancel_lock": self.cancel_locked,
            "recent_change": self.changed_recently(pack, now),
            "level": "none",
            "confidential": False,
            **more,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` for programs, `says` a sentence. `blocks`: nothing is scheduled or released while it stands."""

    code: str
    says: str
    severity: Literal["blocks", "warns", "tells"]
    rule: str | None = None


ChecklistItem = Literal["bank", "mail", "messenger", "government", "work"]
CHECKLIST: tuple[ChecklistItem, ...] = get_args(ChecklistItem)
"""What hangs on a number and no carrier can know of."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Something that hangs on a line, in the carrier's own words. `removable`: the holder can unlink it here."""

    id: int
    kind: BindingKind
    name: str
    detail: str
    removable: bool


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a holder should see to before leaving. `dependants`: numbers of lines that depend on this one."""

    imei: str | None
    ticked: frozenset[str]
    dependants: Sequence[str]
    bindings: Sequence[Binding]
    unpaid: Sequence[Bill]

    def of(self, kind: BindingKind) -> list[Binding]:
        return [binding for binding in self.bindings if binding.kind == kind]
