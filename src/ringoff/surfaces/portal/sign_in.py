"""Signing in with a name and a password, then a code where the holder has set one up; and signing out."""

from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import identity
from ringoff.features.identity import AccountClosed, SignedIn
from ringoff.kit.errors import Conflict, NotFound, RingoffError, Unauthenticated, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal import closed
from ringoff.surfaces.portal.onward import onward_of, with_onward
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.visitor import SESSION, VISIT, visitor_of
from ringoff.surfaces.web.cookies import forget, remember
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of


async def ask(request: Request) -> Response:
    onward = onward_of(request.query_params.get("onward", ""))
    if (session := visitor_of(request).session) is not None and session.level > 0:
        return see_other(onward)
    return page(request, "sign_in", name="", problem=None, onward=onward)


async def take(request: Request) -> Response:
    form = await read_form(request)
    app, name, onward = context_of(request).app, form["name"], onward_of(form["onward"])
    answer: SignedIn | RingoffError
    try:
        async with app.database.transaction() as conn:
            now, secret = app.database.clock.now(), SecretStr(form["password"])
            answer = await identity.sign_in(conn, app.identity, name, secret, visit_of(request), now)
            if isinstance(answer, AccountClosed):
                return await closed.tell(conn, request, answer, now)
            if isinstance(answer, SignedIn):
                await end_present(conn, request)
    except Unavailable as error:
        answer = error
    if isinstance(answer, RingoffError):
        return refuse(request, answer, name, onward)
    return enter(request, answer, onward)


def refuse(request: Request, error: RingoffError, name: str, onward: str) -> Response:
    """The same page for whatever was wrong."""
    problem = says(error, phrases(visitor_of(request).language))
    status = 503 if isinstance(error, Unavailable) else 401
    return page(request, "sign_in", status, name=name, problem=problem, onward=onward)


def enter(request: Request, signed_in: SignedIn, onward: str) -> Response:
    """Let the browser have its new secret: what it carried before is worth nothing from here on."""
    response = see_other(with_onward("/sign-in/code", onward) if signed_in.needs == "totp" else onward)
    remember(request, response, SESSION, signed_in.token.get_secret_value())
    forget(request, response, VISIT)
    return response


async def end_present(conn: Connection, request: Request) -> None:
    """Whoever signs in anew leaves no session behind that nobody could sign out of."""
    if (session := visitor_of(request).session) is not None:
        now = context_of(request).app.database.clock.now()
        with suppress(NotFound):  # ended elsewhere in this moment
            await identity.end_session(conn, session.account_id, session.public_id, now)


# ── The second factor ──
async def ask_code(request: Request) -> Response:
    onward, session = onward_of(request.query_params.get("onward", "")), visitor_of(request).session
    if session is None:
        return see_other(with_onward("/sign-in", onward))
    if session.level > 0:
        return see_other(onward)
    return page(request, "sign_in/code", problem=None, onward=onward)


async def take_code(request: Request) -> Response:
    form = await read_form(request)
    app, onward, session = context_of(request).app, onward_of(form["onward"]), visitor_of(request).session
    if session is None:
        return see_other(with_onward("/sign-in", onward))
    answer: SignedIn | RingoffError
    try:
        async with app.database.transaction() as conn:
            now, code = app.database.clock.now(), SecretStr(form["code"])
            answer = await identity.second_factor(conn, app.identity, session, code, visit_of(request), now)
    except Conflict:
        return see_other(onward)
    except (Unauthenticated, Unavailable) as error:
        answer = error
    if isinstance(answer, SignedIn):
        return enter(request, answer, onward)
    if answer.code == "session_needed":
        return see_other(with_onward("/sign-in", onward))
    problem = says(answer, phrases(visitor_of(request).language))
    status = 503 if isinstance(answer, Unavailable) else 401
    return page(request, "sign_in/code", status, problem=problem, onward=onward)


# ── Out ──
async def sign_out(request: Request) -> Response:
    await read_form(request)
    async with context_of(request).app.database.transaction() as conn:
        await end_present(conn, request)
    response = see_other("/")
    forget(request, response, SESSION)
    forget(request, response, VISIT)
    return response


ROUTES: Sequence[Route] = [
    Route("/sign-in", ask, methods=["GET"]),
    Route("/sign-in", take, methods=["POST"]),
    Route("/sign-in/code", ask_code, methods=["GET"]),
    Route("/sign-in/code", take_code, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
]
