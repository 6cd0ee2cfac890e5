"""Challenges: random values that must come back once, soon, and from the same browser. Only their digest is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.kit.secrets import SecretStr

# What has run out goes as new ones come, a few at a time, so the table stays as small as what is under way.
_MAKE = """
WITH over AS (DELETE FROM challenge WHERE digest IN (
    SELECT digest FROM challenge WHERE expires_at < %(now)s ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED))
INSERT INTO challenge (digest, purpose, account_id, payload, expires_at)
VALUES (%(digest)s, %(purpose)s, %(account_id)s, %(payload)s, %(expires_at)s)
"""
_TAKE = """
DELETE FROM challenge WHERE digest = %(digest)s AND purpose = %(purpose)s
RETURNING account_id, payload, expires_at
"""


@dataclass(frozen=True, slots=True)
class Challenge:
    account_id: int | None
    payload: bytes
    expires_at: datetime


async def make(
    conn: Connection,
    purpose: str,
    *,
    bound_to: str,
    lives: timedelta,
    now: datetime,
    account_id: int | None = None,
    payload: bytes = b"",
) -> SecretStr:
    """`bound_to` is something of the browser's that others do not know; `payload` is kept as it is given."""
    value = secrets.token_urlsafe(32)
    values = {"purpose": purpose, "account_id": account_id, "payload": payload, "expires_at": now + lives, "now": now}
    await conn.execute(_MAKE, {**values, "digest": _digest(value, bound_to)})
    return SecretStr(value)


async def take(conn: Connection, purpose: str, value: SecretStr, *, bound_to: str, now: datetime) -> Challenge | None:
    """Once: commit, whatever comes of it. None for one that never was, is used, too old, or another browser's."""
    values = {"digest": _digest(value.get_secret_value(), bound_to), "purpose": purpose}
    row = await (await conn.execute(_TAKE, values)).fetchone()
    found = Challenge(*row) if row is not None else None
    return found if found is not None and found.expires_at > now else None


def _digest(value: str, bound_to: str) -> bytes:
    return hashlib.sha256(f"{value} {bound_to}".encode()).digest()
