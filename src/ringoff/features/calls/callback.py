"""Calling back: whoever answers at the phone of record confirms that it was they who called.

What it proves is that somebody holds a contact of record, so it is level 1; and it hangs on the agent's word. Therefore
it has the agent's name on it, works only after the agent set out to call, within half an hour and once, and the
contacts of record are told of it by mail: an agent who made it up is found out before a line closes. Nothing is read
out to whoever answers. A code that the desk shows would prove nothing more, because the agent sees it as well: what
proves more is the code by mail, the PIN and the portal.

Never a line of the account, which may be in the caller's hand or in a thief's; never a number that costs whoever calls;
never one that was changed a short while ago. And never for a survivor of abuse: others may answer, and mail is sent.
"""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import identity
from ringoff.features.calls import store
from ringoff.features.calls.model import PROOF_LASTS, Call, Callback
from ringoff.features.calls.proving import held, in_confidence, must_be_agents, proved, record, refused
from ringoff.features.identity import Identity, Visit, throttle
from ringoff.features.identity.holder import holder
from ringoff.kit import msisdn
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, RingoffError
from ringoff.kit.secrets import SecretStr


async def ask_callback(conn: Connection, ctx: Identity, call: Call, actor: Actor, now: datetime) -> Callback:
    """Set out to call back: from now on its outcome can be told.

    Raises Conflict (`no_contact`, `call_ended`), NotAllowed (`call_of_another`), Unavailable (`too_many_tries`).
    """
    open_one = await held(conn, call)
    await must_be_agents(conn, open_one, actor)
    number = await phone_of_record(conn, ctx, open_one, now)
    if number is None:
        raise Conflict("no_contact", "There is no phone of record that could be called back.")
    rules = (await holder(conn, open_one.account_id)).rules(ctx)
    buckets = throttle.asks_about(f"callback:{open_one.account_id}", rules.limits)
    await throttle.check(conn, buckets, now)
    await throttle.count(conn, buckets, now)
    await conn.execute(store.SET_OUT, {"id": open_one.id, "now": now})
    shown = msisdn.masked(number)
    await record(conn, "callback_asked", open_one.id, actor, now, number=shown)
    return Callback(shown, SecretStr(number))


async def prove_by_callback(
    conn: Connection, ctx: Identity, call: Call, actor: Actor, now: datetime, *, confirmed: bool
) -> Call | RingoffError:
    """What whoever answered said: that it was they who called, or not. Who was not reached says nothing.

    Returns Unauthenticated (`proof_wrong`) where they denied it: it counts, and is told as any wrong proof. Raises
    Conflict (`callback_not_asked`, `no_contact`, `call_ended`), NotAllowed (`call_of_another`).
    """
    open_one = await held(conn, call)
    await must_be_agents(conn, open_one, actor)
    back = {"id": open_one.id, "since": now - PROOF_LASTS}
    if await (await conn.execute(store.COME_BACK, back)).fetchone() is None:
        raise Conflict("callback_not_asked", "Nobody has set out to call back within half an hour.")
    if not confirmed:
        await record(conn, "callback_denied", open_one.id, actor, now)
        return await refused(conn, ctx, open_one, actor, now)
    number = await phone_of_record(conn, ctx, open_one, now)
    if number is None:
        raise Conflict("no_contact", "The phone of record has changed meanwhile.")
    known = await proved(conn, open_one, "callback", 1, actor, now)
    shown = msisdn.masked(number)
    await identity.tell(conn, ctx, open_one.account_id, "call_callback", Visit(), now, phone=shown)
    return known


async def can_call_back(conn: Connection, ctx: Identity, call: Call, now: datetime) -> bool:
    """Beside `means`: whether there is a phone of record for it is all that an agent learns before."""
    return await phone_of_record(conn, ctx, call, now) is not None


async def phone_of_record(conn: Connection, ctx: Identity, call: Call, now: datetime) -> str | None:
    """The one to call back, as E.164; None where there is none that may be."""
    row = await (await conn.execute(store.CALLBACK, {"account_id": call.account_id})).fetchone()
    assert row is not None
    number, changed_at, in_question = row
    if await in_confidence(conn, call.account_id):
        return None
    if number is None or in_question or not ctx.numbering.is_e164(number) or msisdn.is_costly(number):
        return None
    recent = (await holder(conn, call.account_id)).rules(ctx).recent_change
    return None if changed_at is not None and now - changed_at < recent else str(number)
