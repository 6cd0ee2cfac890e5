"""Proving once more who is there, before anything that an old session alone must not do."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import identity
from ringoff.features.identity import Session, SignedIn
from ringoff.kit.errors import InvalidInput, RingoffError, Unauthenticated, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.onward import onward_of, with_onward
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import SESSION, visitor_of
from ringoff.surfaces.web.cookies import remember
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

Handler = Callable[[Request], Awaitable[Response]]
Proved = Callable[[Request, Session], Awaitable[Response]]


def proved(back: str) -> Callable[[Proved], Handler]:
    """For handlers that need a fresh proof: without one, the visitor gives it first and then goes on to `back`."""

    def around(handler: Proved) -> Handler:
        async def checked(request: Request) -> Response:
            session, app = signed_in(request), context_of(request).app
            if session.needs_step_up(app.identity.pack(session.jurisdiction), app.database.clock.now()):
                return see_other(with_onward("/security/prove", back))
            return await handler(request, session)

        return checked

    return around


async def ask(request: Request) -> Response:
    return await form(request, onward_of(request.query_params.get("onward", "")))


async def take(request: Request) -> Response:
    """By password or by code, whichever form was sent."""
    sent, session, app = await read_form(request), signed_in(request), context_of(request).app
    onward, secret = onward_of(sent["onward"]), {name: SecretStr(sent[name]) for name in _BY if sent[name]}
    answer: SignedIn | RingoffError
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            answer = await identity.step_up(conn, app.identity, session, visit_of(request), now, **secret)
    except (InvalidInput, Unauthenticated, Unavailable) as error:
        answer = error
    return await go_on(request, answer, onward)


async def go_on(request: Request, answer: SignedIn | RingoffError, onward: str) -> Response:
    """With the session's new secret, or back to the form."""
    if isinstance(answer, RingoffError):
        return await form(request, onward, answer)
    response = see_other(onward)
    remember(request, response, SESSION, answer.token.get_secret_value())
    return response


async def form(request: Request, onward: str, problem: RingoffError | None = None) -> Response:
    session, app = signed_in(request), context_of(request).app
    async with app.database.transaction() as conn:
        summary = await identity.security(conn, session.account_id)
    return page(
        request,
        "security/prove",
        200 if problem is None else 503 if isinstance(problem, Unavailable) else 401,
        onward=onward,
        by_password=summary.password_set_at is not None,
        by_code=summary.totp_set_at is not None,
        by_passkey=summary.passkeys > 0,
        by_openid=session.method == "openid",
        problem=says(problem, phrases(visitor_of(request).language)) if problem else "",
    )


_BY = ("password", "code")
ROUTES: Sequence[Route] = [
    Route("/security/prove", ask, methods=["GET"]),
    Route("/security/prove", take, methods=["POST"]),
]
