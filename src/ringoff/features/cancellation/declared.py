"""A declaration becomes a request: after the carrier has verified, out of band, that the holder made it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ringoff.db.pool import Connection
from ringoff.features import declaration, proof, readiness
from ringoff.features.cancellation.intake import request
from ringoff.features.cancellation.leeway import Leeway
from ringoff.features.cancellation.model import Receipt, Request, When
from ringoff.features.cancellation.terms import Terms
from ringoff.features.declaration import Declaration
from ringoff.features.readiness import LineFacts
from ringoff.kit.actor import Actor
from ringoff.kit.errors import NotFound, RingoffError


async def request_declared(
    conn: Connection,
    terms: Terms,
    declaration_id: int,
    line_id: int,
    *,
    when: When | None = None,
    contact_verified: bool = False,
    leeway: Leeway | None = None,
    actor: Actor,
    now: datetime,
) -> Receipt:
    """For the end that was declared, unless the contract ends at another (`when`); a day that has passed is now.

    The case keeps the declaration's number as its external reference, and records from when on the end counts.
    `contact_verified`: the holder also confirmed the address that they gave, so notices go there as well. `leeway`:
    how far whoever verified it knows the holder; None where the carrier itself answers for that.
    Raises NotFound, Conflict (`declaration_settled`) and what a request raises; then nothing is written.
    """
    declared = await declaration.lock(conn, declaration_id)
    line = (await readiness.facts(conn, [line_id])).get(line_id)
    if line is None:
        raise NotFound("line_unknown", "There is no such line.")
    said = declared.said
    wanted = when or When(said.when_kind, said.when_date)
    if wanted.day and wanted.day < now.astimezone(ZoneInfo(line.time_zone)).date():
        wanted = When("now")
    wish = Request(
        line_id,
        wanted,
        reason=said.reason or None,
        contact_email=said.contact if contact_verified else None,
        external_reference=declared.number,
        counts_from=_counts_from(terms, declared, line, now),
        cooling_off=leeway.cooling_off if leeway is not None and leeway.waits else None,
        level=leeway.level if leeway is not None else 0,
    )
    (answer,) = await request(conn, terms, [wish], actor, now)
    if isinstance(answer, RingoffError):
        raise answer
    await declaration.verified(conn, declared, answer.case_id, actor, now)
    await _record(conn, terms, declared, answer, actor, now)
    return answer


def _counts_from(terms: Terms, declared: Declaration, line: LineFacts, now: datetime) -> date | None:
    """The day of the declaration, where the law lets the end count from it and no later day was asked for."""
    pack = terms.rules.labelled(declared.rule_pack)
    if not pack.declaration.back_dates or declared.said.when_kind != "now":
        return None
    return declared.counts_from(pack, now).astimezone(ZoneInfo(line.time_zone)).date()


async def _record(
    conn: Connection, terms: Terms, declared: Declaration, receipt: Receipt, actor: Actor, now: datetime
) -> None:
    pack = terms.rules.labelled(declared.rule_pack)
    detail = {
        "declaration": declared.number,
        "received_at": declared.received_at.isoformat(),
        "counts_from": declared.counts_from(pack, now).isoformat(),
    }
    event = proof.Event(
        subject_id=receipt.case_id, type="case.declared", actor=actor, at=now, rule=declared.rule_pack, detail=detail
    )
    await proof.record(conn, [event])
