"""A person decides about a case that a rule left to them."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import approvals, readiness, staff
from ringoff.features.cancellation import store
from ringoff.features.cancellation.case import Changes, lock_one
from ringoff.features.cancellation.intake import NOTICE_OF, has_voice
from ringoff.features.cancellation.model import State
from ringoff.features.cancellation.promises import Going
from ringoff.features.cancellation.release import open_at_once
from ringoff.features.cancellation.terms import Terms
from ringoff.features.cancellation.withdrawal import give_back
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.features.staff import Member
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotAllowed, Refused
from ringoff.kit.ids import CaseId


async def review(
    conn: Connection, terms: Terms, case_id: CaseId, *, approve: bool, why: str, actor: Actor, now: datetime
) -> State:
    """A person decides. The clock of cooling-off starts with the approval; an agent never decides on their own request.

    Raises Conflict when the case is not in review, NotAllowed for one's own request (`own_request`) and for somebody at
    the desk who has edited a contact of the account (`edited_contact`).
    """
    case = await lock_one(conn, case_id)
    if case.state is not State.IN_REVIEW:
        raise Conflict("not_in_review", f"Case {case.number} is {case.state}, not in review.", state=str(case.state))
    line = (await readiness.facts(conn, [case.line_id]))[case.line_id]
    changes = Changes(terms, actor, now)
    cursor = await conn.execute(store.CHOSEN, {"id": case.id, "asker": actor.name})
    _, _, chosen, channel, own_request = await cursor.fetchone() or (None, None, now, actor.channel, False)
    if own_request:
        raise NotAllowed("own_request", "Somebody else must review a request that you made.")
    pack = terms.pack(line.jurisdiction)
    if actor.staff is not None:
        await _decides(conn, await staff.find(conn, actor.staff), line, pack, now)
    if approve:
        holds = readiness.blocking_holds(line, pack, "schedule")
        if holds:
            raise Refused("hold", readiness.hold_finding(holds[0], pack).says, rule="hold")
        plan = await terms.freeze(conn)
        case.plan_id = case.plan_id or plan.id
        plans = await terms.plans(conn, [case.plan_id])
        open_at_once(case.id, case.priority, plans[case.plan_id], case.cause, changes)
        # Where little was proved it waits longer, and the contacts of record were told until when they can object.
        case.ripe_at = max(chosen, case.ripe_at or chosen, now + pack.cooling_off[channel])
        case.waiting_for = None
        changes.going.append(Going(line, pack, case.ripe_at, case_id=case.id))
    case.move(State.SCHEDULED if approve else State.DECLINED)
    if not approve and case.plan_id is not None:
        await give_back(conn, [case], changes)
    changes.keep(case)
    changes.tell(case.id, f"case.{case.state}", rule="person", why=why)
    changes.notify(case, NOTICE_OF[case.state], pack, voice=has_voice(line))
    changes.wakes = approve
    await changes.write(conn)
    return case.state


async def _decides(conn: Connection, member: Member, line: LineFacts, pack: RulePack, now: datetime) -> None:
    """Who edits contacts does not decide, and who decides here edits none."""
    since = await approvals.began(conn, line.account_id, pack.identity.recent_change, now)
    await approvals.must_not_have_edited(conn, member, line.account_id, since)
    await approvals.decided(conn, member, line.account_id, now)
