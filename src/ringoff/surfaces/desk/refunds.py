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
from ringoff.kit.ids import CaseId, is_movement, parse_subject_number, subject_number
from ringoff.surfaces.desk.customer import why_of
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.queues import hands
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.desk.seconding import ask, granted, standing
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

HERE = "/desk/queues/refunds"
_TWO = ("accept", "waive")
"""Ways for a stuck bill that take a second person."""
_HOW: dict[str, tasks.GoesOn] = {"again": "again", "accept": "accept", "waive": "waive"}


async def show(request: Request) -> Response:
    seat, app = at_desk(request, "refunds"), context_of(request).app
    subject = parse_subject_number(_item(request))
    async with app.database.transaction() as conn:
        due = [one for one in await tasks.payouts(conn) if one.movement_id == subject]
        stuck = [one for one in await tasks.stuck_bills(conn) if one.case_id == subject]
        if not due and not stuck:
            raise HTTPException(404)
        now = app.database.clock.now()
        held = await hands(conn, "refunds", _item(request), seat, now)
        two = bool(due) and app.limits.needs_two(due[0].amount, due[0].currency)
        wishes = [_large(due[0])] if two else [_other_than_promised(one, how) for one in stuck for how in _TWO]
        mine = [await standing(conn, seat, wish, now) for wish in wishes]
        asked = next((one for one in mine if one is not None), None)
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
    item, reference = _item(request), form["reference"]
    if not 1 <= len(reference) <= 100:
        raise InvalidInput("reference_missing", "Say by what the transfer is found at the bank.")
    movement = parse_subject_number(item)
    if not is_movement(movement):
        raise HTTPException(404)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "refunds", item, seat.member)
        due = next((one for one in await tasks.payouts(conn) if one.movement_id == movement), None)
        approval = await granted(conn, seat, _large(due), now) if due else None
        await tasks.paid_out(conn, movement, reference, seat.actor, now, limits=app.limits, approval=approval)
        await queues.done(conn, "refunds", item)
    return see_other(HERE)


async def ask_for_large(request: Request) -> Response:
    """A second person decides whether so much is paid."""
    seat, form, app = at_desk(request, "refunds"), await read_form(request), context_of(request).app
    item = _item(request)
    async with app.database.transaction() as conn:
        await queues.must_hold(conn, "refunds", item, seat.member)
        due = next((one for one in await tasks.payouts(conn) if one.movement_id == parse_subject_number(item)), None)
        if due is None:
            raise HTTPException(404)
        await ask(request, conn, seat, _large(due), form["why"])
    return see_other(f"{HERE}/{item}")


def _item(request: Request) -> str:
    """In its one spelling: two people never hold the same one. Raises InvalidInput."""
    return subject_number(parse_subject_number(request.path_params["item"]))


def _large(due: tasks.Payout) -> Wish:
    return approvals.amount(due.movement_id, due.account_id, due.amount, due.currency)


def _other_than_promised(stuck: tasks.StuckBill, how: str) -> Wish:
    return approvals.free_bill(stuck.case_id, stuck.account_id, how)


async def go_on(request: Request) -> Response:
    """Looking again is anybody's; what moves money, or lets it be, a second person's as well, who is asked here."""
    seat, form, app = at_desk(request, "refunds"), await read_form(request), context_of(request).app
    item, why, how = _item(request), why_of(form["why"]), _HOW.get(form["how"])
    if how is None:
        raise InvalidInput("form_invalid", "This is not a form of ours.")
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "refunds", item, seat.member)
        case_id = CaseId(parse_subject_number(item))
        stuck = next((one for one in await tasks.stuck_bills(conn) if one.case_id == case_id), None)
        wish = _other_than_promised(stuck, how) if stuck and how in _TWO else None
        approval = await granted(conn, seat, wish, now) if wish else None
        if wish and approval is None:
            await ask(request, conn, seat, wish, why)
            return see_other(f"{HERE}/{item}")
        await tasks.free(conn, case_id, how, why, seat.actor, now, approval=approval)
        await queues.done(conn, "refunds", item)
    return see_other(HERE)


ROUTES: Sequence[Route] = [
    Route(f"{HERE}/{{item}}", show, methods=["GET"]),
    Route(f"{HERE}/{{item}}/paid", paid, methods=["POST"]),
    Route(f"{HERE}/{{item}}/ask", ask_for_large, methods=["POST"]),
    Route(f"{HERE}/{{item}}/go-on", go_on, methods=["POST"]),
]
