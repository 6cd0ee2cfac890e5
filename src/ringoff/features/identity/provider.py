"""The carrier's own OpenID Connect provider, as its client: discovery, code flow with PKCE, id tokens (OIDC Core 1.0).

It is asked outside of any transaction: another's server may be slow. What it publishes is kept for an hour.
"""

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ringoff.kit.errors import Unauthenticated, Unavailable
from ringoff.kit.secrets import SecretStr

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_KEPT = 3600.0  # seconds
_PATIENCE = 10.0  # seconds, for one whole exchange
_MOST = 1 << 20  # bytes of an answer
_LEEWAY = 60  # seconds that the two clocks may be apart


@dataclass(frozen=True, slots=True)
class Proved:
    """What the provider vouches for: who (an account, somebody at the desk), and how it was proved."""

    named: str
    acr: str
    amr: frozenset[str]
    auth_time: int | None


@dataclass(slots=True)
class Provider:
    """`claim` of the id token holds the account number, or the name of somebody at the desk. What is in `strong_acr` or
    `strong_amr` proves level 2.
    """

    issuer: str
    client_id: str
    client_secret: SecretStr
    redirect_uri: str
    claim: str = "account_number"
    strong_acr: frozenset[str] = frozenset()
    strong_amr: frozenset[str] = frozenset()
    _published: Mapping[str, Any] = field(default_factory=dict, init=False)
    _keys: KeySet | None = field(default=None, init=False)
    _read_at: float = field(default=float("-inf"), init=False)

    async def address(self, *, state: SecretStr, nonce: str, verifier: str, max_age: int) -> str:
        """Where the browser goes. `max_age`: seconds for which an earlier sign-in there still counts; 0 for none.

        Raises Unavailable (`openid_unavailable`).
        """
        published = await self._discovered()
        asks = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": state.get_secret_value(),
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
            "max_age": str(max_age),
            **({"prompt": "login"} if max_age == 0 else {}),
        }
        endpoint = str(published["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asks)}"

    async def prove(self, code: SecretStr, *, nonce: str, verifier: str, now: datetime) -> Proved:
        """Raises Unauthenticated (`openid_failed`) for what does not hold, Unavailable (`openid_unavailable`)."""
        published = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code.get_secret_value(),
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"authorization": self._basic(), "accept": "application/json"}
        answer = await self._exchange("POST", str(published["token_endpoint"]), data=form, headers=headers)
        if not isinstance(answer.get("id_token"), str):
            raise _failed("the provider gave no id token")
        return self._read(await self._verified(answer["id_token"]), str(answer.get("access_token", "")), nonce, now)

    async def _verified(self, id_token: str) -> jwt.Token:
        """With a key that is published now: an unknown one is looked for once more, as keys are changed."""
        for again in (False, True):
            try:
                published = await self._discovered(again)
                assert self._keys is not None
                algorithms = [a for a in published["id_token_signing_alg_values_supported"] if a in ALGORITHMS]
                return jwt.decode(id_token, self._keys, algorithms=algorithms)
            except (JoseError, ValueError) as error:
                if again:
                    raise _failed("the id token's signature does not hold") from error
        raise AssertionError

    def _read(self, token: jwt.Token, access_token: str, nonce: str, now: datetime) -> Proved:
        expected = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
        }
        asked = {"nonce": nonce, "client_id": self.client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, expected, asked)
        try:
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        except (JoseError, ValueError, TypeError) as error:
            raise _failed("the id token does not say what it must") from error
        named, auth_time = token.claims.get(self.claim), token.claims.get("auth_time")
        if not isinstance(named, str) or not named:
            raise _failed("the id token names no account")
        amr = token.claims.get("amr") or ()
        return Proved(
            named,
            str(token.claims.get("acr", "")),
            frozenset(str(method) for method in amr),
            int(auth_time) if auth_time is not None else None,
        )

    async def _discovered(self, anew: bool = False) -> Mapping[str, Any]:
        if not anew and time.monotonic() - self._read_at < _KEPT:
            return self._published
        found = await self._exchange("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer or not all(isinstance(found.get(name), str) for name in _NEEDED):
            raise Unavailable("openid_unavailable", "The sign-in provider does not describe itself as it must.")
        keys = await self._exchange("GET", str(found["jwks_uri"]))
        try:
            self._keys = KeySet.import_key_set(keys)  # type: ignore[arg-type]  # checked by itself
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("openid_unavailable", "The sign-in provider's keys cannot be read.") from error
        found.setdefault("id_token_signing_alg_values_supported", ["RS256"])
        self._published, self._read_at = found, time.monotonic()
        return found

    async def _exchange(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        """No redirects: who answers is who was configured."""
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE) as client:
                answer = await client.request(method, url, **how)
                content = answer.json() if len(answer.content) <= _MOST else None
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable("openid_unavailable", "The sign-in provider does not answer.") from error
        if answer.status_code in (400, 401) and method == "POST":
            raise _failed("the provider does not take the code")
        if answer.status_code != 200 or not isinstance(content, dict):
            raise Unavailable("openid_unavailable", "The sign-in provider does not answer as it must.")
        return content

    def _basic(self) -> str:
        """RFC 6749, 2.3.1: both parts are encoded before they are joined."""
        parts = (quote_plus(self.client_id), quote_plus(self.client_secret.get_secret_value()))
        return f"Basic {base64.b64encode(':'.join(parts).encode()).decode()}"

    def is_strong(self, proved: Proved) -> bool:
        return proved.acr in self.strong_acr or bool(proved.amr & self.strong_amr)


_NEEDED: Sequence[str] = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def _failed(why: str) -> Unauthenticated:
    return Unauthenticated("openid_failed", "Signing in at your carrier did not work. Try again.", why=why)
