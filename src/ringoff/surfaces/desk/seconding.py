"""A second person: asking for one, seeing how that stands, and deciding what somebody else has asked for."""

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import approvals, directory, queues
from ringoff.features.approvals import Approval, Wish
from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import phrases
from ringoff.kit.ids import LineId
from ringoff.surfaces.desk.approval_words import titles, told
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.queues import hands
from ringoff.surfaces.desk.seat import Seat, at_desk
from ringoff.surfaces.web import naming
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

HERE = "/desk/queues/approvals"
OPEN = ("waiting", "approved")


async def standing(conn: Connection, seat: Seat, wish: Wish, now: datetime) -> Approval | None:
    """What this person has asked for, exactly this: open, or refused lately. For `second.html.j2`."""
    mine = await approvals.of_member(conn, seat.member, now)
    same = [a for a in mine if (a.kind, a.about, dict(a.terms)) == (wish.kind, wish.about, dict(wish.terms))]
    living = [a for a in same if a.state in OPEN and a.expires_at > now]
    refused = [a for a in same[:1] if a.state == "refused"]
    return next(iter([*living, *refused]), None)


async def ask(request: Request, conn: Connection, seat: Seat, wish: Wish, why: str) -> None:
    app = context_of(request).app
    now = app.database.clock.now()
    await approvals.ask(conn, app.identity, wish, seat.member, why, now, address=seat.address)


async def granted(conn: Connection, seat: Seat, wish: Wish, now: datetime) -> int | None:
    """The id of an approval that can be used now."""
    found = await standing(conn, seat, wish, now)
    return found.id if found is not None and found.state == "approved" else None


# ── The queue of those who decide ──
async def show(request: Request) -> Response:
    seat, app = at_desk(request, "approve"), context_of(request).app
    id_ = _id(request)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        asked = await approvals.find(conn, id_)
        held = await hands(conn, "approvals", str(id_), seat, now)
        account = await directory.account_by_id(conn, asked.account_id) if asked.account_id is not None else None
        lines = await directory.get_lines(conn, [LineId(id_) for id_ in asked.terms.get("lines", ())])
    say = phrases(seat.language)
    names = [naming.name(line, line.service, say) for line in lines]
    return page(
        request,
        "approval",
        asked=asked,
        over=asked.expires_at <= now,
        title=titles(say)[asked.kind],
        told=told(asked, account.account_number if account is not None else "", names, say),
        own=asked.asked_by == seat.member.name,
        **held,
    )


async def decide(request: Request) -> Response:
    """By whoever holds it, never by whoever asked, never by who has edited a contact of the account."""
    seat, form, app = at_desk(request, "approve"), await read_form(request), context_of(request).app
    id_ = _id(request)
    decided = approvals.approve if form["decision"] == "approve" else approvals.refuse
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "approvals", str(id_), seat.member)
        await decided(conn, app.identity, id_, seat.member, form["why"], now, address=seat.address)
        await queues.done(conn, "approvals", str(id_))
    return see_other(HERE)


def _id(request: Request) -> int:
    text = request.path_params["item"]
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise InvalidInput("form_invalid", "This is no request for approval.")
    return int(text)


ROUTES: Sequence[Route] = [
    Route(f"{HERE}/{{item}}", show, methods=["GET"]),
    Route(f"{HERE}/{{item}}/decide", decide, methods=["POST"]),
]
