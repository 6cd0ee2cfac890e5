"""What the page Prepare lets its holder do there and then: unlink, tick, compare a device's number."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import readiness
from ringoff.kit.errors import NotFound
from ringoff.kit.i18n import phrases
from ringoff.surfaces.portal.device import compare, read_imei
from ringoff.surfaces.portal.journey import holder
from ringoff.surfaces.portal.ownership import own_line
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web import naming
from ringoff.surfaces.web.forms import read_form

_NUMBER_MOST = 18  # digits of a bigint


async def unlink(request: Request) -> Response:
    session, form = signed_in(request), await read_form(request)
    database = context_of(request).app.database
    async with database.transaction() as conn:
        line = await own_line(conn, session, request.path_params["line_ref"])
        await readiness.unlink(conn, line, _number(form["binding"]), holder(request, session), database.clock.now())
    return see_other(f"{naming.address(line.line_ref)}/leave")


async def checklist(request: Request) -> Response:
    session, form = signed_in(request), await read_form(request)
    database = context_of(request).app.database
    async with database.transaction() as conn:
        line = await own_line(conn, session, request.path_params["line_ref"])
        await readiness.keep_checklist(conn, line, form.all("item"), database.clock.now())
    return see_other(f"{naming.address(line.line_ref)}/leave#logins")


async def device(request: Request) -> Response:
    """An answer and no redirect: nothing is kept, so a reload repeats nothing but the comparison."""
    session, say = signed_in(request), phrases(visitor_of(request).language)
    imei = (await read_form(request))["imei"] if request.method == "POST" else None
    async with context_of(request).app.database.transaction() as conn:
        line = await own_line(conn, session, request.path_params["line_ref"])
        on_record = (await readiness.preparation(conn, line.line_id)).imei
    number = read_imei(imei) if imei is not None else None
    problems = {}
    if imei is not None and number is None:
        problems["imei"] = say.gettext("This is no IMEI: it has 15 digits, and the last one checks the others.")
    return page(
        request,
        "device",
        422 if problems else 200,
        name=naming.name(line, line.service, say),
        back=naming.address(line.line_ref),
        voice=line.service == "voice",
        value=imei or "",
        ending=on_record[-4:] if on_record else "",
        verdict=compare(number, on_record) if number else None,
        problems=problems,
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > _NUMBER_MOST:
        raise NotFound("binding_unknown", "There is nothing here that could be unlinked.")
    return int(text)


ROUTES: Sequence[Route] = [
    Route("/lines/{line_ref:line}/unlink", unlink, methods=["POST"]),
    Route("/lines/{line_ref:line}/checklist", checklist, methods=["POST"]),
    Route("/lines/{line_ref:line}/device", device, methods=["GET", "POST"]),
]
