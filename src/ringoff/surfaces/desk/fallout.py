"""What no repetition will help: looked at with what the system answered, tried again, or answered for."""

from collections.abc import Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import cancellation, queues
from ringoff.features.cancellation import ObligationId, casefile
from ringoff.features.notices import system_title
from ringoff.kit.ids import is_case
from ringoff.surfaces.desk.cases import shown_case
from ringoff.surfaces.desk.customer import why_of
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.queues import hands
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.desk.seconding import ask, standing
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

HERE = "/desk/queues/fallout"


async def show(request: Request) -> Response:
    seat, app = at_desk(request, "fallout"), context_of(request).app
    id_ = ObligationId.parse(request.path_params["item"])
    async with app.database.transaction() as conn:
        owed = await cancellation.get_obligation(conn, id_)
        of_case = await casefile.read(conn, id_.subject_id) if is_case(id_.subject_id) else None
        hidden = of_case is not None and of_case.summary.confidential and not seat.may("representatives")
        shown = await shown_case(conn, app, of_case, seat) if of_case and not hidden else {"case": None}
        now = app.database.clock.now()
        held = await hands(conn, "fallout", str(id_), seat, now)
        asked = await standing(conn, seat, await cancellation.skipping(conn, id_), now)
    evidence = orjson.dumps(owed.evidence, option=orjson.OPT_INDENT_2).decode() if owed.evidence else ""
    title = system_title(id_.system, seat.language)
    return page(request, "fallout", **shown, **held, owed=owed, evidence=evidence, system=title, asked=asked)


async def retry(request: Request) -> Response:
    """With fresh patience; the system is read back before anything is repeated."""
    seat, app = at_desk(request, "fallout"), context_of(request).app
    await read_form(request)
    id_ = ObligationId.parse(request.path_params["item"])
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "fallout", str(id_), seat.member)
        await cancellation.retry(conn, app.terms, id_, actor=seat.actor, now=now)
        await queues.done(conn, "fallout", str(id_))
    return see_other(HERE)


async def resolve(request: Request) -> Response:
    """It has been done by hand, and this is the evidence."""
    seat, form, app = at_desk(request, "resolve"), await read_form(request), context_of(request).app
    id_, why = ObligationId.parse(request.path_params["item"]), why_of(form["why"])
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "fallout", str(id_), seat.member)
        await cancellation.resolve(conn, app.terms, id_, state="discharged", why=why, actor=seat.actor, now=now)
        await queues.done(conn, "fallout", str(id_))
    return see_other(HERE)


async def ask_to_skip(request: Request) -> Response:
    """A second person decides whether it can be let be."""
    seat, form, app = at_desk(request, "resolve"), await read_form(request), context_of(request).app
    id_ = ObligationId.parse(request.path_params["item"])
    async with app.database.transaction() as conn:
        await queues.must_hold(conn, "fallout", str(id_), seat.member)
        await ask(request, conn, seat, await cancellation.skipping(conn, id_), form["why"])
    return see_other(f"{HERE}/{id_}")


async def skip(request: Request) -> Response:
    """Once they have agreed: by whoever asked, exactly this, once."""
    seat, app = at_desk(request, "resolve"), context_of(request).app
    await read_form(request)
    id_ = ObligationId.parse(request.path_params["item"])
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "fallout", str(id_), seat.member)
        asked = await standing(conn, seat, await cancellation.skipping(conn, id_), now)
        why = asked.why if asked is not None else ""
        approval = asked.id if asked is not None and asked.state == "approved" else None
        await cancellation.resolve(
            conn, app.terms, id_, state="void", why=why, actor=seat.actor, now=now, approval=approval
        )
        await queues.done(conn, "fallout", str(id_))
    return see_other(HERE)


ROUTES: Sequence[Route] = [
    Route(f"{HERE}/{{item}}", show, methods=["GET"]),
    Route(f"{HERE}/{{item}}/retry", retry, methods=["POST"]),
    Route(f"{HERE}/{{item}}/resolve", resolve, methods=["POST"]),
    Route(f"{HERE}/{{item}}/ask-to-skip", ask_to_skip, methods=["POST"]),
    Route(f"{HERE}/{{item}}/skip", skip, methods=["POST"]),
]
