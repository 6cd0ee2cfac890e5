"""Cookies of ours, and the secret that a form carries so that no other site can send it."""

import hashlib
import hmac

from starlette.requests import Request
from starlette.responses import Response

_YEAR = 365 * 24 * 3600


def csrf_of(token: str) -> str:
    """What each form carries: it can be computed from the cookie alone, which another site cannot read."""
    return hashlib.sha256(b"ringoff form " + token.encode()).hexdigest()


def is_csrf_of(token: str, csrf: str) -> bool:
    return hmac.compare_digest(csrf_of(token).encode(), csrf.encode())


def remember(request: Request, response: Response, name: str, value: str, *, lasting: bool = False) -> None:
    """`lasting`: a year. Otherwise until the browser closes. Never readable by a script, never sent by another site."""
    secure = is_https(request)
    response.set_cookie(
        cookie_name(name, request),
        value,
        max_age=_YEAR if lasting else None,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def forget(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(cookie_name(name, request), path="/", secure=is_https(request), httponly=True)


def is_https(request: Request) -> bool:
    return str(request.app.state.context.app.settings.public_url).startswith("https://")


def cookie_name(name: str, request: Request) -> str:
    """`__Host-` ties a cookie to this host alone, and to TLS; a trial on the loopback interface has no TLS."""
    return f"__Host-{name}" if is_https(request) else name
