"""What stands in the way of closing a line, and what will happen.

Asked three times with the same code: when somebody looks, when a cancellation is requested, and again in the very
transaction in which a case starts to release. Holds stop; findings only tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.rules import Gate, HoldKind, RulePack

_GATES: tuple[Gate, ...] = get_args(Gate)
FACTS = """
SELECT l.id, l.line_ref, l.msisdn, l.imsi, l.iccid, l.eid, l.service, l.status, l.paid_until, l.primary_line_id,
       a.id, a.account_number, a.kind, a.holder_name, a.email, a.phone, a.locale, a.time_zone, a.jurisdiction,
       a.bill_cycle_day,
       ARRAY (SELECT h.kind FROM hold h WHERE h.line_id = l.id AND h.lifted_at IS NULL ORDER BY h.kind),
       EXISTS (SELECT FROM line s WHERE s.primary_line_id = l.id AND s.status <> 'closed'),
       EXISTS (SELECT FROM line o WHERE o.account_id = l.account_id AND o.id <> l.id AND o.status <> 'closed'),
       g.cancel_locked_at IS NOT NULL
FROM line l JOIN account a ON a.id = l.account_id LEFT JOIN login g ON g.account_id = a.id
WHERE l.id = ANY (%(line_ids)s::bigint[])
"""


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


async def facts(conn: Connection, line_ids: Sequence[int]) -> dict[int, LineFacts]:
    cursor = await conn.execute(FACTS, {"line_ids": arrays.ints(line_ids)})
    return {row[0]: LineFacts(*row) for row in await cursor.fetchall()}


def blocking_holds(line: LineFacts, pack: RulePack, at: Gate) -> list[HoldKind]:
    """The holds that shut this gate: those that shut it, or shut an earlier one already."""
    return [kind for kind in line.holds if _GATES.index(pack.holds[kind].blocks) <= _GATES.index(at)]


def findings(line: LineFacts, pack: RulePack) -> list[Finding]:
    """Everything that the holder, or the agent beside them, should know before leaving. Worst first."""
    found = [hold_finding(kind, pack) for kind in line.holds]
    if line.status == "closed":
        found.append(Finding("closed", "This line is closed already.", "blocks"))
    if line.cancel_locked:
        found.append(
            Finding(
                "cancel_lock", "The holder has locked the account against cancelling: lift the lock first.", "blocks"
            )
        )
    if line.has_live_secondaries:
        found.append(
            Finding(
                "secondary_lines",
                "Other lines depend on this one. They close first: close the whole account, or those lines.",
                "warns",
            )
        )
    if line.status == "suspended":
        found.append(Finding("suspended", "The line is suspended: a person looks at the request.", "warns"))
    if line.imsi is None:
        found.append(
            Finding("no_imsi", "The line has no IMSI on file: the network cannot release it by itself.", "warns")
        )
    if line.email is None:
        found.append(Finding("no_email", "There is no e-mail address on file for the confirmation.", "warns"))
    if line.paid_until is not None:
        found.append(Finding("paid_until", f"The line is paid until {line.paid_until.isoformat()}.", "tells"))
    if not line.has_other_lines:
        found.append(Finding("last_line", "This is the account's last line: the account closes with it.", "tells"))
    if line.service == "voice" and line.msisdn is not None:
        found.append(Finding("keep_number", "The number is lost unless it is moved to another carrier first.", "tells"))
        found.append(
            Finding("linked_services", "Move log-ins and banks that use this number to another one first.", "tells")
        )
    return found


def hold_finding(kind: HoldKind, pack: RulePack) -> Finding:
    rule = pack.holds[kind]
    if not rule.public:
        return Finding("hold", "Something stands in the way that care must clear.", "blocks", rule=f"hold:{kind}")
    return Finding(kind, rule.why, "blocks", rule=f"hold:{kind}")
