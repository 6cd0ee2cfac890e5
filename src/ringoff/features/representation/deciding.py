"""Somebody else than who started it decides, with the whole checklist before them; then the lines are closed."""

from datetime import datetime
from typing import Literal

from ringoff.db.pool import Connection
from ringoff.features import approvals, cancellation, proof
from ringoff.features.approvals import WHY_MOST
from ringoff.features.cancellation import Receipt, Request, State, Terms, When
from ringoff.features.identity import Identity
from ringoff.features.representation import store
from ringoff.features.representation.model import Representation
from ringoff.features.representation.papers import items
from ringoff.features.representation.service import living_lines, read, record
from ringoff.features.staff import Member
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, Refused, RingoffError
from ringoff.kit.ids import CaseId


async def close_lines(
    conn: Connection,
    ctx: Identity,
    terms: Terms,
    id_: int,
    member: Member,
    why: str,
    now: datetime,
    *,
    when: When | None = None,
    address: str | None = None,
) -> list[Receipt | RingoffError]:
    """Accept, and close: the cases are asked for by who started it, so two people have looked. What is in confidence is
    reviewed by that, and scheduled at once unless a hold keeps it. Raises as `accept`.
    """
    wishes = await accept(conn, ctx, id_, member, why, now, when=when, address=address)
    of = await read(conn, ctx, id_)
    asker = Actor(f"staff:{of.asked_by}", "care", address)
    answers = await cancellation.request(conn, terms, wishes, asker, now, seconded=True)
    made = [answer for answer in answers if isinstance(answer, Receipt) and answer.created]
    linked = [
        proof.Event(
            subject_id=one.case_id, type="case.represented", actor=asker, at=now, detail={"representation": id_}
        )
        for one in made
    ]
    await proof.record(conn, linked)
    if of.confidential and member.may("review"):
        for one in made:
            if one.state is State.IN_REVIEW:
                await _reviewed(conn, terms, CaseId(one.case_id), member.actor(address), why, now)
    return answers


async def accept(
    conn: Connection,
    ctx: Identity,
    id_: int,
    member: Member,
    why: str,
    now: datetime,
    *,
    when: When | None = None,
    address: str | None = None,
) -> list[Request]:
    """What has to be asked for in the same transaction, as `close_lines` does; lines that have closed are left out.

    Raises NotAllowed (`permission_missing`, `own_request`, `edited_contact`), Conflict (`representation_decided`,
    `papers_missing`, naming the items), NotFound (`representation_unknown`, `line_unknown`, `erased`).
    """
    of = await _decide(conn, ctx, id_, "accepted", member, why, now, address)
    assert of.person is not None
    living = await living_lines(conn, of.account_id, None)
    lines = [line for line in living if line in of.line_ids]
    if not lines:
        raise NotFound("line_unknown", "None of these lines could be closed any more.")
    return [
        Request(
            line,
            when or When("now"),
            contact_email=of.person.email,
            contact_phone=of.person.phone,
            whole_account=len(lines) == len(living),
            confidential=of.confidential,
        )
        for line in lines
    ]


async def refuse(
    conn: Connection,
    ctx: Identity,
    id_: int,
    member: Member,
    why: str,
    now: datetime,
    *,
    address: str | None = None,
) -> None:
    """Also by who started it: it was a mistake, say. Raises as `accept`, but for the papers."""
    await _decide(conn, ctx, id_, "refused", member, why, now, address)


async def _decide(
    conn: Connection,
    ctx: Identity,
    id_: int,
    state: Literal["accepted", "refused"],
    member: Member,
    why: str,
    now: datetime,
    address: str | None,
) -> Representation:
    member.require("representatives")
    of = await read(conn, ctx, id_, lock=True)
    of.must_be_open()
    if not why.strip() or len(why) > WHY_MOST:
        raise InvalidInput("why_missing", f"Say why, in at most {WHY_MOST} characters.")
    if state == "accepted":
        await _must_be_acceptable(conn, ctx, of, member, now)
    await conn.execute(store.DECIDE, {"id": id_, "state": state, "staff_id": member.id, "why": why.strip(), "now": now})
    await record(conn, state, id_, member.actor(address), now)
    return of


async def _must_be_acceptable(
    conn: Connection, ctx: Identity, of: Representation, member: Member, now: datetime
) -> None:
    if of.asked_by == member.name:
        raise NotAllowed("own_request", "Somebody else must decide about what you have started.")
    if of.person is None:
        raise NotFound("erased", "This was kept as long as it had to be, and was then erased.")
    missing = [item.id for item in await items(conn, ctx, of) if not item.is_proved]
    if missing:
        raise Conflict("papers_missing", f"Papers are still missing: {', '.join(missing)}.", items=missing)
    recent = ctx.rules.labelled(of.rule_pack).identity.recent_change
    since = await approvals.began(conn, of.account_id, recent, of.opened_at)
    await approvals.must_not_have_edited(conn, member, of.account_id, since)
    await approvals.decided(conn, member, of.account_id, now)


async def _reviewed(conn: Connection, terms: Terms, case_id: CaseId, actor: Actor, why: str, now: datetime) -> None:
    try:
        async with conn.transaction():
            await cancellation.review(conn, terms, case_id, approve=True, why=why, actor=actor, now=now)
    except Refused:  # a hold: it goes on waiting in review, for whoever may lift it
        return
