"""Asking, deciding, using: each under the row's lock, so that of two at once one finds that it came too late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import orjson

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.approvals import duties, store
from ringoff.features.approvals.model import WHY_MOST, Approval, Kind, Wish, missing
from ringoff.features.identity import Identity
from ringoff.features.identity.holder import holder
from ringoff.features.rules import RulePack
from ringoff.features.staff import Member
from ringoff.kit.actor import SYSTEM, Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ringoff.kit.ids import is_case

_SHOWN_FOR = timedelta(days=7)


async def ask(
    conn: Connection, ctx: Identity, wish: Wish, member: Member, why: str, now: datetime, *, address: str | None = None
) -> Approval:
    """The same asked again while it is open is the first one. Raises InvalidInput (`why_missing`)."""
    rules = (await _pack(conn, ctx, wish.account_id)).four_eyes
    lives = rules.caller_waits if wish.kind == "emergency" else rules.waits
    key = {"kind": wish.kind, "about": wish.about, "staff_id": member.id, "digest": wish.digest, "now": now}
    actor, terms = member.actor(address), orjson.dumps(wish.terms).decode()
    lapsed = await (await conn.execute(store.LET_LAPSE, key)).fetchall()
    await proof.record(conn, [_event("expired", *each, actor=actor, now=now) for each in lapsed])
    values = {**key, "account_id": wish.account_id, "why": _said(why), "terms": terms, "expires_at": now + lives}
    row = await (await conn.execute(store.ASK, values)).fetchone()
    if row is None:
        open_one = await (await conn.execute(store.THE_SAME, key)).fetchone()
        if open_one is None:
            raise Conflict("approval_just_ended", "This was decided or used at this moment: ask again.")
        return Approval(*open_one)
    await _record(conn, "asked", row[0], wish.kind, wish.about, actor, now, why=_said(why), terms=dict(wish.terms))
    return await find(conn, row[0])


async def find(conn: Connection, approval_id: int) -> Approval:
    """Raises NotFound (`approval_unknown`)."""
    return await _read(conn, store.ONE, approval_id)


async def waiting(
    conn: Connection, ctx: Identity, member: Member, now: datetime, limit: int = 200
) -> Sequence[Approval]:
    """What this person may decide, the most urgent first."""
    if not member.may("approve"):
        return []
    recent = ctx.pack().identity.recent_change
    asked = {"staff_id": member.id, "recent": recent, "now": now, "limit": limit}
    return [Approval(*row) for row in await (await conn.execute(store.WAITING, asked)).fetchall()]


async def of_member(conn: Connection, member: Member, now: datetime, limit: int = 100) -> Sequence[Approval]:
    """What this person has asked for within a week, the newest first."""
    asked = {"staff_id": member.id, "since": now - _SHOWN_FOR, "limit": limit}
    return [Approval(*row) for row in await (await conn.execute(store.OF_MEMBER, asked)).fetchall()]


async def approve(
    conn: Connection,
    ctx: Identity,
    approval_id: int,
    member: Member,
    why: str,
    now: datetime,
    *,
    address: str | None = None,
) -> Approval:
    """Raises NotFound, Conflict (`approval_not_waiting`, `approval_expired`), InvalidInput (`why_missing`), NotAllowed
    (`permission_missing`, `own_request`, `edited_contact`).
    """
    return await _decide(conn, ctx, approval_id, "approved", member, why, now, address)


async def refuse(
    conn: Connection,
    ctx: Identity,
    approval_id: int,
    member: Member,
    why: str,
    now: datetime,
    *,
    address: str | None = None,
) -> Approval:
    """Raises as `approve`."""
    return await _decide(conn, ctx, approval_id, "refused", member, why, now, address)


async def use(conn: Connection, wish: Wish, approval_id: int | None, actor: Actor, now: datetime) -> None:
    """In the transaction that acts: whoever asked does exactly what was approved, once.

    Raises NotAllowed (`approval_missing`).
    """
    if approval_id is None or actor.staff is None:
        raise missing(wish)
    values = {"id": approval_id, "kind": wish.kind, "about": wish.about, "digest": wish.digest, "name": actor.staff}
    if await (await conn.execute(store.USE, {**values, "now": now})).fetchone() is None:
        raise missing(wish)
    await _record(conn, "used", approval_id, wish.kind, wish.about, actor, now)


async def expire(conn: Connection, now: datetime, limit: int = 1_000) -> int:
    """What nobody decided, or nobody used, in time. Returns how many: with fewer than `limit` all are."""
    lapsed = await (await conn.execute(store.EXPIRE, {"now": now, "limit": limit})).fetchall()
    await proof.record(conn, [_event("expired", *each, actor=SYSTEM, now=now) for each in lapsed])
    return len(lapsed)


async def _decide(
    conn: Connection,
    ctx: Identity,
    approval_id: int,
    state: Literal["approved", "refused"],
    member: Member,
    why: str,
    now: datetime,
    address: str | None,
) -> Approval:
    member.require("approve")
    asked = await _read(conn, store.LOCK, approval_id)
    if asked.state != "waiting":
        raise Conflict("approval_not_waiting", f"This has been decided already: {asked.state}.", state=asked.state)
    if asked.expires_at <= now:
        raise Conflict("approval_expired", "Nobody has decided this in time: it has to be asked for again.")
    if asked.asked_by == member.name:
        raise NotAllowed("own_request", "Somebody else must decide about a request that you made.")
    if asked.account_id is not None:
        recent = (await _pack(conn, ctx, asked.account_id)).identity.recent_change
        since = await duties.began(conn, asked.account_id, recent, asked.asked_at)
        await duties.must_not_have_edited(conn, member, asked.account_id, since)
        await duties.decided(conn, member, asked.account_id, now)
    values = {"id": approval_id, "state": state, "staff_id": member.id, "why": _said(why), "now": now}
    await conn.execute(store.DECIDE, values)
    await _record(conn, state, approval_id, asked.kind, asked.about, member.actor(address), now, why=_said(why))
    return await find(conn, approval_id)


async def _pack(conn: Connection, ctx: Identity, account_id: int | None) -> RulePack:
    return ctx.pack() if account_id is None else ctx.pack((await holder(conn, account_id)).jurisdiction)


async def _read(conn: Connection, statement: str, approval_id: int) -> Approval:
    row = await (await conn.execute(statement, {"id": approval_id})).fetchone()
    if row is None:
        raise NotFound("approval_unknown", "There is no such request for approval.")
    return Approval(*row)


def _said(why: str) -> str:
    said = " ".join(why.split())
    if not said or len(said) > WHY_MOST:
        raise InvalidInput("why_missing", f"Say why, in at most {WHY_MOST} characters.")
    return said


async def _record(
    conn: Connection, what: str, id_: int, kind: Kind, about: int, actor: Actor, now: datetime, **detail: object
) -> None:
    await proof.record(conn, [_event(what, id_, kind, about, actor=actor, now=now, **detail)])


def _event(
    what: str, id_: int, kind: Kind, about: int, *, actor: Actor, now: datetime, **detail: object
) -> proof.Event:
    """In the history of the case, where it is about one."""
    case_id = about if kind == "skip_release" and is_case(about) else 0
    told = {"approval": id_, "kind": kind, "about": about, **detail}
    return proof.Event(subject_id=case_id, type=f"approval.{what}", actor=actor, at=now, detail=told)
