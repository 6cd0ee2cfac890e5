"""Stopping a cancellation without signing in: whoever is reached at a contact of record may, with the link sent there.

The link is used up and a hold set before the withdrawal, in one transaction: should this process die in between, the
hold alone keeps the line. The hold is `fraud`: after an objection nobody, whatever they prove, has the line closed
before a person has cleared it, and strangers are not told why. A holder who objected by mistake asks care.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import cancellation, directory, identity, readiness
from ringoff.features.cancellation import State, casefile
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.identity import Link
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, Unauthenticated
from ringoff.kit.i18n import phrases
from ringoff.kit.ids import CaseId, parse_case_number
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web import naming
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

HOLD = "fraud"
_WHY = "a contact of record objected to the cancellation"


async def look(request: Request) -> Response:
    """What would be stopped. Opening the link does nothing: mail programs open links by themselves."""
    app = context_of(request).app
    async with app.database.transaction() as conn:
        try:
            link = await identity.open_link(conn, "veto", _token(request), app.database.clock.now())
        except Unauthenticated:
            return page(request, "public/link_over", 410)
        case = await _case(conn, link)
        line = await directory.get_line(conn, case.line_ref)
        who = line.account
    visitor = visitor_of(request)
    visitor.time_zone = who.time_zone
    name = naming.name(case, line.service, phrases(visitor.language))
    starts_at = case.ripe_at or case.effective_at
    return page(request, "public/veto", case=case, name=name, starts_at=starts_at, open=case.state.is_open)


async def stop(request: Request) -> Response:
    await read_form(request)
    app, visit = context_of(request).app, visit_of(request)
    actor = Actor("contact of record", "web", visit.ip)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        try:
            link = await identity.use_link(conn, "veto", _token(request), now)
        except Unauthenticated:
            return page(request, "public/link_over", 410)
        case = await _case(conn, link)
        if case.state.is_open:
            line_id = await directory.find_line(conn, case.line_ref)
            line = (await readiness.facts(conn, [line_id]))[line_id]
            await cancellation.set_hold(conn, app.terms, line, HOLD, why=_WHY, actor=actor, now=now)
    try:
        state = await app.withdraw(CaseId(case.id), why=_WHY, actor=actor)
    except Conflict:
        return page(request, "public/vetoed", 409, number=case.number, stopped=False)
    return page(request, "public/vetoed", number=case.number, stopped=state in (State.WITHDRAWN, State.WITHDRAWING))


def _token(request: Request) -> SecretStr:
    return SecretStr(request.path_params["token"])


async def _case(conn: Connection, link: Link) -> Summary:
    return await casefile.summarise(conn, parse_case_number(link.subject))


ROUTES = [Route("/veto/{token}", look, methods=["GET"]), Route("/veto/{token}", stop, methods=["POST"])]
