"""A small OpenID Connect provider on a real socket: discovery, code flow with PKCE, RS256, keys that can change.

Whoever comes to its authorisation endpoint is signed in as `account` at once; `says` changes what its tokens claim.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote_plus, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ringoff.kit.clock import Clock
from ringoff.surfaces.server import server

CLIENT, SECRET = "ringoff:portal", "a secret with + and %"


class OidcProvider:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.issuer = ""
        self.account = ""
        self.says: dict[str, Any] = {}
        self.asked: list[Mapping[str, str]] = []
        self.key = self._new_key()
        self.signs_with = self.key
        self._codes: dict[str, Mapping[str, str]] = {}
        self.site = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.configuration),
                Route("/keys", self.keys),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    def change_key(self) -> None:
        self.key = self.signs_with = self._new_key()

    async def configuration(self, _: Request) -> Response:
        endpoints = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        told = {name: f"{self.issuer}/{path}" for name, path in endpoints.items()}
        return JSONResponse({"issuer": self.issuer, **told, "id_token_signing_alg_values_supported": ["RS256"]})

    async def keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def token(self, request: Request) -> Response:
        sent, asked = await request.form(), None
        if self._knows(request.headers.get("authorization", "")):
            asked = self._codes.pop(str(sent.get("code")), None)
        digest = hashlib.sha256(str(sent.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != sent["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.clock.now().timestamp())
        claims = {"iss": self.issuer, "sub": "s-1", "aud": CLIENT, "iat": now, "exp": now + 300, "auth_time": now}
        claims |= {"nonce": asked["nonce"], "account_number": self.account, **self.says}
        kept = {name: value for name, value in claims.items() if value is not None}
        id_token = jwt.encode({"alg": "RS256", "kid": self.signs_with.kid}, kept, self.signs_with)
        return JSONResponse({"access_token": "unused", "token_type": "Bearer", "id_token": id_token})

    def _knows(self, authorization: str) -> bool:
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET)

    @staticmethod
    def _new_key() -> RSAKey:
        return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})


@asynccontextmanager
async def oidc_provider(clock: Clock) -> AsyncIterator[OidcProvider]:
    provider = OidcProvider(clock)
    running = server(provider.site, "127.0.0.1", 0)
    running.config.log_level = "warning"
    task = asyncio.create_task(running.serve())
    try:
        while not running.started:
            await asyncio.sleep(0.01)
        provider.issuer = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
        yield provider
    finally:
        running.should_exit = True
        await task
