"""The queues: what waits, who has taken it; taking, giving back, handing over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import queues, staff
from ringoff.features.queues import QUEUES, Held, Queue
from ringoff.kit.i18n import Phrases, phrases
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import BY_ITSELF, Seat, at_desk
from ringoff.surfaces.desk.waiting import deadlines, rows
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

_MOST = 80


async def list_(request: Request) -> Response:
    """Renewed by itself every few seconds: then only the rows are sent."""
    queue, seat = queue_of(request)
    app = context_of(request).app
    async with app.database.transaction() as conn:
        waiting = await rows(conn, app, queue, seat)
        held = await queues.held(conn, queue, [row.item for row in waiting], app.database.clock.now())
    template = "queue_rows" if BY_ITSELF in request.headers else "queue"
    return page(request, template, queue=queue, title=titles(phrases(seat.language))[queue], rows=waiting, held=held)


async def due(request: Request) -> Response:
    """What will be over soon, of every queue that this person works on."""
    seat, app = at_desk(request), context_of(request).app
    async with app.database.transaction() as conn:
        found = await deadlines(conn, app, seat)
    return page(request, "deadlines", rows=found, titles=titles(phrases(seat.language)))


async def take(request: Request) -> Response:
    (queue, seat), form, app = queue_of(request), await read_form(request), context_of(request).app
    item = form["item"][:_MOST]
    async with app.database.transaction() as conn:
        await queues.take(conn, queue, item, seat.member, seat.actor, app.database.clock.now())
    return see_other(f"/desk/queues/{queue}/{item}")


async def release(request: Request) -> Response:
    (queue, seat), form, app = queue_of(request), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.release(conn, queue, form["item"][:_MOST], seat.member, seat.actor, now)
    return see_other(f"/desk/queues/{queue}")


async def hand_over(request: Request) -> Response:
    (queue, seat), form, app = queue_of(request), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.hand_over(conn, queue, form["item"][:_MOST], seat.member, form["to"], seat.actor, now)
    return see_other(f"/desk/queues/{queue}")


def queue_of(request: Request) -> tuple[Queue, Seat]:
    """Raises the 404 of any other page, NotAllowed."""
    name = request.path_params["queue"]
    queue = next((known for known in QUEUES if known == name), None)
    if queue is None:
        raise HTTPException(404)
    return queue, at_desk(request, QUEUES[queue])


async def hands(conn: Connection, queue: Queue, item: str, seat: Seat, now: datetime) -> dict[str, Any]:
    """For an item's page: in whose hands it is, and to whom it can be handed."""
    held: Held | None = (await queues.held(conn, queue, [item], now)).get(item)
    others = [one for one in await staff.members(conn) if one.may(QUEUES[queue]) and one.id != seat.member.id]
    mine = held is not None and held.staff_id == seat.member.id
    return {"queue": queue, "item": item, "holder": held, "mine": mine, "colleagues": others if mine else []}


def titles(say: Phrases) -> dict[Queue, str]:
    _ = say.gettext
    return {
        "callers": _("Callers who wait"),
        "review": _("Review"),
        "fallout": _("Fallout"),
        "declarations": _("Declarations"),
        "refunds": _("Refunds"),
        "representatives": _("Representatives"),
        "approvals": _("Approvals"),
    }


_OF_A_QUEUE = "/desk/queues/{queue}"
ROUTES: Sequence[Route] = [
    Route("/desk/deadlines", due, methods=["GET"]),
    Route(f"{_OF_A_QUEUE}/take", take, methods=["POST"]),
    Route(f"{_OF_A_QUEUE}/release", release, methods=["POST"]),
    Route(f"{_OF_A_QUEUE}/hand-over", hand_over, methods=["POST"]),
    Route(_OF_A_QUEUE, list_, methods=["GET"]),
]
