"""Who asks is settled before a byte of the request's body is read; what they may do, before the request is looked at.

Every address under /v1/ needs a key, also one that does not exist. The only exceptions are callbacks: a system's
signature tells who sends them.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import cast

from fastapi import Request
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connected

from ringoff.db.pool import Database
from ringoff.features.access import model, service
from ringoff.features.access.model import ApiKey, Scope
from ringoff.kit.actor import Actor, Channel
from ringoff.kit.errors import Unauthenticated

GUARDED = "/v1/"
SIGNED_INSTEAD = "/v1/callbacks/"
REMEMBERED_FOR = timedelta(seconds=5)
_REMEMBERED_MOST = 1_000


class KeyRing:
    """Recognises keys, and remembers them for a moment: a revoked key is refused after 5 seconds at the latest.

    Only its digest is remembered. Keys that were not recognised are not: a new key works at once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[bytes, tuple[datetime, ApiKey]] = OrderedDict()

    async def recognise(self, text: str) -> ApiKey:
        """Raises Unauthenticated."""
        digest, now = model.digest(text), self._database.clock.now()
        known = self._known.get(digest)
        if known is not None and now - known[0] < REMEMBERED_FOR:
            return known[1]
        self._known.pop(digest, None)
        async with self._database.transaction() as conn:
            key = await service.authenticate(conn, text)
        self._known[digest] = (now, key)
        if len(self._known) > _REMEMBERED_MOST:
            self._known.popitem(last=False)
        return key


class Authentication:
    """Pure ASGI: leaves the ApiKey in `request.state.key`."""

    def __init__(self, app: ASGIApp, keys: KeyRing) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Connected, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(GUARDED) and not path.startswith(SIGNED_INSTEAD):
            scope["state"]["key"] = await self._keys.recognise(_bearer(Headers(scope=scope)))
        await self._app(scope, receive, send)


def _bearer(headers: Headers) -> str:
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Unauthenticated("key_missing", "Send an API key: `Authorization: Bearer ro_…`.")
    return text.strip()


class _Asking(HTTPBearer):
    """The dependency by which an operation names its scopes; as the framework's own kind, so that it is documented."""

    async def __call__(self, request: Request, needed: SecurityScopes) -> ApiKey:  # type: ignore[override]
        """The key that asks, once it has every scope that is needed. Raises NotAllowed."""
        key: ApiKey = request.state.key
        for scope in needed.scopes:
            key.require(cast(Scope, scope))
        return key


asking = _Asking(
    scheme_name="API key",
    bearerFormat="ro_<id>_<secret>",
    description="A key made by `ringoff key create --scope …`. Each operation names the scope that it needs:\n\n"
    + "\n".join(f"- `{scope}`: {meaning}" for scope, meaning in model.MEANING.items()),
)


def actor(request: Request, key: ApiKey, channel: Channel = "api") -> Actor:
    """Whom the audit log names."""
    return Actor(f"key:{key.id}", channel, address(request))


def address(request: Request) -> str | None:
    """The peer's IP address, where it has one (a Unix socket has none)."""
    host = request.client.host if request.client else ""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None
