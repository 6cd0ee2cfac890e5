"""Leaving: prepare, choose when, confirm. Each step carries what was chosen, and everything is checked anew at the end.

A line's own page is the first page view, and the confirming one the fourth at most. Nothing is ticked beforehand, and
staying is as easy to reach as leaving. `journey.py` says who leaves, `wish.py` what they chose, `steps.py` shows it.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import cancellation
from ringoff.features.cancellation import Receipt
from ringoff.kit.errors import RingoffError
from ringoff.kit.i18n import phrases
from ringoff.kit.ids import case_number
from ringoff.surfaces.portal import money, proving, steps
from ringoff.surfaces.portal.journey import Journey, holder, set_out
from ringoff.surfaces.portal.pages import context_of, see_other
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import SESSION, visitor_of
from ringoff.surfaces.web import naming
from ringoff.surfaces.web.cookies import remember
from ringoff.surfaces.web.forms import Form, read_form
from ringoff.surfaces.web.sheets import come_to
from ringoff.surfaces.web.visitors import visit_of
from ringoff.surfaces.web.wish import Wish


async def choose(request: Request) -> Response:
    """Several lines, or the whole account."""
    async with context_of(request).app.database.transaction() as conn:
        return await steps.choose_page(request, conn, signed_in(request))


async def prepare(request: Request) -> Response:
    """What stands in the way, what will be lost, and what only the holder can do."""
    session, form = signed_in(request), await _form(request)
    async with context_of(request).app.database.transaction() as conn:
        journey = await set_out(request, conn, session, form)
        if not journey.lines:
            return await steps.choose_page(request, conn, session, nothing_chosen=True)
        return _elsewhere(journey) or await steps.prepare_page(request, conn, journey)


async def when(request: Request) -> Response:
    """When, why, and how to reach the holder afterwards."""
    session, form = signed_in(request), await _form(request)
    async with context_of(request).app.database.transaction() as conn:
        journey = await set_out(request, conn, session, form)
        if (elsewhere := _elsewhere(journey)) is not None:
            return elsewhere
        if not journey.may_go:
            return await steps.prepare_page(request, conn, journey)
        return await steps.when_page(request, conn, journey, Wish(), {})


async def confirm(request: Request) -> Response:
    """Everything that will happen. Nothing is written yet, so a reload does no harm."""
    session, form = signed_in(request), await read_form(request)
    wish = Wish.sent(form)
    async with context_of(request).app.database.transaction() as conn:
        journey = await set_out(request, conn, session, form)
        refused = await _refused(request, conn, journey, wish)
        return refused or await steps.confirm_page(request, conn, journey, wish, {})


async def leave(request: Request) -> Response:
    """The one button. Pressed twice it makes one case, and leads there both times; so does an old copy of the form."""
    session, form = signed_in(request), await read_form(request)
    wish = Wish.sent(form)
    async with context_of(request).app.database.transaction() as conn:
        journey = await set_out(request, conn, session, form)
        if journey.newest != form["newest"]:
            return see_other(f"/cases/{journey.newest}" if journey.one else "/cases")
        if (refused := await _refused(request, conn, journey, wish)) is not None:
            return refused
        if (changed := await _changed(request, conn, journey, wish, form)) is not None:
            return changed
        proved = await proving.prove(request, conn, session, form, journey.pack, journey.leeway.now)
        if isinstance(proved, RingoffError):
            problem = proving.problem(proved, phrases(visitor_of(request).language))
            return await steps.confirm_page(request, conn, journey, wish, {"proof": problem}, status=422)
        made = _made(await _request(request, conn, journey, wish))
        new = [receipt.case_id for receipt in made if receipt.created]
        ctx, visit = context_of(request).app.identity, visit_of(request)
        await cancellation.offer_veto(conn, ctx, session.account_id, new, journey.leeway, visit)
        await cancellation.ask_to_confirm(conn, ctx, new, holder(request, session), journey.leeway.now)
    response = see_other(f"/cases/{case_number(made[0].case_id)}" if len(made) == 1 else "/cases")
    if proved is not None:
        remember(request, response, SESSION, proved.token.get_secret_value())
    return response


async def again(request: Request) -> Response:
    """A step that has no address of its own, as after a change of language: back to the last one that has."""
    line_ref = request.path_params.get("line_ref")
    return see_other("/leave" if line_ref is None else f"{naming.address(line_ref)}/leave/when")


async def _form(request: Request) -> Form | None:
    return await read_form(request) if request.method == "POST" else None


def _elsewhere(journey: Journey) -> Response | None:
    """A line that is leaving already has a page that says so."""
    if journey.one is not None and journey.is_leaving:
        return see_other(f"/cases/{journey.newest}")
    return None if journey.lines else see_other("/leave")


async def _refused(request: Request, conn: Connection, journey: Journey, wish: Wish) -> Response | None:
    """The page that shows what is wrong with what was sent; None if nothing is."""
    if (elsewhere := _elsewhere(journey)) is not None:
        return elsewhere
    if not journey.may_go:
        return await steps.prepare_page(request, conn, journey, status=422)
    say, leeway = phrases(visitor_of(request).language), journey.leeway
    problems = wish.problems(journey.going, leeway, say)
    return await steps.when_page(request, conn, journey, wish, problems, status=422) if problems else None


async def _changed(request: Request, conn: Connection, journey: Journey, wish: Wish, form: Form) -> Response | None:
    """The confirming page once more, where it comes to something else than what stood there: midnight, or a payment."""
    if not context_of(request).app.terms.final_bills:
        return None
    say = phrases(visitor_of(request).language)
    if come_to(await money.cost(conn, journey, wish.when, say)) == form["costs"]:
        return None
    problem = say.gettext("What it costs has changed meanwhile: please look again before you confirm.")
    return await steps.confirm_page(request, conn, journey, wish, {"costs": problem}, status=409)


async def _request(
    request: Request, conn: Connection, journey: Journey, wish: Wish
) -> Sequence[Receipt | RingoffError]:
    terms, leeway = context_of(request).app.terms, journey.leeway
    who, now = holder(request, journey.session), leeway.now
    if journey.whole:
        number = journey.session.account_number
        answered = await cancellation.request_account(
            conn, terms, number, lambda line_id: wish.request(line_id, leeway, together=True), who, now
        )
        return [answer for _line_id, answer in answered]
    wishes = [wish.request(line.line_id, leeway, together=line.line_id in journey.together) for line in journey.going]
    return await cancellation.request(conn, terms, wishes, who, now)


def _made(answers: Sequence[Receipt | RingoffError]) -> list[Receipt]:
    """Raises the first error where no case was made, so that nothing is written."""
    made = [answer for answer in answers if isinstance(answer, Receipt)]
    errors = [answer for answer in answers if isinstance(answer, RingoffError)]
    if errors and not made:
        raise errors[0]
    return made


_OF_A_LINE = "/lines/{line_ref:line}/leave"
ROUTES = [
    Route("/leave", choose, methods=["GET"]),
    Route("/leave", leave, methods=["POST"]),
    Route("/leave/prepare", prepare, methods=["POST"]),
    Route("/leave/when", when, methods=["POST"]),
    Route("/leave/confirm", confirm, methods=["POST"]),
    Route("/leave/{step:str}", again, methods=["GET"]),
    Route(f"{_OF_A_LINE}/when", when, methods=["GET"]),
    Route(f"{_OF_A_LINE}/confirm", confirm, methods=["POST"]),
    Route(f"{_OF_A_LINE}/confirm", again, methods=["GET"]),
    Route(_OF_A_LINE, prepare, methods=["GET"]),
    Route(_OF_A_LINE, leave, methods=["POST"]),
]
