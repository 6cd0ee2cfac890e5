"""What changes a case or a line on its way: another date, a hold, a number that is moved to another carrier."""

from contextlib import suppress
from datetime import datetime
from typing import Literal

from ringoff.db.pool import Connection
from ringoff.features import proof, readiness
from ringoff.features.cancellation import store
from ringoff.features.cancellation.case import Case, Changes, lock, lock_one
from ringoff.features.cancellation.intake import request
from ringoff.features.cancellation.model import Receipt, Request, State, When, effective_at
from ringoff.features.cancellation.promises import Going
from ringoff.features.cancellation.release import open_at_once
from ringoff.features.cancellation.terms import Terms
from ringoff.features.readiness import LineFacts
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotFound, RingoffError
from ringoff.kit.ids import CaseId, LineId

PORT_PENDING = "port_pending"

# The open case first: so a hold and the start of releasing never pass each other unseen.
LOCK_OPEN = """
SELECT id FROM cancellation WHERE line_id = %(line_id)s
   AND state IN ('requested', 'in_review', 'scheduled', 'releasing', 'withdrawing') FOR NO KEY UPDATE
"""
SET_HOLD = """
INSERT INTO hold (line_id, kind, why, set_by, set_at) VALUES (%(line_id)s, %(kind)s, %(why)s, %(by)s, %(now)s)
ON CONFLICT (line_id, kind) WHERE lifted_at IS NULL DO NOTHING RETURNING kind
"""
LIFT_HOLD = """
UPDATE hold SET lifted_by = %(by)s, lifted_at = %(now)s
WHERE line_id = %(line_id)s AND kind = %(kind)s AND lifted_at IS NULL RETURNING kind
"""


async def reschedule(
    conn: Connection, terms: Terms, case_id: CaseId, when: When, *, actor: Actor, now: datetime
) -> State:
    """Other terms for an open case; both dates are rewritten and cooling-off starts anew.

    Raises Conflict once releasing has begun, InvalidInput for an impossible date.
    """
    case = await lock_one(conn, case_id)
    if case.state not in (State.IN_REVIEW, State.SCHEDULED):
        raise Conflict(
            "too_late_to_reschedule",
            f"Case {case.number} is {case.state}: it cannot be rescheduled.",
            state=str(case.state),
        )
    line = (await readiness.facts(conn, [case.line_id]))[case.line_id]
    pack = terms.pack(line.jurisdiction)
    changes = Changes(terms, actor, now)
    cursor = await conn.execute(store.CHOSEN, {"id": case.id, "asker": actor.name})
    kind, day, _, channel, _ = await cursor.fetchone() or (when.kind, when.day, now, actor.channel, False)
    changes.tell(case.id, "case.rescheduled", before=str(When(kind, day)), after=str(when))
    instant = effective_at(
        when,
        now=now,
        zone=line.time_zone,
        paid_until=line.paid_until,
        bill_cycle_day=line.bill_cycle_day,
        most=pack.intervals.max_ahead,
    )
    chosen = {"id": case.id, "when_kind": when.kind, "when_date": when.day, "effective_at": instant}
    await conn.execute(store.RESCHEDULE, chosen)
    case.ripe_at = max(instant, now + max(pack.cooling_off[actor.channel], pack.cooling_off[channel]))
    case.waiting_for = None
    changes.keep(case)
    if case.state is State.SCHEDULED:
        changes.going.append(Going(line, pack, case.ripe_at, case_id=case.id))
        changes.notify(case, "scheduled", pack)
        changes.wakes = True
    await changes.write(conn)
    return case.state


async def set_hold(
    conn: Connection, terms: Terms, line: LineFacts, kind: str, *, why: str, actor: Actor, now: datetime
) -> bool:
    """True if it is new. It stops what has not started to release; what has, it does not stop. Raises InvalidInput."""
    known = terms.pack(line.jurisdiction).holds
    if kind not in known:
        raise InvalidInput("hold_unknown", f"A hold is one of: {', '.join(sorted(known))}.", kind=kind)
    case_id = await _lock_open(conn, line.line_id)
    cursor = await conn.execute(
        SET_HOLD, {"line_id": line.line_id, "kind": kind, "why": why, "by": actor.name, "now": now}
    )
    new = await cursor.fetchone() is not None
    if new:
        await _record(conn, "hold.set", case_id, line, kind, why, actor, now)
    return new


