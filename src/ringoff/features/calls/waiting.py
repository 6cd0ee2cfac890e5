"""Callers who wait for a person: on the line, in their order, or to be called back.

What is called back is the phone of record, never a number that somebody typed, and never one that costs whoever calls
it. Whoever asks learns nothing by it: whether there is such a number, or such an account, they are told the same.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.calls import store
from ringoff.features.calls.callback import phone_of_record
from ringoff.features.calls.keypad import CALLER
from ringoff.features.calls.model import Call
from ringoff.features.calls.service import call_of, open_call
from ringoff.features.identity import Identity, throttle
from ringoff.features.identity.holder import holder
from ringoff.features.staff import Member
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotFound
from ringoff.kit.i18n import Language

PATIENCE = timedelta(minutes=30)
"""Nobody waits longer on the line: they have hung up, and nothing told us."""
CALLED_BACK_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the queue. `call`: what they named and proved; None where they named no account that there is.

    `carried`: whoever takes them learns this reference with the voice, so that what was proved goes along.
    """

    reference: str
    call: int | None
    line_id: int | None
    language: Language
    wanted: str
    callback: bool
    carried: bool
    since: datetime


async def enqueue(
    conn: Connection,
    conversation: str,
    *,
    call: int | None,
    line_id: int | None,
    language: Language,
    wanted: str,
    now: datetime,
    carried: bool = True,
) -> str:
    """Its reference; asked again in the same conversation it is the same, and keeps its place."""
    return await _wait(conn, conversation, call, line_id, language, wanted, now, callback=False, carried=carried)


async def ahead(conn: Connection, now: datetime, *, of: str | None = None) -> int:
    """How many wait on the line, before the one with this reference or before whoever would come now."""
    asked = {"reference": of, "since": now - PATIENCE}
    row = await (await conn.execute(store.AHEAD, asked)).fetchone()
    assert row is not None
    return int(row[0])


async def waiting(conn: Connection, now: datetime, limit: int = 200) -> list[Waiting]:
    """On the line before those who are called back; of each the longest first."""
    asked = {"since": now - PATIENCE, "asked_since": now - CALLED_BACK_WITHIN, "limit": limit}
    return [Waiting(*row) for row in await (await conn.execute(store.WAITING, asked)).fetchall()]


async def take(conn: Connection, reference: str, member: Member, actor: Actor, now: datetime) -> Call | None:
    """Into somebody's hands, with what the caller has proved; None where they named no account that there is.

    Who asked to be called back has hung up, and where nothing says that this is the voice that proved it, it could be
    another: they prove anew who they are, in a call of its own. Raises NotFound
    (`caller_gone`), Conflict (`caller_taken`).
    """
    member.require("customers")
    row = await (await conn.execute(store.HOLD_WAITING, {"reference": reference})).fetchone()
    if row is None:
        raise NotFound("caller_gone", "Nobody waits under this reference any more.")
    id_, call_id, line_id, wanted, callback, carried, taken, gone = row
    if taken:
        raise Conflict("caller_taken", "Somebody else has taken this caller.")
    if gone:
        raise NotFound("caller_gone", "They no longer wait.")
    await conn.execute(store.TAKE_WAITING, {"id": id_, "staff_id": member.id, "now": now})
    await _record(conn, "taken", call_id, actor, now, callback=callback)
    if call_id is None:
        return None
    if callback or not carried:
        account_id = (await call_of(conn, call_id)).account_id
        return await open_call(conn, account_id, actor, now, staff_id=member.id, line_id=line_id)
    given = {"id": call_id, "staff_id": member.id, "line_id": line_id, "wanted": wanted}
    await conn.execute(store.GIVE_CALL, given)
    return await call_of(conn, call_id)


async def left(conn: Connection, conversation: str, now: datetime) -> None:
    """They no longer wait on the line. What they asked for, to be called back, stands."""
    for (call_id,) in await (await conn.execute(store.LEAVE, {"conversation": conversation, "now": now})).fetchall():
        await _record(conn, "left_queue", call_id, CALLER, now)


async def ask_callback(
    conn: Connection,
    ctx: Identity,
    conversation: str,
    call: Call | None,
    language: Language,
    wanted: str,
    now: datetime,
) -> None:
    """Where it may be. Nothing is returned, because nothing of it may be told."""
    why = await _refusal(conn, ctx, call, now)
    if call is None or why is not None:
        await _record(conn, "callback_refused", call.id if call else None, CALLER, now, why=why)
        return
    await _wait(conn, conversation, call.id, call.line_id, language, wanted, now, callback=True)


async def _refusal(conn: Connection, ctx: Identity, call: Call | None, now: datetime) -> str | None:
    if call is None:
        return "no_account"
    rules = (await holder(conn, call.account_id)).rules(ctx)
    buckets = throttle.asks_about(f"called-back:{call.account_id}", rules.limits)
    if await throttle.is_full(conn, buckets, now):
        return "too_many"
    await throttle.count(conn, buckets, now)
    return None if await phone_of_record(conn, ctx, call, now) is not None else "no_number"


async def _wait(
    conn: Connection,
    conversation: str,
    call: int | None,
    line_id: int | None,
    language: Language,
    wanted: str,
    now: datetime,
    *,
    callback: bool,
    carried: bool = True,
) -> str:
    values = {"conversation": conversation, "call": call, "line_id": line_id, "language": language, "wanted": wanted}
    made = {**values, "reference": f"W-{secrets.token_hex(6)}", "callback": callback, "carried": carried, "now": now}
    row = await (await conn.execute(store.WAIT, made)).fetchone()
    assert row is not None
    reference, is_new = row
    if is_new:
        what = "callback_wished" if callback else "handed_over"
        await _record(conn, what, call, CALLER, now, wanted=wanted, language=language)
    return str(reference)


async def _record(conn: Connection, what: str, call: int | None, actor: Actor, now: datetime, **detail: object) -> None:
    told = {"call": call, **detail}
    await proof.record(conn, [proof.Event(type=f"call.{what}", actor=actor, at=now, detail=told)])
