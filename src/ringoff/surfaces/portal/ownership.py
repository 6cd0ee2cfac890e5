"""What belongs to whom. Every handler asks here: what is another's looks exactly like what does not exist."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException

from ringoff.db.pool import Connection
from ringoff.features import directory, readiness
from ringoff.features.cancellation import casefile
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.identity import Session
from ringoff.features.readiness import LineFacts
from ringoff.kit.errors import RingoffError
from ringoff.kit.ids import parse_case_number

LINES_MOST = 100
"""How many lines one form may name."""


async def own_line(conn: Connection, session: Session, line_ref: str) -> LineFacts:
    """By its reference alone: a number would also find the lines of others. Raises the 404 of any other page."""
    if "\x00" in line_ref:
        raise HTTPException(404)
    try:
        line_id = await directory.find_line(conn, line_ref)
    except RingoffError:
        raise HTTPException(404) from None
    facts = (await readiness.facts(conn, [line_id]))[line_id]
    if facts.account_id != session.account_id or facts.line_ref != line_ref:
        raise HTTPException(404)
    return facts


async def own_lines(conn: Connection, session: Session, line_refs: Sequence[str]) -> list[LineFacts]:
    """All of them, in their order; one that is not the holder's own is a 404 for all."""
    if len(line_refs) > LINES_MOST:
        raise HTTPException(404)
    own = {line.line_ref: line.id for line in await directory.lines_named(conn, session.account_id, line_refs)}
    if not own.keys() >= set(line_refs):
        raise HTTPException(404)
    ids = [own[line_ref] for line_ref in dict.fromkeys(line_refs)]
    facts = await readiness.facts(conn, ids)
    return [facts[line_id] for line_id in ids]


async def own_case(conn: Connection, session: Session, number: str) -> Summary:
    """One in confidence does not exist for whoever signs in to the account: it may be them who must not know of it."""
    try:
        summary = await casefile.summarise(conn, parse_case_number(number))
    except RingoffError:
        raise HTTPException(404) from None
    if summary.account_number != session.account_number or summary.confidential:
        raise HTTPException(404)
    return summary