async def lift_hold(
    conn: Connection, terms: Terms, line: LineFacts, kind: str, *, why: str | None, actor: Actor, now: datetime
) -> None:
    """A case that waited for it looks again at once. Raises NotFound."""
    case_id = await _lock_open(conn, line.line_id)
    cursor = await conn.execute(LIFT_HOLD, {"line_id": line.line_id, "kind": kind, "by": actor.name, "now": now})
    if await cursor.fetchone() is None:
        raise NotFound("hold_not_set", f"There is no hold {kind} on this line.")
    await _record(conn, "hold.lifted", case_id, line, kind, why, actor, now)
    case = (await lock(conn, [case_id])).get(case_id) if case_id else None
    if case is not None and case.waiting_for == f"hold:{kind}":
        changes = Changes(terms, actor, now, wakes=True)
        case.ripe_at = now
        changes.keep(case)
        await changes.write(conn)


async def port_out(
    conn: Connection,
    terms: Terms,
    line: LineFacts,
    status: Literal["pending", "completed", "cancelled"],
    *,
    actor: Actor,
    now: datetime,
) -> Receipt | None:
    """The number moves to another carrier: nothing closes while that is pending; when it is done, the line closes."""
    if status == "pending":
        await set_hold(conn, terms, line, PORT_PENDING, why="the number is being ported out", actor=actor, now=now)
        return None
    case_id = await _lock_open(conn, line.line_id)
    with suppress(NotFound):  # it may never have been reported as pending
        await lift_hold(conn, terms, line, PORT_PENDING, why=f"port {status}", actor=actor, now=now)
    if status == "cancelled":
        return None
    case = (await lock(conn, [case_id])).get(case_id) if case_id else None
    if case is not None:
        return await _close_as_ported(conn, terms, case, actor, now)
    wish = Request(LineId(line.line_id), When("now"), whole_account=True)
    (answer,) = await request(conn, terms, [wish], actor, now, cause="ported")
    if isinstance(answer, Conflict) and answer.code == "open_case_other_terms":
        case_id = await _lock_open(conn, line.line_id)  # somebody asked to cancel at this very moment
        return await _close_as_ported(conn, terms, await lock_one(conn, CaseId(case_id)), actor, now)
    if isinstance(answer, RingoffError):
        raise answer
    return answer


async def _close_as_ported(conn: Connection, terms: Terms, case: Case, actor: Actor, now: datetime) -> Receipt:
    if case.state is State.WITHDRAWING:
        raise Conflict(
            "withdrawal_under_way", "A withdrawal is still giving systems back: report the port again when it is done."
        )
    changes = Changes(terms, actor, now, wakes=True)
    if case.state is State.IN_REVIEW:
        case.plan_id = case.plan_id or (await terms.freeze(conn)).id
        case.move(State.SCHEDULED)
        plans = await terms.plans(conn, [case.plan_id])
        open_at_once(case.id, case.priority, plans[case.plan_id], "ported", changes)
    if case.cause != "ported":
        changes.tell(case.id, "case.ported", state=str(case.state))
    case.cause = "ported"
    if case.state is State.SCHEDULED:
        case.ripe_at = now
        case.waiting_for = None
        chosen = {"id": case.id, "when_kind": "now", "when_date": None, "effective_at": now}
        await conn.execute(store.RESCHEDULE, chosen)
        line = (await readiness.facts(conn, [case.line_id]))[case.line_id]
        changes.going.append(Going(line, terms.pack(line.jurisdiction), now, case_id=case.id))
    changes.keep(case)
    await changes.write(conn)
    return Receipt(case.id, case.line_id, case.state, created=False)


async def _lock_open(conn: Connection, line_id: int) -> int:
    """The line's open case, locked; 0 if there is none."""
    cursor = await conn.execute(LOCK_OPEN, {"line_id": line_id})
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _record(
    conn: Connection,
    type_: str,
    case_id: int,
    line: LineFacts,
    kind: str,
    why: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    detail = {"line_ref": line.line_ref, "kind": kind, "why": why}
    await proof.record(conn, [proof.Event(subject_id=case_id, type=type_, actor=actor, at=now, detail=detail)])
