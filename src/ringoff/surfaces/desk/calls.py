"""Whose account a call is about, and the caller's proof. Nothing of an account is shown on these pages.

A match is told by what was typed and the end of its account number, which the caller can confirm; a call belongs to
whoever opened it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import approvals, calls, directory, proof, queues, readiness
from ringoff.features.approvals import Approval
from ringoff.features.calls import Call, Callback
from ringoff.kit.errors import InvalidInput, NotFound, RingoffError, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import BY_ITSELF, Seat, at_desk
from ringoff.surfaces.desk.words import says
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

HOME = "/desk"


async def home(request: Request) -> Response:
    """Where somebody begins: search, the calls that they have open, what they have taken."""
    seat = at_desk(request)
    return page(request, "home", **await _at_hand(request, seat), found=None, text="")


async def _at_hand(request: Request, seat: Seat) -> dict[str, Any]:
    app = context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        opened = await calls.open_calls(conn, seat.member.id) if seat.may("customers") else []
        taken = await queues.taken_by(conn, seat.member, now)
        asked = [one for one in await approvals.of_member(conn, seat.member, now) if one.state != "used"]
    return {"calls": [(call, call.is_proved(now)) for call in opened], "taken": taken, "asked": asked}


async def find(request: Request) -> Response:
    """By POST, so that no number and no name stands in an address."""
    seat, form, app = at_desk(request, "customers"), await read_form(request), context_of(request).app
    text = form["text"]
    if not text:
        return see_other(HOME)
    async with app.database.transaction() as conn:
        found = await directory.find_accounts(conn, text, region=app.identity.region)
        told = {"by": found.by, "matches": len(found.matches), "more": found.more}
        event = proof.Event(type="desk.searched", actor=seat.actor, at=app.database.clock.now(), detail=told)
        await proof.record(conn, [event])
        ends = await directory.account_ends(conn, [match.account_id for match in found.matches])
    return page(request, "home", **await _at_hand(request, seat), found=found, ends=ends, text=text)


async def open_(request: Request) -> Response:
    seat, form, app = at_desk(request, "customers"), await read_form(request), context_of(request).app
    account_id, line_id = id_of(form["account"]), id_of(form["line"]) if form["line"] else None
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        if not await directory.account_ends(conn, [account_id]):
            raise NotFound("account_unknown", "There is no such account.")
        if line_id and [line.account_id for line in (await readiness.facts(conn, [line_id])).values()] != [account_id]:
            raise NotFound("line_unknown", "There is no such line.")
        call = await calls.open_call(
            conn, account_id, seat.actor, now, staff_id=seat.member.id, line_id=line_id if line_id else None
        )
    return see_other(f"{HOME}/calls/{call.id}")


async def authenticate(
    request: Request, call: Call, problem: RingoffError | None = None, back: Callback | None = None
) -> Response:
    """The page that a call shows until its caller is known. `back`: whom to call now."""
    app, seat = context_of(request).app, at_desk(request, "customers")
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        means = await calls.means(conn, call)
        can_call_back = await calls.can_call_back(conn, app.identity, call, now)
        asked = await _emergency(conn, seat, call, now)
    return page(
        request,
        "authenticate",
        422 if problem else 200,
        call=call,
        means=means,
        public_url=app.settings.public_url.removeprefix("https://").removeprefix("http://"),
        problem=says(problem, phrases(seat.language)) if problem else None,
        sent=request.query_params.get("sent") == "1",
        can_call_back=can_call_back,
        back=back,
        asked=asked,
    )


async def _emergency(conn: Connection, seat: Seat, call: Call, now: datetime) -> Approval | None:
    """What this agent has asked a second person for in this call, the latest."""
    mine = await approvals.of_member(conn, seat.member, now)
    return next((one for one in mine if one.kind == "emergency" and one.about == call.id), None)


async def send_code(request: Request) -> Response:
    seat, app = at_desk(request, "customers"), context_of(request).app
    await read_form(request)
    try:
        async with app.database.transaction() as conn:
            call = await own_call(request, conn, seat)
            await calls.send_code(conn, app.identity, call, seat.actor, app.database.clock.now())
    except (InvalidInput, Unavailable) as refused:
        return await authenticate(request, call, refused)
    return see_other(f"{HOME}/calls/{call.id}?sent=1")


async def check_code(request: Request) -> Response:
    """What the caller read out."""
    seat, form, app = at_desk(request, "customers"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        call = await own_call(request, conn, seat)
        now, code = app.database.clock.now(), SecretStr(form["code"])
        answer = await calls.check_code(conn, app.identity, call, code, seat.actor, now)
    if isinstance(answer, RingoffError):
        return await authenticate(request, call, answer)
    return see_other(f"{HOME}/calls/{call.id}")


async def state(request: Request) -> Response:
    """Asked by the page itself, while the caller types their PIN elsewhere."""
    seat, app = at_desk(request, "customers"), context_of(request).app
    async with app.database.transaction() as conn:
        call = await own_call(request, conn, seat)
        known = call.is_proved(app.database.clock.now())
    changed = known or call.ended_at is not None
    return Response(status_code=204, headers={"HX-Refresh": "true"} if changed and BY_ITSELF in request.headers else {})


async def end(request: Request) -> Response:
    seat, app = at_desk(request, "customers"), context_of(request).app
    await read_form(request)
    async with app.database.transaction() as conn:
        call = await own_call(request, conn, seat)
        await calls.end_call(conn, call, seat.actor, app.database.clock.now())
    return see_other(HOME)


async def own_call(request: Request, conn: Connection, seat: Seat) -> Call:
    """A colleague's call is as unknown as none. Raises NotFound (`call_unknown`)."""
    call = await calls.call_of(conn, request.path_params["call"])
    if call.staff_id != seat.member.id:
        raise NotFound("call_unknown", "There is no such call.")
    return call


@dataclass(frozen=True, slots=True)
class Proved:
    """A call whose caller is known, in the transaction that acts for them."""

    call: Call
    seat: Seat
    account: directory.Account


async def proved_call(request: Request, conn: Connection, seat: Seat) -> Proved:
    """Raises NotFound, Conflict (`call_ended`), NotAllowed (`caller_unknown`)."""
    call = await own_call(request, conn, seat)
    call.must_be_proved(context_of(request).app.database.clock.now())
    return Proved(call, seat, await directory.account_by_id(conn, call.account_id))


def id_of(text: str) -> int:
    """A number of ours in a form. Raises InvalidInput (`form_invalid`)."""
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise InvalidInput("form_invalid", "This is not a form of ours.")
    return int(text)


OF_A_CALL = "/desk/calls/{call:int}"
ROUTES: Sequence[Route] = [
    Route("/desk", home, methods=["GET"]),
    Route("/desk/find", find, methods=["POST"]),
    Route("/desk/calls", open_, methods=["POST"]),
    Route(f"{OF_A_CALL}/send-code", send_code, methods=["POST"]),
    Route(f"{OF_A_CALL}/code", check_code, methods=["POST"]),
    Route(f"{OF_A_CALL}/state", state, methods=["GET"]),
    Route(f"{OF_A_CALL}/end", end, methods=["POST"]),
]
