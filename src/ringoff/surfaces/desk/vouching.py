"""The two ways for a caller who has neither PIN nor code: a call back to the phone of record, and two people's word."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import approvals, calls
from ringoff.kit.errors import Conflict, NotAllowed, RingoffError, Unavailable
from ringoff.surfaces.desk.calls import OF_A_CALL, authenticate, own_call
from ringoff.surfaces.desk.pages import context_of
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other


async def call_back(request: Request) -> Response:
    """Set out to call: the number is there to be dialled, and nothing is read out to whoever answers."""
    seat, app = at_desk(request, "customers"), context_of(request).app
    await read_form(request)
    try:
        async with app.database.transaction() as conn:
            call = await own_call(request, conn, seat)
            back = await calls.ask_callback(conn, app.identity, call, seat.actor, app.database.clock.now())
    except (Conflict, Unavailable) as refused:
        return await authenticate(request, call, refused)
    return await authenticate(request, call, back=back)


async def called_back(request: Request) -> Response:
    """What whoever answered there said."""
    seat, form, app = at_desk(request, "customers"), await read_form(request), context_of(request).app
    answer: calls.Call | RingoffError
    try:
        async with app.database.transaction() as conn:
            call = await own_call(request, conn, seat)
            now, confirmed = app.database.clock.now(), form["said"] == "yes"
            answer = await calls.prove_by_callback(conn, app.identity, call, seat.actor, now, confirmed=confirmed)
    except Conflict as refused:
        answer = refused
    if isinstance(answer, RingoffError):
        return await authenticate(request, call, answer)
    return see_other(f"/desk/calls/{call.id}")


async def ask_emergency(request: Request) -> Response:
    seat, form, app = at_desk(request, "emergency"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        call = await own_call(request, conn, seat)
        await calls.ask_emergency(
            conn,
            app.identity,
            call,
            seat.member,
            form["why"],
            app.database.clock.now(),
            confidential=form["confidential"] == "1",
            address=seat.address,
        )
    return see_other(f"/desk/calls/{call.id}")


async def use_emergency(request: Request) -> Response:
    """Once a second person has agreed."""
    seat, app = at_desk(request, "emergency"), context_of(request).app
    await read_form(request)
    async with app.database.transaction() as conn:
        call, now = await own_call(request, conn, seat), app.database.clock.now()
        asked = next(
            (
                one
                for one in await approvals.of_member(conn, seat.member, now)
                if one.kind == "emergency" and one.about == call.id and one.state == "approved"
            ),
            None,
        )
        if asked is None:
            raise NotAllowed("approval_missing", "Somebody else has to approve this first, exactly as it is.")
        confidential = bool(asked.terms["confidential"])
        await calls.prove_by_emergency(conn, app.identity, call, asked.id, seat.actor, now, confidential=confidential)
    return see_other(f"/desk/calls/{call.id}")


ROUTES: Sequence[Route] = [
    Route(f"{OF_A_CALL}/call-back", call_back, methods=["POST"]),
    Route(f"{OF_A_CALL}/called-back", called_back, methods=["POST"]),
    Route(f"{OF_A_CALL}/emergency", ask_emergency, methods=["POST"]),
    Route(f"{OF_A_CALL}/emergency/use", use_emergency, methods=["POST"]),
]
