"""The case page: how a cancellation stands, live; undone while it can be; afterwards what was done."""

from collections.abc import AsyncIterator
from dataclasses import replace

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import cancellation, directory, identity, proof
from ringoff.features.cancellation import casefile
from ringoff.features.identity import Session
from ringoff.kit.errors import Conflict, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.kit.ids import CaseId
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.papers import final_bill_pdf, pdf_response
from ringoff.surfaces.portal import money
from ringoff.surfaces.portal.case_view import CaseView, view
from ringoff.surfaces.portal.journey import holder
from ringoff.surfaces.portal.ownership import own_case
from ringoff.surfaces.portal.pages import context_of, fragment, page, see_other
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import read_form

HEARTBEAT = 15  # seconds
_READER_TAKES_MOST = 30.0
_EVENTS_MOST = 1000


async def case(request: Request) -> Response:
    return await _page(request, signed_in(request))


async def undo(request: Request) -> Response:
    """Granted until the point of no return; asked twice, it is granted once."""
    session, form = signed_in(request), await read_form(request)
    app = context_of(request).app
    async with app.database.transaction() as conn:
        summary = await own_case(conn, session, request.path_params["number"])
    say = phrases(visitor_of(request).language)
    if summary.cause == "ported":
        return await _page(request, session, problem=say.gettext("The number has moved to your new carrier."))
    try:
        await app.withdraw(CaseId(summary.id), why=None, actor=holder(request, session))
    except Conflict as refused:
        if refused.code == "case_ended":
            return await _page(request, session, problem=say.gettext("It had ended already when you asked."))
        return await _page(request, session, problem=say.gettext("It came too late: this cannot be undone any more."))
    return see_other("/cases" if form["back"] == "list" else f"/cases/{summary.number}")


async def bill(request: Request) -> Response:
    """A final bill as a PDF: made when it is first asked for, and kept sealed."""
    session, app = signed_in(request), context_of(request).app
    async with app.database.transaction() as conn:
        summary = await own_case(conn, session, request.path_params["number"])
        found = await money.issued(conn, app, summary, request.path_params["bill"])
    if found is None:
        raise HTTPException(404)
    return pdf_response(found.document.bill_number, await final_bill_pdf(app, found))


async def ask_contact(request: Request) -> Response:
    """Another link to the contact that was given, for whom the first one did not reach."""
    session, app = signed_in(request), context_of(request).app
    await read_form(request)
    try:
        async with app.database.transaction() as conn:
            summary = await own_case(conn, session, request.path_params["number"])
            who, now = holder(request, session), app.database.clock.now()
            await cancellation.ask_to_confirm(conn, app.identity, [summary.id], who, now, again=True)
    except Unavailable as refused:
        return await _page(request, session, problem=says(refused, phrases(visitor_of(request).language)))
    return see_other(f"/cases/{summary.number}")


async def live(request: Request) -> Response:
    """The case's part of the page anew, whenever it changes, and one sentence that says what changed."""
    session, context = signed_in(request), context_of(request)
    after = _number(request.headers.get("last-event-id") or request.query_params.get("after", ""))
    async with context.app.database.transaction() as conn:
        seen, last = await _look(request, conn, session)
        over = await casefile.over(conn, [seen.summary.id])
    if over and last <= after:
        return Response(status_code=204)
    context.streams.reserve()
    return EventSourceResponse(
        _changes(request, session, seen, last, after),
        ping=HEARTBEAT,
        ping_message_factory=lambda: ServerSentEvent(comment="still here"),
        send_timeout=_READER_TAKES_MOST,
        sep="\n",
    )


async def _changes(
    request: Request, session: Session, seen: CaseView, last: int, after: int
) -> AsyncIterator[ServerSentEvent]:
    context = context_of(request)
    if last > after:
        for event in _tell(request, seen, " ".join(seen.says), last):
            yield event
    async for recorded in context.streams.watch(seen.summary.id, last):
        if recorded.id <= last:
            continue  # several came at once, and the look at the first showed them all
        async with context.app.database.transaction() as conn:
            if not await _still_signed_in(request, conn):
                return
            now, last = await _look(request, conn, session)
        if now != seen:
            for event in _tell(request, now, now.changes(seen), last):
                yield event
        seen = now
    async with context.app.database.transaction() as conn:
        if await casefile.over(conn, [seen.summary.id]):
            yield ServerSentEvent("", event="end", id=str(last), sep="\n")


async def _still_signed_in(request: Request, conn: Connection) -> bool:
    """A session that has been ended, here or elsewhere, sees nothing more."""
    app = context_of(request).app
    token = SecretStr(visitor_of(request).token)
    return await identity.session(conn, app.identity, token, app.database.clock.now()) is not None


def _tell(request: Request, seen: CaseView, changed: str, last: int) -> list[ServerSentEvent]:
    part = fragment(request, "cases/_standing", case=seen, problem=None)
    return [
        ServerSentEvent(part, event="case", id=str(last), sep="\n"),
        ServerSentEvent(changed, event="told", id=str(last), sep="\n"),
    ]


async def _page(request: Request, session: Session, *, problem: str | None = None) -> Response:
    async with context_of(request).app.database.transaction() as conn:
        seen, last = await _look(request, conn, session)
        over = await casefile.over(conn, [seen.summary.id])
    return page(request, "cases/case", 409 if problem else 200, case=seen, last=last, over=bool(over), problem=problem)


async def _look(request: Request, conn: Connection, session: Session) -> tuple[CaseView, int]:
    """The case as its holder sees it, and the last event that this look knows."""
    visitor = visitor_of(request)
    summary = await own_case(conn, session, request.path_params["number"])
    events = await proof.timeline(conn, summary.id, limit=_EVENTS_MOST)
    file = await casefile.read(conn, CaseId(summary.id))
    line = await directory.get_line(conn, summary.line_ref)
    pack = context_of(request).app.rules.labelled(summary.rule_pack)
    say, app = phrases(visitor.language), context_of(request).app
    seen = view(file, line.service, pack, visitor.time_zone, say)
    bills, promised = await money.of_case(conn, app, summary, say)
    return replace(seen, bills=bills, promised=promised), events[-1].id if events else 0


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


ROUTES = [
    Route("/cases/{number}", case, methods=["GET"]),
    Route("/cases/{number}/live", live, methods=["GET"]),
    Route("/cases/{number}/undo", undo, methods=["POST"]),
    Route("/cases/{number}/bills/{bill}", bill, methods=["GET"]),
    Route("/cases/{number}/contact", ask_contact, methods=["POST"]),
]
