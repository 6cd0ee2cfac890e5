"""Money that needs a person: a transfer that somebody makes, a bill that nothing explains."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import approvals, queues
from ringoff.features.approvals import Wish
from ringoff.features.billing import tasks
from ringoff.kit.errors import InvalidInput
from ringoff.kit.ids import CaseId, is_movement, parse_subject_number
from ringoff.surfaces.desk.customer import why_of
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.queues import hands
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.desk.seconding import ask, granted, standing
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

HERE = "/desk/queues/refunds"
_HOW: dict[str, tasks.GoesOn] = {"again": "again", "accept": "accept", "waive": "waive"}


async def show(request: Request) -> Response:
    seat, app = at_desk(request, "refunds"), context_of(request).app
    subject = parse_subject_number(request.path_params["item"])
    async with app.database.transaction() as conn:
        due = [one for one in await tasks.payouts(conn) if one.movement_id == subject]
        stuck = [one for one in await tasks.stuck_bills(conn) if one.case_id == subject]
        if not due and not stuck:
            raise HTTPException(404)
        now = app.database.clock.now()
        held = await hands(conn, "refunds", request.path_params["item"], seat, now)
        two = bool(due) and app.limits.needs_two(due[0].amount, due[0].currency)
        asked = await standing(conn, seat, _large(due[0]), now) if two else None
    return page(
        request,
        "refund",
        due=due[0] if due else None,
        stuck=stuck[0] if stuck else None,
        sight=seat.sight,
        two=two,
        asked=asked,
        **held,
    )


async def paid(request: Request) -> Response:
    seat, form, app = at_desk(request, "refunds"), await read_form(request), context_of(request).app
    item, reference = request.path_params["item"], form["reference"]
    if not 1 <= len(reference) <= 100:
        raise InvalidInput("reference_missing", "Say by what the transfer is found at the bank.")
    movement = parse_subject_number(item)
    if not is_movement(movement):
        raise HTTPException(404)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "refunds", item, seat.member, now)
        due = next((one for one in await tasks.payouts(conn) if one.movement_id == movement), None)
        approval = await granted(conn, seat, _large(due), now) if due else None
        await tasks.paid_out(conn, movement, reference, seat.actor, now, limits=app.limits, approval=approval)
        await queues.done(conn, "refunds", item)
    return see_other(HERE)


async def ask_for_large(request: Request) -> Response:
    """A second person decides whether so much is paid."""
    seat, form, app = at_desk(request, "refunds"), await read_form(request), context_of(request).app
    item = request.path_params["item"]
    async with app.database.transaction() as conn:
        await queues.must_hold(conn, "refunds", item, seat.member, app.database.clock.now())
        due = next((one for one in await tasks.payouts(conn) if one.movement_id == parse_subject_number(item)), None)
        if due is None:
            raise HTTPException(404)
        await ask(request, conn, seat, _large(due), form["why"])
    return see_other(f"{HERE}/{item}")


def _large(due: tasks.Payout) -> Wish:
    return approvals.amount(due.movement_id, due.account_id, due.amount, due.currency)


async def go_on(request: Request) -> Response:
    seat, form, app = at_desk(request, "refunds"), await read_form(request), context_of(request).app
    item, why, how = request.path_params["item"], why_of(form["why"]), _HOW.get(form["how"])
    if how is None:
        raise InvalidInput("form_invalid", "This is not a form of ours.")
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "refunds", item, seat.member, now)
        await tasks.free(conn, CaseId(parse_subject_number(item)), how, why, seat.actor, now)
        await queues.done(conn, "refunds", item)
    return see_other(HERE)


ROUTES: Sequence[Route] = [
    Route(f"{HERE}/{{item}}", show, methods=["GET"]),
    Route(f"{HERE}/{{item}}/paid", paid, methods=["POST"]),
    Route(f"{HERE}/{{item}}/ask", ask_for_large, methods=["POST"]),
    Route(f"{HERE}/{{item}}/go-on", go_on, methods=["POST"]),
]
