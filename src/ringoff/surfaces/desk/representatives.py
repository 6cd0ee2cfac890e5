"""Somebody acts for a holder: who, by which way, with which papers; decided by somebody else than who started it.

Who acts is not the caller of record, so nothing of the account is shown on these pages but what the papers say.
"""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import directory, queues, representation
from ringoff.features.representation import Person
from ringoff.features.rules import ROUTES as WAYS
from ringoff.features.rules import Route as Way
from ringoff.kit.errors import InvalidInput, NotFound
from ringoff.kit.i18n import phrases
from ringoff.surfaces.desk.calls import id_of
from ringoff.surfaces.desk.customer import why_of
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.queues import hands
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.web.forms import read_form, read_upload
from ringoff.surfaces.web.pages import see_other

HERE = "/desk/queues/representatives"
_NUMBERS_MOST = 50


async def begin(request: Request) -> Response:
    """For an account that was found, as a call is opened; its number is told to nobody."""
    seat, app = at_desk(request, "representatives"), context_of(request).app
    account_id = request.path_params["account"]
    async with app.database.transaction() as conn:
        ends = await directory.account_ends(conn, [account_id])
    if account_id not in ends:
        raise HTTPException(404)
    pack = app.rules.pack(app.settings.carrier.jurisdiction)
    say = phrases(seat.language)
    ways = [(way, say.gettext(rules.says), rules) for way, rules in pack.representation.routes.items()]
    return page(request, "represent", account=account_id, end=ends[account_id], ways=ways)


async def start(request: Request) -> Response:
    seat, form, app = at_desk(request, "representatives"), await read_form(request), context_of(request).app
    account_id, way = request.path_params["account"], _way(form["way"])
    person = Person(form["name"], form["contact"], form["relation"])
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        named = [text for text in form["lines"].replace(";", ",").split(",") if text.strip()][:_NUMBERS_MOST]
        region = app.identity.region
        line_ids = [await directory.find_line(conn, text, region=region) for text in named] or None
        started = await representation.start(
            conn, app.identity, account_id, way, line_ids, person, seat.member, now, address=seat.address
        )
    return see_other(f"{HERE}/{started.id}")


async def show(request: Request) -> Response:
    seat, app = at_desk(request, "representatives"), context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        found = await representation.find(conn, app.identity, _id(request), seat.member)
        items = await representation.checklist(conn, app.identity, found.id, seat.member)
        ends = await directory.account_ends(conn, [found.account_id])
        held = await hands(conn, "representatives", str(found.id), seat, now)
    rules = app.rules.labelled(found.rule_pack).representation.routes[found.route]
    return page(
        request,
        "representative",
        found=found,
        items=items,
        end=ends[found.account_id],
        way=phrases(seat.language).gettext(rules.says),
        own=found.asked_by == seat.member.name,
        complete=all(item.is_proved for item in items),
        late=found.due_at <= now,
        most=representation.PAPER_MOST // 1024 // 1024,
        **held,
    )


async def add_paper(request: Request) -> Response:
    seat, app = at_desk(request, "representatives"), context_of(request).app
    form, name, content = await read_upload(request, "paper", representation.PAPER_MOST)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await representation.add_paper(
            conn, app.identity, _id(request), form["item"], name, content, seat.member, now, address=seat.address
        )
    return see_other(f"{HERE}/{_id(request)}")


async def paper(request: Request) -> Response:
    """As a download, never shown within a page."""
    seat, app = at_desk(request, "representatives"), context_of(request).app
    async with app.database.transaction() as conn:
        found = await representation.paper(
            conn,
            app.identity,
            request.path_params["paper"],
            seat.member,
            app.database.clock.now(),
            address=seat.address,
        )
    headers = {"Content-Disposition": f'attachment; filename="paper-{found.line.id}"'}
    return Response(found.content, media_type=found.line.media_type, headers=headers)


async def drop_paper(request: Request) -> Response:
    seat, form, app = at_desk(request, "representatives"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await representation.drop_paper(
            conn, app.identity, _id(request), id_of(form["paper"]), seat.member, now, address=seat.address
        )
    return see_other(f"{HERE}/{_id(request)}")


async def decide(request: Request) -> Response:
    """By whoever holds it; accepted only by somebody else than who started it, with every item proved."""
    seat, form, app = at_desk(request, "representatives"), await read_form(request), context_of(request).app
    id_, why = _id(request), why_of(form["why"])
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "representatives", str(id_), seat.member)
        if form["decision"] == "accept":
            await representation.close_lines(
                conn, app.identity, app.terms, id_, seat.member, why, now, address=seat.address
            )
        else:
            await representation.refuse(conn, app.identity, id_, seat.member, why, now, address=seat.address)
        await queues.done(conn, "representatives", str(id_))
    return see_other(f"{HERE}/{id_}")


def _way(text: str) -> Way:
    way = next((way for way in WAYS if way == text), None)
    if way is None:
        raise InvalidInput("way_missing", "Say in which way they act for the holder.")
    return way


def _id(request: Request) -> int:
    text = str(request.path_params["item"])
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise NotFound("representation_unknown", "There is no such representation.")
    return int(text)


ROUTES: Sequence[Route] = [
    Route("/desk/accounts/{account:int}/represent", begin, methods=["GET"]),
    Route("/desk/accounts/{account:int}/represent", start, methods=["POST"]),
    Route(f"{HERE}/{{item}}", show, methods=["GET"]),
    Route(f"{HERE}/{{item}}/papers", add_paper, methods=["POST"]),
    Route(f"{HERE}/{{item}}/papers/{{paper:int}}", paper, methods=["GET"]),
    Route(f"{HERE}/{{item}}/drop", drop_paper, methods=["POST"]),
    Route(f"{HERE}/{{item}}/decide", decide, methods=["POST"]),
]
