"""Who visits the portal is found out before a handler runs; and every refusal is a page."""

import psycopg
import psycopg_pool
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringoff.features.identity import Session
from ringoff.kit.errors import RingoffError, Unauthenticated
from ringoff.surfaces.portal.pages import page
from ringoff.surfaces.portal.visitor import VISIT, recognise, visitor_of
from ringoff.surfaces.web.cookies import remember
from ringoff.surfaces.web.shield import STATUS

log = structlog.get_logger("ringoff.portal")


class Recognition:
    """Finds out who is there before a handler runs, and gives a new visitor the cookie that their forms need."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        visitor = await recognise(request)
        scope["state"]["visitor"] = visitor

        started = False

        async def send_known(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start" and visitor.is_new:
                cookie = Response()
                remember(request, cookie, VISIT, visitor.token)
                message["headers"].extend(h for h in cookie.raw_headers if h[0] == b"set-cookie")
            await send(message)

        try:
            await self._app(scope, receive, send_known)
        except Exception as error:
            if started:
                raise
            response = await answer_error(request, error)
            await response(scope, receive, send_known)


async def answer_error(request: Request, error: Exception) -> Response:
    """Every refusal is a page: what happened, what to do next, and a reference that care can look up."""
    match error:
        case RingoffError():
            if isinstance(error, Unauthenticated) and error.code == "session_needed":
                return page(request, "sign_in", 401, name="", problem=None, onward=request.url.path)
            return page(request, "error", STATUS.get(type(error), 400), code=error.code, says=error.message)
        case HTTPException():
            return page(request, "error", error.status_code, code=f"http_{error.status_code}", says="")
        case psycopg.OperationalError() | psycopg_pool.PoolTimeout() | psycopg_pool.TooManyRequests():
            return page(request, "error", 503, code="database_unavailable", says="")
        case _:
            log.exception("page_failed", request_id=request.state.request_id)
            return page(request, "error", 500, code="unexpected", says="")


def signed_in(request: Request) -> Session:
    """The visitor's session. Raises Unauthenticated (`session_needed`), which is answered by the sign-in page."""
    session = visitor_of(request).session
    if session is None or session.level == 0:
        raise Unauthenticated("session_needed", "Sign in first.")
    return session
