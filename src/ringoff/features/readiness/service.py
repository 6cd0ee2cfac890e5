"""What stands in the way of a line: the facts that decide, the holds that stop, the findings that tell."""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.readiness import store
from ringoff.features.readiness.model import Finding, LineFacts
from ringoff.features.rules import Gate, HoldKind, RulePack

_GATES: tuple[Gate, ...] = get_args(Gate)
UNDISCLOSED = "Something stands in the way that care must clear."
"""What is told of whatever must not be disclosed."""


async def facts(conn: Connection, line_ids: Sequence[int]) -> dict[int, LineFacts]:
    cursor = await conn.execute(store.FACTS, {"line_ids": arrays.ints(line_ids)})
    return {row[0]: LineFacts(*row) for row in await cursor.fetchall()}


def blocking_holds(line: LineFacts, pack: RulePack, at: Gate) -> list[HoldKind]:
    """The holds that shut this gate: those that shut it, or shut an earlier one already."""
    return [kind for kind in line.holds if _GATES.index(pack.holds[kind].blocks) <= _GATES.index(at)]


def stop(line: LineFacts, pack: RulePack) -> Finding | None:
    """What keeps a request from being taken at all: a hold, or unpaid bills where the rule pack lets them."""
    if holds := blocking_holds(line, pack, "request"):
        return hold_finding(holds[0], pack)
    return _unpaid(pack) if line.owes and pack.billing.unpaid == "block" else None


def findings(line: LineFacts, pack: RulePack, now: datetime) -> list[Finding]:
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
    if line.owes:
        found.append(_unpaid(pack))
    if "recent_change" not in line.holds and line.changed_recently(pack, now):
        found.append(Finding("recent_change", pack.holds["recent_change"].why, "warns"))
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


def _unpaid(pack: RulePack) -> Finding:
    if pack.billing.unpaid == "block":
        says = "There are unpaid bills: the law of the account lets no line go before they are paid."
        return Finding("unpaid_bills", says, "blocks", "billing.unpaid")
    return Finding("unpaid_bills", "There are unpaid bills. They go on the final bill.", "warns", "billing.unpaid")


def hold_finding(kind: HoldKind, pack: RulePack) -> Finding:
    rule = pack.holds[kind]
    if not rule.public:
        return Finding("hold", UNDISCLOSED, "blocks", rule=f"hold:{kind}")
    return Finding(kind, rule.why, "blocks", rule=f"hold:{kind}")
