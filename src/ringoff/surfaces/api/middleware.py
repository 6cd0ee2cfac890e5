"""What surrounds every request, as pure ASGI: nothing here buffers an answer, so streams stay streams."""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringoff.surfaces.api.problems import Problem, ProblemError, is_unexpected, log_unexpected, problem_of
from ringoff.surfaces.traffic import Traffic

BODY_MOST = 64 * 1024
BODY_TAKES_MOST = 15.0  # seconds
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

log = structlog.get_logger("ringoff.api")


class Envelope:
    """The outermost layer: gives the request its id, counts and logs it, and turns whatever was raised into a problem.

    The log names the route, not the address: addresses hold phone numbers. Queries and headers are not logged at all.
    """

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message["headers"])
                headers["X-Request-Id"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_dressed)
        except Exception as error:  # whatever it is, the caller gets a problem document and the log the story
            problem = problem_of(error)
            if is_unexpected(problem):
                log_unexpected(error, request_id)
            if status == 0:
                await problem.response(request_id)(scope, receive, send_dressed)
        finally:
            self._close(scope, status, time.perf_counter() - started)

    def _close(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._traffic.count(scope["method"], route, status, seconds)
        log.info(
            "request",
            request_id=scope["state"]["request_id"],
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            key_id=getattr(scope["state"].get("key"), "id", None),
        )


class BodyLimit:
    """Reads the body, at most 64 KiB of plain JSON, before anyone else sees the request. Chunked bodies as well.

    Raises ProblemError: 413, 415 or 408. A caller who hangs up midway is not answered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if "transfer-encoding" not in headers and length == "0":
            await self._app(scope, receive, send)
            return
        if not length.isdecimal() or int(length) > BODY_MOST:
            raise _too_large()
        try:
            async with asyncio.timeout(BODY_TAKES_MOST):
                body = await _read(receive)
        except TimeoutError:
            message = f"The body did not arrive within {BODY_TAKES_MOST:.0f} seconds."
            raise ProblemError(Problem(408, "body_too_slow", message)) from None
        if body is None:
            return
        if body:
            _check_type(headers)
        await self._app(scope, _replay(body, receive), send)


def _request_id(headers: Headers) -> str:
    """The caller's own, if it is harmless to log, so that one id leads through several systems' logs."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(12)


async def _read(receive: Receive) -> bytes | None:
    """None: the caller hung up."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_MOST:
            raise _too_large()
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _check_type(headers: Headers) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" or headers.get("content-encoding", "identity").lower() != "identity":
        message = "Send the body as plain `Content-Type: application/json`, without a Content-Encoding."
        raise ProblemError(Problem(415, "media_type_unsupported", message))


def _too_large() -> ProblemError:
    message = f"The body is larger than {BODY_MOST} bytes."
    return ProblemError(Problem(413, "body_too_large", message, {"most": BODY_MOST}))
