"""Cases: read, list, follow, change, decide."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Path, Query, Request, Security
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from ringoff.db.pool import Connection
from ringoff.features import cancellation, directory, proof
from ringoff.features.access.model import ApiKey
from ringoff.features.cancellation import PivotInDoubt, State, When, casefile
from ringoff.kit.ids import CaseId, parse_case_number
from ringoff.surfaces import answers
from ringoff.surfaces.api import requests
from ringoff.surfaces.api.auth import actor, asking
from ringoff.surfaces.api.commands import Commanding, Reply, read_response
from ringoff.surfaces.api.context import Context, Shared
from ringoff.surfaces.api.documentation import CHANGING, READING, problems
from ringoff.surfaces.api.paging import from_cursor, to_cursor

router = APIRouter(prefix="/v1/cancellations", tags=["Cancellations"])

CaseNumber = Annotated[
    str, Path(description="The case number, in any common spelling.", max_length=40, examples=["C-8K3M-V0QXX"])
]
_READS = Security(asking, scopes=["cancellations:read"])
Writer = Annotated[ApiKey, Security(asking, scopes=["cancellations:write"])]
HEARTBEAT = 15  # seconds
_READER_TAKES_MOST = 30.0  # seconds; a reader that stopped reading is let go


@router.get(
    "",
    summary="List cases",
    response_model=answers.CasePage,
    responses=problems(*READING),
    dependencies=[_READS],
)
async def list_cases(wanted: Annotated[requests.CasesWanted, Query()], shared: Shared) -> Response:
    """Newest first. Scope `cancellations:read`."""
    before = None if wanted.cursor is None else from_cursor(wanted.cursor, int)[0]
    async with shared.app.database.transaction() as conn:
        cases = await casefile.page(
            conn,
            state=wanted.state,
            external_reference=wanted.external_reference,
            line_id=None if wanted.line is None else await directory.find_line(conn, wanted.line),
            account_number=wanted.account,
            before=before,
            limit=wanted.limit + 1,
        )
    shown = cases[: wanted.limit]
    more = to_cursor(shown[-1].id) if len(cases) > wanted.limit else None
    return read_response(answers.CasePage(cancellations=[answers.Case.of(c) for c in shown], next_cursor=more))


@router.get(
    "/{number}",
    summary="Read a case",
    response_model=answers.CaseInFull,
    responses=problems(*READING),
    dependencies=[_READS],
)
async def read_case(number: CaseNumber, shared: Shared) -> Response:
    """The case with what each system was asked and what it proved, its after-care, notices and timeline.

    Scope `cancellations:read`.
    """
    return read_response(await _in_full(shared, parse_case_number(number)))


@router.get(
    "/{number}/events",
    summary="Follow a case",
    response_class=EventSourceResponse,
    responses={
        **problems(*READING),
        200: {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        204: {"description": "The case has ended, and you have seen everything: do not reconnect."},
    },
    dependencies=[_READS],
)
async def follow_case(
    number: CaseNumber,
    shared: Shared,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**62, description="Resume after this event.")] = None,
) -> Response:
    """The timeline as server-sent events, from its beginning or after `Last-Event-ID`, and on as it grows.

    Each event's `event` is its type, `id` its id, `data` the event as JSON. A comment every 15 seconds keeps the
    connection alive. When the case has ended and nothing of it is still to be done (after-care apart), an event `end`
    closes the stream, and a reconnection is answered with 204. Scope `cancellations:read`.
    """
    case_id, after = parse_case_number(number), last_event_id or 0
    async with shared.app.database.transaction() as conn:
        await casefile.summarise(conn, case_id)
        over = await casefile.over(conn, [case_id])
        seen_all = not await proof.timeline(conn, case_id, after, limit=1)
    if over and seen_all and last_event_id is not None:
        return Response(status_code=204)
    shared.streams.reserve()
    return EventSourceResponse(
        _events(shared, case_id, after),
        ping=HEARTBEAT,
        ping_message_factory=lambda: ServerSentEvent(comment="still here"),
        send_timeout=_READER_TAKES_MOST,
        sep="\n",
    )


async def _events(shared: Context, case_id: int, after: int) -> AsyncIterator[ServerSentEvent]:
    last = after
    async for recorded in shared.streams.watch(case_id, after):
        last = recorded.id
        data = answers.Event.of(recorded).model_dump_json()
        yield ServerSentEvent(data, event=recorded.event.type, id=str(recorded.id), sep="\n")
    async with shared.app.database.transaction() as conn:
        if await casefile.over(conn, [case_id]):
            state = (await casefile.summarise(conn, case_id)).state
            yield ServerSentEvent(orjson.dumps({"state": state}).decode(), event="end", id=str(last), sep="\n")


@router.post(
    "/{number}/withdrawal",
    summary="Withdraw",
    response_model=answers.Case,
    responses=problems(*CHANGING, s202=(answers.Case, "What was released is being given back: `withdrawing`.")),
)
async def withdraw(
    number: CaseNumber,
    request: Request,
    command: Commanding,
    key: Writer,
    body: requests.Withdrawal = requests.Withdrawal(),  # noqa: B008 (frozen)
) -> Response:
    """The holder stays. Granted until the point of no return; after it, 409 `point_of_no_return`.

    What was released already is given back; until that is done the case is `withdrawing` and holds the line's place.
    Withdrawing twice is withdrawing once. Scope `cancellations:write`.
    """
    case_id, who = parse_case_number(number), actor(request, key, body.channel)
    app = command.context.app

    async def effect(conn: Connection, now: datetime) -> Reply:
        state = await cancellation.withdraw(conn, app.terms, case_id, why=body.reason, actor=who, now=now)
        return await _reply(conn, case_id, 202 if state is State.WITHDRAWING else 200)

    try:
        return await command.run(effect)
    except PivotInDoubt:
        # The systems must be asked, which takes longer than a transaction may. A second withdrawal changes nothing.
        await app.withdraw(case_id, why=body.reason, actor=who)
        return await command.run(effect)


@router.post(
    "/{number}/reschedule",
    summary="Choose another date",
    response_model=answers.Case,
    responses=problems(*CHANGING),
)
async def reschedule(
    number: CaseNumber, body: requests.Reschedule, request: Request, command: Commanding, key: Writer
) -> Response:
    """Other terms for a case that has not started to release. Cooling-off starts anew. Scope `cancellations:write`."""
    case_id, who = parse_case_number(number), actor(request, key, body.channel)

    async def effect(conn: Connection, now: datetime) -> Reply:
        terms = command.context.app.terms
        await cancellation.reschedule(conn, terms, case_id, When.parse(body.when), actor=who, now=now)
        return await _reply(conn, case_id)

    return await command.run(effect)


@router.post(
    "/{number}/review",
    summary="Decide a case in review",
    response_model=answers.Case,
    responses=problems(*CHANGING),
)
async def review(
    number: CaseNumber,
    body: requests.Review,
    request: Request,
    command: Commanding,
    key: Annotated[ApiKey, Security(asking, scopes=["review"])],
) -> Response:
    """A person approves or declines. Scope `review`."""
    case_id, who = parse_case_number(number), actor(request, key)

    async def effect(conn: Connection, now: datetime) -> Reply:
        terms, approve = command.context.app.terms, body.decision == "approve"
        await cancellation.review(conn, terms, case_id, approve=approve, why=body.why, actor=who, now=now)
        return await _reply(conn, case_id)

    return await command.run(effect)


async def _reply(conn: Connection, case_id: CaseId, status: int = 200) -> Reply:
    return Reply(status, answers.Case.of(await casefile.summarise(conn, case_id)))


async def _in_full(shared: Context, case_id: CaseId) -> answers.CaseInFull:
    async with shared.app.database.transaction() as conn:
        file = await casefile.read(conn, case_id)
        return answers.CaseInFull.of_file(file, await proof.timeline(conn, case_id))
