"""A caller who can prove nothing: two people agree to help all the same, and it leaves a mark.

It is level 1, as a PIN is. The contacts of record hear of it, unless that is what must not happen: then the second
person has seen, and approved, that they do not.
"""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import approvals, identity
from ringoff.features.approvals import Approval
from ringoff.features.calls.model import Call
from ringoff.features.calls.proving import held, must_be_agents, proved
from ringoff.features.identity import Identity, Visit
from ringoff.features.staff import Member
from ringoff.kit.actor import Actor


async def ask_emergency(
    conn: Connection,
    ctx: Identity,
    call: Call,
    member: Member,
    why: str,
    now: datetime,
    *,
    confidential: bool = False,
    address: str | None = None,
) -> Approval:
    """Raises NotAllowed (`permission_missing`, `call_of_another`), Conflict (`call_ended`), InvalidInput."""
    member.require("emergency")
    open_one = await held(conn, call)
    await must_be_agents(conn, open_one, member.actor(address))
    wish = approvals.emergency(open_one.id, open_one.account_id, confidential=confidential)
    return await approvals.ask(conn, ctx, wish, member, why, now, address=address)


async def prove_by_emergency(
    conn: Connection,
    ctx: Identity,
    call: Call,
    approval_id: int,
    actor: Actor,
    now: datetime,
    *,
    confidential: bool = False,
) -> Call:
    """With what a second person has approved for this very call. Raises NotAllowed (`approval_missing`), Conflict."""
    open_one = await held(conn, call)
    wish = approvals.emergency(open_one.id, open_one.account_id, confidential=confidential)
    await approvals.use(conn, wish, approval_id, actor, now)
    known = await proved(conn, open_one, "emergency", 1, actor, now, approval=approval_id)
    if not confidential:
        await identity.tell(conn, ctx, open_one.account_id, "call_emergency", Visit(), now)
    return known
