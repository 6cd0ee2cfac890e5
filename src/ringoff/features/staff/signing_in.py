"""Both factors at once, so that nothing tells which of them was wrong; a desk left alone is locked, not lost.

As in `identity`: a wrong answer is returned, because it has to be committed to count.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.identity import Identity, Visit, throttle
from ringoff.features.identity.codes import matching_step
from ringoff.features.identity.links import digest
from ringoff.features.identity.model import Guesses
from ringoff.features.staff import store
from ringoff.features.staff.model import Member, StaffSession, Started
from ringoff.kit.actor import Actor
from ringoff.kit.errors import RingoffError, Unauthenticated
from ringoff.kit.secrets import SecretStr

IDLE = timedelta(minutes=10)
"""A desk that was left alone for so long is locked."""
MOST = timedelta(hours=12)
_SEEN_EVERY = timedelta(seconds=30)
_DEVICE_MOST = 200


async def sign_in(
    conn: Connection, ctx: Identity, name: str, password: SecretStr, code: SecretStr, visit: Visit, now: datetime
) -> Started | RingoffError:
    """Returns Unauthenticated (`sign_in_failed`); raises Unavailable (`too_many_tries`, `busy`)."""
    member = await _proved(conn, ctx, name.strip().lower(), password, code, visit, now)
    return member if isinstance(member, RingoffError) else await start(conn, member, "password+totp", visit, now)


async def start(conn: Connection, member: Member, method: str, visit: Visit, now: datetime) -> Started:
    """A session of somebody who has proved two factors."""
    token, public_id = secrets.token_urlsafe(32), secrets.token_hex(8)
    device = "".join(c for c in visit.device if c.isprintable())[:_DEVICE_MOST]
    values = {"digest": digest(token), "id": member.id, "public_id": public_id, "address": visit.ip, "device": device}
    await conn.execute(store.START, {**values, "now": now})
    await _record(conn, "signed_in", member.actor(visit.ip), now, method=method)
    return Started(StaffSession(member, public_id, now, now, now, visit.ip, locked=False), SecretStr(token))


async def session(conn: Connection, token: SecretStr, now: datetime, *, seen: bool = True) -> StaffSession | None:
    """The one that this cookie's value opens; locked where the desk was left alone. None: there is none any more.

    `seen` False: a page looked by itself, which is no sign that anybody sits there.
    """
    key = {"digest": digest(token.get_secret_value())}
    row = await (await conn.execute(store.SESSION, {**key, "since": now - MOST})).fetchone()
    if row is None:
        return None
    *member, public_id, created_at, proved_at, seen_at, address = row
    found = StaffSession(
        Member(*member), public_id, created_at, proved_at, seen_at, address, locked=now - seen_at > IDLE
    )
    if seen and not found.locked and now - seen_at > _SEEN_EVERY:
        await conn.execute(store.SEEN, {**key, "now": now})
    return found


async def unlock(
    conn: Connection,
    ctx: Identity,
    of: StaffSession,
    password: SecretStr,
    code: SecretStr,
    visit: Visit,
    now: datetime,
) -> RingoffError | None:
    """Both factors again. Returns Unauthenticated (`sign_in_failed`)."""
    member = await _proved(conn, ctx, of.member.name, password, code, visit, now)
    if isinstance(member, RingoffError):
        return member
    await go_on(conn, of, "password+totp", visit, now)
    return None


async def go_on(conn: Connection, of: StaffSession, method: str, visit: Visit, now: datetime) -> None:
    """Unlocked, by whoever it belongs to."""
    await conn.execute(store.PROVED, {"public_id": of.public_id, "now": now})
    await _record(conn, "unlocked", of.member.actor(visit.ip), now, method=method)


async def lock(conn: Connection, of: StaffSession, now: datetime) -> None:
    """At once, by whoever leaves the desk."""
    await conn.execute(store.LOCK, {"public_id": of.public_id, "seen_at": now - IDLE - _SEEN_EVERY})
    await _record(conn, "locked", of.member.actor(of.address), now)


async def end(conn: Connection, of: StaffSession, now: datetime) -> None:
    await conn.execute(store.END, {"public_id": of.public_id, "now": now})
    await _record(conn, "signed_out", of.member.actor(of.address), now)


async def _proved(
    conn: Connection, ctx: Identity, name: str, password: SecretStr, code: SecretStr, visit: Visit, now: datetime
) -> Member | RingoffError:
    """An unknown name costs the same computation; under the row's lock guesses at once are counted one by one."""
    rules = ctx.pack().identity
    buckets = throttle.failures(visit, rules.limits)
    await throttle.check(conn, buckets, now)
    row: tuple[Any, ...] | None = await (await conn.execute(store.KNOWN, {"name": name})).fetchone()
    if row is None:
        await ctx.passwords.verify(None, password)
        await throttle.count(conn, buckets, now)
        await _record(conn, "sign_in_failed", Actor("nobody", "care", visit.ip), now)
        return _failed()
    *known, hashed, sealed, used, failures, blocked_until = row
    member, before = Member(*known), Guesses(failures, blocked_until)
    right = await ctx.passwords.verify(hashed, password)
    step = matching_step(SecretStr(ctx.own_seal.open(sealed).decode()), code, now, used)
    accepted = right and step is not None
    after = before.after(accepted, rules, now)
    counted = {"id": member.id, "failures": after.failures, "blocked_until": after.blocked_until}
    await conn.execute(store.COUNT, counted)
    if step is not None and right and before.taken(rules, now):
        await conn.execute(store.USE_STEP, {"id": member.id, "step": step})
        return member
    await throttle.count(conn, buckets, now)
    await _record(conn, "sign_in_failed", member.actor(visit.ip), now, failures=after.failures)
    return _failed()


def _failed() -> Unauthenticated:
    return Unauthenticated(
        "sign_in_failed", "Name, password and code do not go together, or there were too many tries: then wait."
    )


async def _record(conn: Connection, what: str, actor: Actor, now: datetime, **detail: object) -> None:
    await proof.record(conn, [proof.Event(type=f"staff.{what}", actor=actor, at=now, detail=detail or None)])
