"""For a holder who talks to care: a code to read out, or the account PIN typed where no agent sees it."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import calls
from ringoff.kit.errors import RingoffError, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

HERE = "/security/call"


async def ask(request: Request) -> Response:
    """Nothing is made before it is asked for: a code that nobody wanted is one that somebody may talk a holder into."""
    signed_in(request)
    return page(request, "security/call", code=None, minutes=_minutes())


async def show(request: Request) -> Response:
    session, app = signed_in(request), context_of(request).app
    await read_form(request)
    async with app.database.transaction() as conn:
        code = await calls.portal_code(conn, app.identity, session, app.database.clock.now())
    return page(request, "security/call", code=code.get_secret_value(), minutes=_minutes())


async def ask_pin(request: Request) -> Response:
    return page(request, "public/call", number="", problem=None, done=False)


async def take_pin(request: Request) -> Response:
    """Whether there is such a call is told to nobody: a wrong number and a wrong PIN are refused in the same words."""
    form, app = await read_form(request), context_of(request).app
    reference, pin = form["reference"], SecretStr("".join(form["pin"].split()))
    refused: RingoffError | None
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            refused = await calls.check_pin_for(conn, app.identity, reference, pin, visit_of(request), now)
    except Unavailable as error:
        refused = error
    if refused is None:
        return page(request, "public/call", number="", problem=None, done=True)
    problem = says(refused, phrases(visitor_of(request).language))
    status = 503 if isinstance(refused, Unavailable) else 401
    return page(request, "public/call", status, number=reference[:12], problem=problem, done=False)


def _minutes() -> int:
    return int(calls.CODE_LIVES.total_seconds()) // 60


ROUTES: Sequence[Route] = [
    Route(HERE, ask, methods=["GET"]),
    Route(HERE, show, methods=["POST"]),
    Route("/call", ask_pin, methods=["GET"]),
    Route("/call", take_pin, methods=["POST"]),
]
