"""Links that are sent to a contact of record: random, good once, for a short time; only their digest is kept."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.context import Identity
from ringoff.features.identity.model import Purpose
from ringoff.kit.errors import Unauthenticated
from ringoff.kit.secrets import SecretStr

PATHS: Mapping[Purpose, str] = {
    "enrol": "/password",
    "reset": "/password",
    "confirm_contact": "/confirm",
    "confirm_phone": "/confirm",
    "case_contact": "/confirm",
    "veto": "/veto",
    "archive": "/archive",
    "declaration": "/declaration",
}
"""Where each leads: `{public_url}{path}/{token}`. The page looks with `open_link`; only its form uses the link up,
because mail programs open links by themselves."""


@dataclass(frozen=True, slots=True)
class Link:
    """`subject` is what it is about: a case number, a new address."""

    purpose: Purpose
    account_id: int | None
    subject: str
    expires_at: datetime


async def make_link(
    conn: Connection,
    ctx: Identity,
    purpose: Purpose,
    *,
    account_id: int | None,
    lives: timedelta,
    now: datetime,
    subject: str = "",
) -> SecretStr:
    """The whole address, for a letter; it is kept nowhere."""
    token = secrets.token_urlsafe(32)
    values = {"digest": digest(token), "purpose": purpose, "account_id": account_id, "subject": subject}
    await conn.execute(store.MAKE_LINK, {**values, "now": now, "expires_at": now + lives})
    return SecretStr(f"{ctx.public_url.rstrip('/')}{PATHS[purpose]}/{token}")


async def open_link(conn: Connection, purpose: Purpose | Sequence[Purpose], token: SecretStr, now: datetime) -> Link:
    """Look, without using it up. Raises Unauthenticated (`link_invalid`): used, too old, or never made."""
    return await _find(conn, store.OPEN_LINK, purpose, token, now)


async def use_link(conn: Connection, purpose: Purpose | Sequence[Purpose], token: SecretStr, now: datetime) -> Link:
    """The same, and it never works again."""
    return await _find(conn, store.USE_LINK, purpose, token, now)


async def is_under_way(conn: Connection, purpose: Purpose, account_id: int, subject: str, now: datetime) -> bool:
    """Whether such a link was sent that still works: another letter would tell its reader nothing new."""
    about = {"purpose": purpose, "account_id": account_id, "subject": subject, "now": now}
    return await (await conn.execute(store.LINK_UNDER_WAY, about)).fetchone() is not None


async def use_up_links(conn: Connection, account_id: int, purposes: Sequence[Purpose], now: datetime) -> None:
    await conn.execute(store.USE_UP_LINKS, {"account_id": account_id, "purposes": list(purposes), "now": now})


def digest(token: str) -> bytes:
    """SHA-256 without salt: what it hashes is random."""
    return hashlib.sha256(token.encode()).digest()


async def _find(
    conn: Connection, statement: str, purpose: Purpose | Sequence[Purpose], token: SecretStr, now: datetime
) -> Link:
    purposes = [purpose] if isinstance(purpose, str) else list(purpose)
    key = {"digest": digest(token.get_secret_value()), "purposes": purposes, "now": now}
    row = await (await conn.execute(statement, key)).fetchone()
    if row is None:
        raise Unauthenticated("link_invalid", "This link has been used, or is too old. Ask for a new one.")
    return Link(*row)
