"""Passkeys (WebAuthn Level 3): made, used to sign in, used to prove again who is there, removed.

A passkey is found by the device itself (resident key), and the device has checked its owner (user verification), so it
is two factors in one. What a wrong answer counts must be committed: as in `signing_in`, refusals are returned.
"""

from dataclasses import dataclass
from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.identity import ceremony, challenges, throttle
from ringoff.features.identity import passkey_store as store
from ringoff.features.identity.contacts import tell
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import Holder, ensure_login, holder, record
from ringoff.features.identity.model import AccountClosed, Level, Session, SignedIn, Visit, rested
from ringoff.features.identity.presence import prove_again, start_session
from ringoff.kit.errors import Conflict, NotFound, RingoffError, Unauthenticated

MOST = 20
NAME_MOST = 60
_MAKING, _SIGNING_IN, _PROVING = "passkey_new", "passkey_sign_in", "passkey_prove"


@dataclass(frozen=True, slots=True)
class Passkey:
    """`id` names it in forms."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


async def passkeys(conn: Connection, account_id: int) -> list[Passkey]:
    cursor = await conn.execute(store.OF_ACCOUNT, {"account_id": account_id})
    return [Passkey(row[0].hex(), *row[1:]) for row in await cursor.fetchall()]


# ── Making one ──
async def offer_new(conn: Connection, ctx: Identity, session: Session, now: datetime) -> str:
    """Options for the browser, as JSON. Raises NotAllowed (`step_up_needed`), Conflict (`passkeys_enough`)."""
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    await ensure_login(conn, session.account_id, now)
    cursor = await conn.execute(store.LOGIN, {"account_id": session.account_id})
    row = await cursor.fetchone()
    assert row is not None
    handle, known = row
    if len(known) >= MOST:
        raise Conflict("passkeys_enough", "You have as many passkeys as we keep. Remove one first.")
    value = await challenges.make(
        conn, _MAKING, bound_to=session.public_id, lives=ceremony.LIVES, now=now, account_id=session.account_id
    )
    return ceremony.to_make(ctx, value, handle, session.account_number, session.holder_name, known)


async def add_passkey(
    conn: Connection, ctx: Identity, session: Session, answer: str, name: str, visit: Visit, now: datetime
) -> RingoffError | None:
    """It raises a session's level only after `factor_rest`. Returns Unauthenticated (`passkey_failed`): commit it.

    Raises NotAllowed (`step_up_needed`), Conflict (`passkey_known`).
    """
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    made = await ceremony.made(conn, ctx, answer, _MAKING, session.public_id, now)
    if made is None:
        return ceremony.failed()
    new = {"id": made.credential_id, "account_id": session.account_id, "public_key": made.credential_public_key}
    told = {"sign_count": made.sign_count, "name": " ".join(name.split())[:NAME_MOST], "now": now}
    if (await conn.execute(store.ADD, {**new, **told})).rowcount == 0:
        raise Conflict("passkey_known", "This passkey is set up already.")
    await record(conn, session, "passkey_added", visit, now)
    await tell(conn, ctx, session.account_id, "passkey_added", visit, now)
    return None


async def remove_passkey(
    conn: Connection, ctx: Identity, session: Session, id_: str, visit: Visit, now: datetime
) -> None:
    """A recent change. Raises NotFound (`passkey_unknown`), NotAllowed (`step_up_needed`)."""
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    try:
        values = {"id": bytes.fromhex(id_), "account_id": session.account_id, "now": now}
    except ValueError:
        raise NotFound("passkey_unknown", "There is no such passkey.") from None
    if (await conn.execute(store.REMOVE, values)).rowcount == 0:
        raise NotFound("passkey_unknown", "There is no such passkey.")
    await record(conn, session, "passkey_removed", visit, now)
    await tell(conn, ctx, session.account_id, "passkey_removed", visit, now)


# ── Using one ──
async def offer_sign_in(conn: Connection, ctx: Identity, bound_to: str, visit: Visit, now: datetime) -> str:
    """Options for the browser, as JSON; they name no passkey, so they tell nobody anything.

    `bound_to` is something of this browser's. Raises Unavailable (`too_many_tries`).
    """
    await _not_too_often(conn, ctx, visit, now)
    return await _offer(conn, ctx, _SIGNING_IN, bound_to, now)


async def offer_proof(conn: Connection, ctx: Identity, session: Session, visit: Visit, now: datetime) -> str:
    await _not_too_often(conn, ctx, visit, now)
    return await _offer(conn, ctx, _PROVING, session.public_id, now)


async def sign_in_with_passkey(
    conn: Connection, ctx: Identity, answer: str, bound_to: str, visit: Visit, now: datetime
) -> SignedIn | RingoffError:
    """Returns Unauthenticated (`passkey_failed`) or AccountClosed; raises Unavailable (`too_many_tries`)."""
    used = await _used(conn, ctx, answer, _SIGNING_IN, bound_to, visit, now)
    if isinstance(used, RingoffError):
        return used
    who, level = used
    if who.closed_at is not None:
        await record(conn, who, "closed_account_opened", visit, now)
        return AccountClosed(who.account_id, who.closed_at, who.time_zone)
    signed_in = await start_session(conn, who.account_id, level, "passkey", visit, now)
    await record(conn, who, "signed_in", visit, now, method="passkey", level=level)
    return signed_in


async def prove_with_passkey(
    conn: Connection, ctx: Identity, session: Session, answer: str, visit: Visit, now: datetime
) -> SignedIn | RingoffError:
    """Step-up. It never lowers a level. Returns Unauthenticated (`passkey_failed`), also for somebody else's."""
    if session.level == 0:
        return Unauthenticated("session_needed", "Sign in first.")
    used = await _used(conn, ctx, answer, _PROVING, session.public_id, visit, now)
    if isinstance(used, RingoffError):
        return used
    who, level = used
    if who.account_id != session.account_id:
        return ceremony.failed()
    raised: Level = max(session.level, level)
    signed_in = await prove_again(conn, session, raised, "passkey" if level == raised else session.method, now)
    await record(conn, session, "stepped_up", visit, now, method="passkey", level=raised)
    return signed_in


