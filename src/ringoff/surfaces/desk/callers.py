"""Callers whom the hotline passes on: who waits, in which language, for what, and what they have proved already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import calls, staff
from ringoff.features.calls import waiting
from ringoff.features.calls.waiting import Waiting
from ringoff.kit.errors import Conflict, NotFound
from ringoff.kit.i18n import phrases
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import BY_ITSELF, at_desk
from ringoff.surfaces.desk.words import says
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

HERE = "/desk/callers"


@dataclass(frozen=True, slots=True)
class Caller:
    """`known`: they proved it to the hotline, and that still stands."""

    who: Waiting
    known: bool


async def show(request: Request) -> Response:
    """Renewed by itself: a caller who is passed on stands here before the telephone rings.

    `reference`: a telephone that opens pages shows the one alone who is on it.
    """
    return await _show(request)


async def take(request: Request) -> Response:
    """Their call is this agent's from now on, as far as they are known; two never take the same caller."""
    seat, form, app = at_desk(request, "customers"), await read_form(request), context_of(request).app
    reference = form["reference"][:80]
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            found = {one.reference: one for one in await waiting.waiting(conn, now)}
            call = await waiting.take(conn, reference, seat.member, seat.actor, now)
            known = call is not None and call.is_proved(now)
    except (Conflict, NotFound) as refused:
        return await _show(request, says(refused, phrases(seat.language)), 409)
    if call is None:
        return see_other("/desk")
    wanted = found[reference].wanted if reference in found else ""
    if known and wanted == "cancel" and call.line_id is not None and seat.may("cases"):
        return see_other(f"/desk/calls/{call.id}/leave?line={call.line_id}")
    return see_other(f"/desk/calls/{call.id}")


async def be_available(request: Request) -> Response:
    """Whether the hotline may pass callers on to this person."""
    seat, form, app = at_desk(request, "customers"), await read_form(request), context_of(request).app
    assert seat.session is not None
    async with app.database.transaction() as conn:
        await staff.set_available(conn, seat.session, form["available"] == "1", app.database.clock.now())
    return see_other(HERE)


async def _show(request: Request, problem: str | None = None, status: int = 200) -> Response:
    seat, app = at_desk(request, "customers"), context_of(request).app
    assert seat.session is not None
    async with app.database.transaction() as conn:
        callers = await _waiting(conn, app.database.clock.now(), request.query_params.get("reference"))
        available = await staff.is_available(conn, seat.session)
    template = "callers_rows" if BY_ITSELF in request.headers else "callers"
    return page(
        request, template, status, callers=callers, available=available, problem=problem, renewed=_renewed(request)
    )


def _renewed(request: Request) -> str:
    """Of this page, as it is renewed."""
    return f"{HERE}?{request.url.query}" if request.method == "GET" and request.url.query else HERE


async def _waiting(conn: Connection, now: datetime, reference: str | None) -> Sequence[Caller]:
    found = []
    for one in await waiting.waiting(conn, now):
        if reference is not None and one.reference != reference:
            continue
        call = await calls.call_of(conn, one.call) if one.call is not None else None
        found.append(Caller(one, call is not None and not one.callback and one.carried and call.is_proved(now)))
    return found


ROUTES: Sequence[Route] = [
    Route(HERE, show, methods=["GET"]),
    Route(f"{HERE}/take", take, methods=["POST"]),
    Route(f"{HERE}/available", be_available, methods=["POST"]),
]
