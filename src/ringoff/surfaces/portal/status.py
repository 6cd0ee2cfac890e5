"""“Check my cancellation”: a case number and the code from its confirmation tell how the case stands, and no more.

Whoever holds them can also pay what is left to pay, signed in or not, long after the line has closed.
"""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features.cancellation import State, casefile
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.cancellation.status import is_status_code
from ringoff.features.identity import throttle
from ringoff.features.notices import case_state_title
from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import Phrases, phrases
from ringoff.kit.ids import parse_case_number
from ringoff.surfaces.portal import money, paying
from ringoff.surfaces.portal.case_view import SHAPES
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import Form, read_form
from ringoff.surfaces.web.visitors import visit_of

_NO_CASE = 0
_BILL = re.compile(r"F-?([0-9A-Z]{4}-?[0-9A-Z]{5})(?:-|$)")


async def ask(request: Request) -> Response:
    return page(request, "public/status", number="", problem=None)


async def tell(request: Request) -> Response:
    form, app = await read_form(request), context_of(request).app
    found = await _found(request, form)
    if isinstance(found, Response):
        return found
    say = phrases(visitor_of(request).language)
    async with app.database.transaction() as conn:
        bills, _promised = await money.of_case(conn, app, found, say)
    return page(
        request,
        "public/status_told",
        number=found.number,
        code=form["code"],
        state=(SHAPES[found.state], case_state_title(found.state, say.language)),
        says=_says(found, say, left_to_pay=any(bill.open for bill in bills)),
        ended_at=found.ended_at if found.state in (State.CLOSED, State.WITHDRAWN, State.DECLINED) else None,
        bills=[bill for bill in bills if bill.open],
    )


async def pay(request: Request) -> Response:
    form = await read_form(request)
    found = await _found(request, form)
    return found if isinstance(found, Response) else await paying.go(request, found, form["bill"], "/status")


async def _found(request: Request, form: Form) -> Summary | Response:
    """An unknown number and a wrong code are one answer, at one cost. Raises Unavailable (`too_many_tries`)."""
    app = context_of(request).app
    buckets = throttle.failures(visit_of(request), app.rules.pack("neutral").identity.limits)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await throttle.check(conn, buckets, now)
        case_id = _case_id(form["number"])
        secret = app.terms.secret
        fits = secret is not None and is_status_code(form["code"], secret, case_id)
        found = (await casefile.summaries(conn, [case_id])).get(case_id)
        if not fits or found is None:
            await throttle.count(conn, buckets, now)
            problem = phrases(visitor_of(request).language).gettext(
                "This case number and this code do not belong together. Both stand in our mail."
            )
            return page(request, "public/status", 422, number=form["number"], problem=problem)
    return found


def _case_id(text: str) -> int:
    """By the case's number, or by its bill's: `F-8K3M-V0QXX`, `F-8K3M-V0QXX-EUR-2`."""
    if bill := _BILL.match(text.strip().upper()):
        text = bill[1]
    try:
        return parse_case_number(text)
    except InvalidInput:
        return _NO_CASE


def _says(case: Summary, say: Phrases, *, left_to_pay: bool) -> str:
    """What it means, without whose line it is or why."""
    _ = say.gettext
    match case.state:
        case State.REQUESTED | State.IN_REVIEW:
            return _("Somebody here looks at it before anything happens.")
        case State.SCHEDULED:
            return _("It is confirmed. Closing has not started yet, and it can still be undone.")
        case State.RELEASING:
            return _("Closing is under way.")
        case State.CLOSED if left_to_pay:
            return _("The line is closed. The final bill is left to pay.")
        case State.CLOSED:
            return _("The line is closed. There is nothing that you need to do.")
        case State.DECLINED:
            return _("It was not done. Care can tell you the reason.")
        case State.WITHDRAWING:
            return _("It is being undone: what was let go is being given back.")
        case State.WITHDRAWN:
            return _("It was undone. The line stays as it was.")


ROUTES = [
    Route("/status", ask, methods=["GET"]),
    Route("/status", tell, methods=["POST"]),
    Route("/status/pay", pay, methods=["POST"]),
]
