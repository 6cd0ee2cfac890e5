"""A case that a rule left to a person: looked at, taken, decided."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import cancellation, queues
from ringoff.features.cancellation import casefile
from ringoff.kit.errors import NotFound
from ringoff.kit.ids import case_number, parse_case_number
from ringoff.surfaces.desk.cases import shown_case
from ringoff.surfaces.desk.customer import why_of
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.queues import hands
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

HERE = "/desk/queues/review"


async def show(request: Request) -> Response:
    seat, app = at_desk(request, "review"), context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        file = await casefile.read(conn, parse_case_number(request.path_params["item"]))
        if file.summary.confidential and not seat.may("representatives"):
            raise NotFound("case_unknown", "There is no such case.")
        shown = await shown_case(conn, app, file, seat)
        held = await hands(conn, "review", file.summary.number, seat, now)
    return page(request, "review", **shown, **held)


async def decide(request: Request) -> Response:
    """By whoever holds it, and never by whoever asked for it."""
    seat, form, app = at_desk(request, "review"), await read_form(request), context_of(request).app
    case_id, why = parse_case_number(request.path_params["item"]), why_of(form["why"])
    item = case_number(case_id)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "review", item, seat.member)
        approve = form["decision"] == "approve"
        await cancellation.review(conn, app.terms, case_id, approve=approve, why=why, actor=seat.actor, now=now)
        await queues.done(conn, "review", item)
    return see_other(HERE)


ROUTES: Sequence[Route] = [
    Route(f"{HERE}/{{item}}", show, methods=["GET"]),
    Route(f"{HERE}/{{item}}/decide", decide, methods=["POST"]),
]
