"""What surrounds every page, as pure ASGI: a reference, headers that forbid what we do not use, an error's page."""

import secrets
import time
from collections.abc import Mapping

import psycopg
import psycopg_pool
import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringoff.features.identity import Session
from ringoff.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    RingoffError,
    Unauthenticated,
    Unavailable,
)
from ringoff.surfaces.portal.pages import page
from ringoff.surfaces.portal.visitor import VISIT, recognise, remember, visitor_of
from ringoff.surfaces.traffic import Traffic

BODY_MOST = 64 * 1024
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}
_STATUS: Mapping[type[RingoffError], int] = {
    InvalidInput: 400,
    Unauthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Refused: 422,
    Unavailable: 503,
}
log = structlog.get_logger("ringoff.portal")


class Shield:
    """The log names the route, never the address: addresses hold line references and links that are secret."""

    def __init__(self, app: ASGIApp, traffic: Traffic, https: bool) -> None:
        self._app, self._traffic = app, traffic
        self._headers = {**HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(6)
        started, status = time.perf_counter(), 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message["headers"])
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_dressed)
        finally:
            seconds, route = time.perf_counter() - started, getattr(scope.get("route"), "path", "unmatched")
            self._traffic.count(scope["method"], route, status, seconds)
            log.info(
                "page",
                request_id=scope["state"]["request_id"],
                method=scope["method"],
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
            )


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
            return page(request, "error", _STATUS.get(type(error), 400), code=error.code, says=error.message)
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
