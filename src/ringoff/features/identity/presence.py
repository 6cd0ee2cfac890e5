"""Sessions: who is signed in, where, since when. The cookie holds 256 random bits, the database their digest."""

import secrets
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.context import Identity
from ringoff.features.identity.links import digest
from ringoff.features.identity.model import Level, Method, Session, SignedIn, Visit
from ringoff.kit.errors import NotFound, Unauthenticated
from ringoff.kit.secrets import SecretStr

_SEEN_EVERY = timedelta(minutes=1)  # a page is not worth a write each
_DEVICE_MOST = 200


async def session(conn: Connection, ctx: Identity, token: SecretStr, now: datetime) -> Session | None:
    """The session that this cookie's value opens, if it has neither ended nor been left alone for too long."""
    key = {"digest": digest(token.get_secret_value())}
    row = await (await conn.execute(store.SESSION, key)).fetchone()
    if row is None:
        return None
    found = as_session(row)
    rules = ctx.pack(found.jurisdiction).identity
    if now - found.seen_at > rules.session_idle or now - found.created_at > rules.session_most:
        return None
    if found.level == 0 and now - found.proved_at > rules.second_factor_within:
        return None
    if now - found.seen_at > _SEEN_EVERY:
        await conn.execute(store.NO_HURRY)
        await conn.execute(store.SEEN, {**key, "now": now})
    return found


async def start_session(
    conn: Connection, account_id: int, level: Level, method: Method, visit: Visit, now: datetime
) -> SignedIn:
    """For whoever has proved who they are: the caller has checked it."""
    token, public_id = secrets.token_urlsafe(32), secrets.token_hex(8)
    await conn.execute(
        store.START_SESSION,
        {
            "digest": digest(token),
            "account_id": account_id,
            "public_id": public_id,
            "level": level,
            "method": method,
            "now": now,
            "address": visit.ip,
            "device": "".join(c for c in visit.device if c.isprintable())[:_DEVICE_MOST],
        },
    )
    return SignedIn(await _named(conn, public_id), SecretStr(token))


async def prove_again(conn: Connection, old: Session, level: Level, method: Method, now: datetime) -> SignedIn:
    """After a second factor or a step-up, which the caller has checked. Raises Unauthenticated where it has ended."""
    token = secrets.token_urlsafe(32)
    values = {"digest": digest(token), "level": level, "method": method, "public_id": old.public_id, "now": now}
    cursor = await conn.execute(store.PROVE_AGAIN, values)
    if cursor.rowcount == 0:
        raise Unauthenticated("session_needed", "Sign in first.")
    return SignedIn(await _named(conn, old.public_id), SecretStr(token))


async def sessions(conn: Connection, ctx: Identity, of: Session, now: datetime) -> list[Session]:
    """All that are open at this account, the latest used first."""
    rules = ctx.pack(of.jurisdiction).identity
    since = {"idle_since": now - rules.session_idle, "since": now - rules.session_most}
    cursor = await conn.execute(store.SESSIONS, {"account_id": of.account_id, **since})
    return [as_session(row) for row in await cursor.fetchall()]


async def end_session(conn: Connection, account_id: int, public_id: str, now: datetime) -> None:
    """Sign out, here or elsewhere. Raises NotFound for one that is not this account's, or has ended."""
    cursor = await conn.execute(store.END_SESSION, {"account_id": account_id, "public_id": public_id, "now": now})
    if cursor.rowcount == 0:
        raise NotFound("session_unknown", "There is no such session any more.")


async def end_other_sessions(conn: Connection, keep: Session, now: datetime) -> int:
    """Returns how many were ended."""
    return await end_sessions(conn, keep.account_id, now, but=keep.public_id)


async def end_sessions(conn: Connection, account_id: int, now: datetime, *, but: str = "") -> int:
    cursor = await conn.execute(store.END_SESSIONS, {"account_id": account_id, "but": but, "now": now})
    return cursor.rowcount


def as_session(row: tuple[object, ...]) -> Session:
    return Session(**dict(zip(_FIELDS, row, strict=True)))  # type: ignore[arg-type]


async def _named(conn: Connection, public_id: str) -> Session:
    row = await (await conn.execute(store.SESSION_NAMED, {"public_id": public_id})).fetchone()
    assert row is not None
    return as_session(row)


_FIELDS = (
    "account_id",
    "account_number",
    "holder_name",
    "locale",
    "time_zone",
    "jurisdiction",
    "closed_at",
    "changed_at",
    "cancel_locked_at",
    "public_id",
    "level",
    "method",
    "created_at",
    "proved_at",
    "seen_at",
    "address",
    "device",
)
