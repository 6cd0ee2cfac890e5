"""What surrounds every page, as pure ASGI: a reference, and headers that forbid what we do not use."""

import secrets
import time
from collections.abc import Mapping

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
from ringoff.surfaces.traffic import Traffic

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
STATUS: Mapping[type[RingoffError], int] = {
    InvalidInput: 400,
    Unauthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Refused: 422,
    Unavailable: 503,
}
log = structlog.get_logger("ringoff.pages")


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