async def _used(
    conn: Connection, ctx: Identity, answer: str, purpose: str, bound_to: str, visit: Visit, now: datetime
) -> tuple[Holder, Level] | RingoffError:
    """Whose passkey gave this answer, and what it proves. Its row is locked: its count goes up by one use at a time."""
    buckets = throttle.failures(visit, ctx.pack().identity.limits)
    await throttle.check(conn, buckets, now)
    answered = await ceremony.answered(conn, answer, purpose, bound_to, now)
    row = None
    if answered is not None:
        row = await (await conn.execute(store.USED, answered.names)).fetchone()
    if answered is None or row is None:
        await throttle.count(conn, buckets, now)
        return ceremony.failed()
    account_id, id_, public_key, count, created_at = row
    proved = answered.proved(ctx, public_key)
    if proved is None:
        await throttle.count(conn, buckets, now)
        return ceremony.failed()
    who = await holder(conn, account_id)
    if ceremony.is_copy(count, proved):
        await record(conn, who, "passkey_copied", visit, now, kept=count, given=proved.new_sign_count)
        return ceremony.failed()
    await conn.execute(store.COUNT, {"id": id_, "sign_count": proved.new_sign_count, "now": now})
    return who, 2 if rested(created_at, who.rules(ctx), now) else 1


async def _offer(conn: Connection, ctx: Identity, purpose: str, bound_to: str, now: datetime) -> str:
    value = await challenges.make(conn, purpose, bound_to=bound_to, lives=ceremony.LIVES, now=now)
    return ceremony.to_use(ctx, value)


async def _not_too_often(conn: Connection, ctx: Identity, visit: Visit, now: datetime) -> None:
    """Each offer is a row: one address does not fill the table."""
    buckets = throttle.offers(visit, ctx.pack().identity.limits)
    await throttle.check(conn, buckets, now)
    await throttle.count(conn, buckets, now)
