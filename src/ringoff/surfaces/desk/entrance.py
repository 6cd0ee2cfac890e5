"""Beginning, signing in, leaving the desk for a moment, and signing out."""

from collections.abc import Sequence

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import queues, staff
from ringoff.features.staff import Started
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput, RingoffError, Unauthenticated, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import SESSION, VISIT, at_desk, seat_of
from ringoff.surfaces.desk.words import says
from ringoff.surfaces.web.cookies import forget, remember
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other
from ringoff.surfaces.web.visitors import visit_of

HOME = "/desk"
_GROUP = 4


# ── The link with which somebody begins ──
async def begin(request: Request) -> Response:
    """Looking changes nothing: the link may be looked at again until it is used."""
    return await _begin(request)


async def set_up(request: Request) -> Response:
    form, app = await read_form(request), context_of(request).app
    token, password = _token(request), SecretStr(form["password"])
    if form["password"] != form["again"]:
        return await _begin(request, InvalidInput("passwords_differ", "The two are not the same."))
    try:
        async with app.database.transaction() as conn:
            actor = Actor("staff link", "care", visit_of(request).ip)
            now, code = app.database.clock.now(), SecretStr(form["code"])
            made = await staff.set_up(conn, app.identity, token, password, code, actor, now)
    except Unauthenticated:
        return page(request, "begin_over", 410)
    except InvalidInput as error:
        return await _begin(request, error)
    if isinstance(made, RingoffError):
        return await _begin(request, made)
    return page(request, "sign_in", name=made.name, problem=None, onward=HOME, begun=True)


async def _begin(request: Request, problem: RingoffError | None = None) -> Response:
    app = context_of(request).app
    try:
        async with app.database.transaction() as conn:
            beginning = await staff.begin(conn, app.identity, _token(request), app.database.clock.now())
    except Unauthenticated:
        return page(request, "begin_over", 410)
    secret = beginning.secret.get_secret_value()
    picture = segno.make(beginning.uri.get_secret_value()).svg_inline(scale=4, border=4, light="#fff", dark="#000")
    return page(
        request,
        "begin",
        422 if problem else 200,
        member=beginning.member,
        picture=Markup(picture),  # noqa: S704  # made here, of squares
        secret=" ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP)),
        problem=says(problem, phrases(seat_of(request).language)) if problem else None,
    )


def _token(request: Request) -> SecretStr:
    return SecretStr(request.path_params["token"])


# ── In ──
async def ask(request: Request) -> Response:
    if seat_of(request).session is not None:
        return see_other(HOME)
    return page(request, "sign_in", name="", problem=None, onward=HOME)


async def sign_in(request: Request) -> Response:
    form, app = await read_form(request), context_of(request).app
    name, onward = form["name"], onward_of(form["onward"])
    answer: Started | RingoffError
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            if (before := seat_of(request).session) is not None:
                await staff.end(conn, before, now)
            password, code = SecretStr(form["password"]), SecretStr(form["code"])
            answer = await staff.sign_in(conn, app.identity, name, password, code, visit_of(request), now)
    except Unavailable as error:
        answer = error
    return refuse(request, answer, name, onward) if isinstance(answer, RingoffError) else enter(request, answer, onward)


def refuse(request: Request, refused: RingoffError, name: str, onward: str) -> Response:
    """The page where it was tried: at the entrance, or before a locked desk."""
    seat = seat_of(request)
    problem = says(refused, phrases(seat.language))
    where = "unlock" if seat.session is not None and seat.session.locked else "sign_in"
    return page(request, where, _status(refused), name=name, problem=problem, onward=onward)


def enter(request: Request, started: Started, onward: str) -> Response:
    """Let the browser have its new secret: what it carried before is worth nothing from here on."""
    response = see_other(onward)
    remember(request, response, SESSION, started.token.get_secret_value())
    forget(request, response, VISIT)
    return response


async def unlock(request: Request) -> Response:
    form, app, session = await read_form(request), context_of(request).app, seat_of(request).session
    onward = onward_of(form["onward"])
    if session is None or not session.locked:
        return see_other(onward)
    try:
        async with app.database.transaction() as conn:
            now, password, code = app.database.clock.now(), SecretStr(form["password"]), SecretStr(form["code"])
            refused = await staff.unlock(conn, app.identity, session, password, code, visit_of(request), now)
    except Unavailable as error:
        refused = error
    return refuse(request, refused, "", onward) if refused is not None else see_other(onward)


def _status(refused: RingoffError) -> int:
    return 503 if isinstance(refused, Unavailable) else 401


# ── Out ──
async def show_lock(request: Request) -> Response:
    """Where a page goes by itself once it has been left alone; where another page has not been, it comes back."""
    session, onward = seat_of(request).session, onward_of(request.query_params.get("onward", ""))
    if session is None or not session.locked:
        return see_other(onward if session else f"{HOME}/sign-in")
    return page(request, "unlock", problem=None, onward=onward)


async def lock(request: Request) -> Response:
    await read_form(request)
    seat = at_desk(request)
    assert seat.session is not None
    async with context_of(request).app.database.transaction() as conn:
        await staff.lock(conn, seat.session, context_of(request).app.database.clock.now())
    return see_other(f"{HOME}/lock")


async def sign_out(request: Request) -> Response:
    """What they held goes back into its queue."""
    await read_form(request)
    app, session = context_of(request).app, seat_of(request).session
    if session is not None:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            await staff.end(conn, session, now)
            await queues.release_all(conn, session.member, session.member.actor(visit_of(request).ip), now)
    response = see_other(f"{HOME}/sign-in")
    forget(request, response, SESSION)
    forget(request, response, VISIT)
    return response


def onward_of(text: str) -> str:
    """A page of the desk, and nothing else."""
    plain = text.isascii() and text.isprintable() and not any(sign in text for sign in ("\\", "//", "/."))
    never = (f"{HOME}/sign-", f"{HOME}/lock", f"{HOME}/unlock", f"{HOME}/begin")
    return text if plain and (text == HOME or text.startswith(f"{HOME}/")) and not text.startswith(never) else HOME


ROUTES: Sequence[Route] = [
    Route("/desk/begin/{token}", begin, methods=["GET"]),
    Route("/desk/begin/{token}", set_up, methods=["POST"]),
    Route("/desk/sign-in", ask, methods=["GET"]),
    Route("/desk/sign-in", sign_in, methods=["POST"]),
    Route("/desk/unlock", unlock, methods=["POST"]),
    Route("/desk/lock", show_lock, methods=["GET"]),
    Route("/desk/lock", lock, methods=["POST"]),
    Route("/desk/sign-out", sign_out, methods=["POST"]),
]
