"""What needs a person, and what the person decided."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Security
from starlette.responses import Response

from ringoff.db.pool import Connection
from ringoff.features import cancellation
from ringoff.features.access.model import ApiKey
from ringoff.features.cancellation import ObligationId
from ringoff.surfaces import answers
from ringoff.surfaces.api import requests
from ringoff.surfaces.api.auth import actor, asking
from ringoff.surfaces.api.commands import Commanding, Reply, read_response
from ringoff.surfaces.api.context import Shared
from ringoff.surfaces.api.documentation import CHANGING, READING, problems
from ringoff.surfaces.api.paging import from_cursor, to_cursor

router = APIRouter(prefix="/v1/obligations", tags=["Fallout"])

Id = Annotated[
    str,
    Path(
        description="As the list names it.",
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        examples=["C-8K3M-V0QXX.hlr.release.1"],
    ),
]
Person = Annotated[ApiKey, Security(asking, scopes=["fallout"])]


@router.get(
    "",
    summary="List what needs a person",
    response_model=answers.ObligationPage,
    responses=problems(*READING),
    dependencies=[Security(asking, scopes=["fallout"])],
)
async def list_obligations(wanted: Annotated[requests.ObligationsWanted, Query()], shared: Shared) -> Response:
    """Obligations that no repetition will help. `last_outcome` says why, `evidence` what was seen. Scope `fallout`."""
    after = None if wanted.cursor is None else ObligationId(*from_cursor(wanted.cursor, int, str, str, int))
    async with shared.app.database.transaction() as conn:
        found = await cancellation.list_obligations(
            conn, state=wanted.state, system=wanted.system, after=after, limit=wanted.limit + 1
        )
    shown = found[: wanted.limit]
    last = shown[-1].id if len(found) > wanted.limit else None
    more = to_cursor(last.subject_id, last.system, last.kind, last.cycle) if last else None
    told = [answers.CaseObligation.of(obligation) for obligation in shown]
    return read_response(answers.ObligationPage(obligations=told, next_cursor=more))


@router.post(
    "/{id}/retry",
    summary="Ask the system again",
    response_model=answers.CaseObligation,
    responses=problems(*(status for status in CHANGING if status not in (413, 415))),
)
async def retry(id: Id, request: Request, command: Commanding, key: Person) -> Response:  # noqa: A002 (the path's name)
    """With fresh patience; it is read back before anything is repeated. Scope `fallout`."""
    named, who = ObligationId.parse(id), actor(request, key)

    async def effect(conn: Connection, now: datetime) -> Reply:
        await cancellation.retry(conn, command.context.app.terms, named, actor=who, now=now)
        return await _reply(conn, named)

    return await command.run(effect)


@router.post(
    "/{id}/resolve",
    summary="Answer for it",
    response_model=answers.CaseObligation,
    responses=problems(*CHANGING),
)
async def resolve(
    id: Id,  # noqa: A002 (the path's name)
    body: requests.Resolution,
    request: Request,
    command: Commanding,
    key: Person,
) -> Response:
    """A person has seen to it: it has been done, or need not be. The case goes on from there. Scope `fallout`."""
    named, who = ObligationId.parse(id), actor(request, key)

    async def effect(conn: Connection, now: datetime) -> Reply:
        terms = command.context.app.terms
        await cancellation.resolve(conn, terms, named, state=body.resolved_as, why=body.why, actor=who, now=now)
        return await _reply(conn, named)

    return await command.run(effect)


async def _reply(conn: Connection, named: ObligationId) -> Reply:
    return Reply(200, answers.CaseObligation.of(await cancellation.get_obligation(conn, named)))
