"""Passkeys of the people at the desk: two factors in one, for signing in and for unlocking. See identity.ceremony."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.identity import Identity, Visit, ceremony, challenges, throttle
from ringoff.features.staff import signing_in, store
from ringoff.features.staff.model import Member, StaffSession, Started
from ringoff.kit.errors import Conflict, NotAllowed, NotFound, RingoffError

MOST = 10
FRESH = timedelta(minutes=15)
"""How old a proof may be where a passkey is made or removed."""
_NAME_MOST = 60
_MAKING, _SIGNING_IN = "staff_passkey_new", "staff_passkey_use"


@dataclass(frozen=True, slots=True)
class Passkey:
    """`id` names it in forms."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


async def passkeys(conn: Connection, member: Member) -> list[Passkey]:
    cursor = await conn.execute(store.PASSKEYS, {"id": member.id})
    return [Passkey(row[0].hex(), *row[1:]) for row in await cursor.fetchall()]


async def offer_new(conn: Connection, ctx: Identity, of: StaffSession, now: datetime) -> str:
    """Options for the browser, as JSON. Raises NotAllowed (`step_up_needed`), Conflict (`passkeys_enough`)."""
    _must_be_fresh(of, now)
    row = await (await conn.execute(store.HANDLE, {"id": of.member.id})).fetchone()
    assert row is not None
    handle, known = row
    if len(known) >= MOST:
        raise Conflict("passkeys_enough", "You have as many passkeys as we keep. Remove one first.")
    value = await challenges.make(conn, _MAKING, bound_to=of.public_id, lives=ceremony.LIVES, now=now)
    return ceremony.to_make(ctx, value, handle, of.member.name, of.member.display_name, known)


async def add_passkey(
    conn: Connection, ctx: Identity, of: StaffSession, answer: str, name: str, now: datetime
) -> RingoffError | None:
    """Returns Unauthenticated (`passkey_failed`): commit it. Raises NotAllowed, Conflict (`passkey_known`)."""
    _must_be_fresh(of, now)
    made = await ceremony.made(conn, ctx, answer, _MAKING, of.public_id, now)
    if made is None:
        return ceremony.failed()
    values = {"id": made.credential_id, "staff_id": of.member.id, "public_key": made.credential_public_key}
    told = {"sign_count": made.sign_count, "name": " ".join(name.split())[:_NAME_MOST] or "passkey", "now": now}
    if (await conn.execute(store.ADD_PASSKEY, {**values, **told})).rowcount == 0:
        raise Conflict("passkey_known", "This passkey is set up already.")
    await _record(conn, "passkey_added", of.member, of.address, now)
    return None


async def remove_passkey(conn: Connection, of: StaffSession, id_: str, now: datetime) -> None:
    """Raises NotFound (`passkey_unknown`), NotAllowed (`step_up_needed`)."""
    _must_be_fresh(of, now)
    try:
        values = {"id": bytes.fromhex(id_), "staff_id": of.member.id}
    except ValueError:
        values = {"id": b"", "staff_id": of.member.id}
    if (await conn.execute(store.REMOVE_PASSKEY, values)).rowcount == 0:
        raise NotFound("passkey_unknown", "There is no such passkey.")
    await _record(conn, "passkey_removed", of.member, of.address, now)


async def offer(conn: Connection, ctx: Identity, bound_to: str, visit: Visit, now: datetime) -> str:
    """Options to sign in or to unlock. `bound_to` is something of this browser's. Raises Unavailable."""
    buckets = throttle.offers(visit, ctx.pack().identity.limits)
    await throttle.check(conn, buckets, now)
    await throttle.count(conn, buckets, now)
    value = await challenges.make(conn, _SIGNING_IN, bound_to=bound_to, lives=ceremony.LIVES, now=now)
    return ceremony.to_use(ctx, value)


async def sign_in(
    conn: Connection, ctx: Identity, answer: str, bound_to: str, visit: Visit, now: datetime
) -> Started | RingoffError:
    """Returns Unauthenticated (`passkey_failed`); raises Unavailable (`too_many_tries`)."""
    member = await _whose(conn, ctx, answer, bound_to, visit, now)
    return member if isinstance(member, RingoffError) else await signing_in.start(conn, member, "passkey", visit, now)


async def unlock(
    conn: Connection, ctx: Identity, of: StaffSession, answer: str, bound_to: str, visit: Visit, now: datetime
) -> RingoffError | None:
    """Somebody else's opens nothing. Returns Unauthenticated (`passkey_failed`)."""
    member = await _whose(conn, ctx, answer, bound_to, visit, now)
    if isinstance(member, RingoffError):
        return member
    if member.id != of.member.id:
        return ceremony.failed()
    await signing_in.go_on(conn, of, "passkey", visit, now)
    return None


async def _whose(
    conn: Connection, ctx: Identity, answer: str, bound_to: str, visit: Visit, now: datetime
) -> Member | RingoffError:
    buckets = throttle.failures(visit, ctx.pack().identity.limits)
    await throttle.check(conn, buckets, now)
    answered = await ceremony.answered(conn, answer, _SIGNING_IN, bound_to, now)
    row = await (await conn.execute(store.USED, answered.names)).fetchone() if answered is not None else None
    if answered is None or row is None:
        await throttle.count(conn, buckets, now)
        return ceremony.failed()
    *known, id_, public_key, count = row
    member, proved = Member(*known), answered.proved(ctx, public_key)
    if proved is None:
        await throttle.count(conn, buckets, now)
        return ceremony.failed()
    if ceremony.is_copy(count, proved):
        await _record(conn, "passkey_copied", member, visit.ip, now)
        return ceremony.failed()
    await conn.execute(store.COUNT_USE, {"id": id_, "sign_count": proved.new_sign_count, "now": now})
    return member


def _must_be_fresh(of: StaffSession, now: datetime) -> None:
    if of.needs_step_up(now, FRESH):
        raise NotAllowed("step_up_needed", "Prove again who you are first: lock the desk, and unlock it.")


async def _record(conn: Connection, what: str, member: Member, address: str | None, now: datetime) -> None:
    await proof.record(conn, [proof.Event(type=f"staff.{what}", actor=member.actor(address), at=now)])
