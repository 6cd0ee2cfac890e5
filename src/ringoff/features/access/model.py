"""API keys: how one looks, what it may do. Pure: no database here."""

import hashlib
import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from ringoff.kit.errors import InvalidInput, NotAllowed
from ringoff.kit.secrets import SecretStr

Scope = Literal[
    "lines:read",
    "cancellations:read",
    "cancellations:write",
    "confidential",
    "review",
    "holds",
    "fallout",
    "billing:read",
    "billing:write",
    "admin",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)
MEANING: dict[Scope, str] = {
    "lines:read": "See a line: its identity, status, holds, and what stands in the way of closing it.",
    "cancellations:read": "See cases: their state, releases with evidence, timeline and event stream.",
    "cancellations:write": "Request, withdraw and reschedule cancellations; report a completed port-out.",
    "confidential": "Request a cancellation in confidence: it silences the notices to the contacts of record.",
    "review": "Decide cases that wait for a person's review.",
    "holds": "Set and lift holds on a line.",
    "fallout": "See releases that need a person, across all cases; have them retried; resolve them.",
    "billing:read": "See what leaving costs, final bills, statements, and what of the money needs a person.",
    "billing:write": "Ask for renewals; import money; say that a refund was paid, and how a stuck bill goes on.",
    "admin": "Everything above.",
}

_KEY = re.compile(r"ro_([a-z2-7]{10})_[a-z2-7]{52}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the database knows it: without its secret. `id` is its readable part and may be shown and logged."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None = None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or "admin" in self.scopes

    def require(self, scope: Scope) -> None:
        """Raises NotAllowed (`scope_missing`), naming the scope that is missing."""
        if not self.may(scope):
            raise NotAllowed("scope_missing", f"This key lacks the scope {scope}.", scope=scope)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at its birth: the only moment at which `text` can be seen."""

    key: ApiKey
    text: SecretStr


def generate() -> tuple[str, SecretStr]:
    """A new key's id and whole text, `ro_<id>_<secret>`: 50 bits to tell keys apart, 256 random bits of secret."""
    id_, secret = _base32(7)[:10], _base32(32)
    return id_, SecretStr(f"ro_{id_}_{secret}")


def key_id(text: str) -> str | None:
    """The id inside a key's text, or None when this is not a key at all."""
    match = _KEY.fullmatch(text)
    return match.group(1) if match else None


def digest(text: str) -> bytes:
    """What is kept of a key. It is random, so it needs neither salt nor a slow hash."""
    return hashlib.sha256(text.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """In a time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Raises InvalidInput (`scope_unknown`, `scope_needed`)."""
    wanted = set(names)
    unknown = sorted(wanted.difference(SCOPES))
    if unknown:
        raise InvalidInput(
            "scope_unknown", f"There is no scope {', '.join(unknown)}; there are {', '.join(SCOPES)}.", unknown=unknown
        )
    if not wanted:
        raise InvalidInput("scope_needed", f"A key needs at least one scope of {', '.join(SCOPES)}.")
    return frozenset(scope for scope in SCOPES if scope in wanted)


def _base32(length: int) -> str:
    return b32encode(secrets.token_bytes(length)).decode().rstrip("=").lower()
