"""What all ways to prove who calls share: the call under its lock, and what becomes of a right or a wrong proof."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import identity, proof
from ringoff.features.calls import store
from ringoff.features.calls.model import Call, Proof
from ringoff.features.identity import Identity, Visit
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotAllowed, Unauthenticated


async def held(conn: Connection, call: Call) -> Call:
    """Under its lock: tries at once are counted one by one."""
    row = await (await conn.execute(store.LOCK, {"id": call.id})).fetchone()
    assert row is not None
    open_one = Call(*row)
    must_go_on(open_one)
    return open_one


async def proved(
    conn: Connection, call: Call, by: Proof, level: int, actor: Actor, now: datetime, **detail: object
) -> Call:
    await conn.execute(store.PROVED, {"id": call.id, "by": by, "level": level, "now": now})
    await record(conn, "proved", call.id, actor, now, by=by, level=level, **detail)
    row = await (await conn.execute(store.ONE, {"id": call.id})).fetchone()
    assert row is not None
    return Call(*row)


async def refused(conn: Connection, ctx: Identity, call: Call, actor: Actor, now: datetime) -> Unauthenticated:
    """The contacts of record hear of the first in a call, but not while something of the account goes on in confidence:
    the one who calls may be the one whom nobody must hear of.
    """
    await conn.execute(store.FAILED, {"id": call.id})
    await record(conn, "proof_wrong", call.id, actor, now, failures=call.failures + 1)
    if call.failures == 0 and not await in_confidence(conn, call.account_id):
        await identity.tell(conn, ctx, call.account_id, "call_refused", Visit(actor.address), now)
    return wrong()


async def in_confidence(conn: Connection, account_id: int) -> bool:
    """Whether something goes on of which others of the account must not hear."""
    row = await (await conn.execute(store.IN_CONFIDENCE, {"account_id": account_id})).fetchone()
    return row is not None and bool(row[0])


def wrong() -> Unauthenticated:
    """The same words for whatever was wrong."""
    return Unauthenticated("proof_wrong", "This does not prove who calls, or there were too many tries.")


async def must_be_agents(conn: Connection, call: Call, actor: Actor) -> None:
    """Who has not heard the caller vouches for nothing. Raises NotAllowed (`call_of_another`)."""
    row = await (await conn.execute(store.AGENT, {"staff_id": call.staff_id})).fetchone()
    if row is None or row[0] != actor.staff:
        raise NotAllowed("call_of_another", "Somebody else has taken this call.")


def must_go_on(call: Call) -> None:
    if call.ended_at is not None:
        raise Conflict("call_ended", "This call has ended.")


async def record(conn: Connection, what: str, call_id: int, actor: Actor, now: datetime, **detail: object) -> None:
    """Never what was typed."""
    told = {"call": call_id, **detail}
    await proof.record(conn, [proof.Event(type=f"call.{what}", actor=actor, at=now, detail=told)])
