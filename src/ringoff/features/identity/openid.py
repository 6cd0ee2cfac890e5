"""Signing in through the carrier's own OpenID Connect provider: what is kept between going there and coming back.

going = openid.begin(onward)                    # secrets of this one sign-in
async with transaction: state = await openid.keep(conn, ctx, going, bound_to, now)
address = await provider.address(state=state, …)
…the browser comes back with `state` and `code`…
async with transaction: going = await openid.resume(conn, ctx, state, bound_to, now)
proved = await provider.prove(code, …)          # outside of any transaction
async with transaction: answer = await openid.sign_in(conn, ctx, proved, going, visit, now)
"""

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features.identity import challenges, throttle
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import holder, record
from ringoff.features.identity.model import AccountClosed, Level, Session, SignedIn, Visit
from ringoff.features.identity.presence import prove_again, start_session
from ringoff.features.identity.provider import Proved, Provider
from ringoff.kit.errors import NotFound, RingoffError, Unauthenticated
from ringoff.kit.secrets import SecretStr

_PURPOSE = "openid"
_LIVES = timedelta(minutes=15)  # somebody may have to find their phone there
_LEEWAY = timedelta(minutes=1)
_NAMED = "SELECT id FROM account WHERE account_number = %(account_number)s"


@dataclass(frozen=True, slots=True)
class Going:
    """`anew`: whoever comes back must have signed in there again, because they prove a session of ours once more."""

    onward: str
    anew: bool
    started_at: datetime
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    def max_age(self, ctx: Identity) -> int:
        """In seconds: how old a sign-in over there may be."""
        return 0 if self.anew else int(ctx.pack().identity.step_up_after.total_seconds())


def provider_of(ctx: Identity) -> Provider:
    """Raises NotFound where none is configured."""
    if ctx.openid is None:
        raise NotFound("openid_unknown", "There is no sign-in through a provider here.")
    return ctx.openid


async def keep(conn: Connection, ctx: Identity, going: Going, bound_to: str, visit: Visit, now: datetime) -> SecretStr:
    """The `state`: it works once, and in this browser alone. Raises Unavailable (`too_many_tries`, `no_seal`)."""
    buckets = throttle.offers(visit, ctx.pack().identity.limits)
    await throttle.check(conn, buckets, now)
    await throttle.count(conn, buckets, now)
    written = json.dumps({**asdict(going), "started_at": going.started_at.isoformat()})
    payload = ctx.own_seal.close(written.encode())
    return await challenges.make(conn, _PURPOSE, bound_to=bound_to, lives=_LIVES, now=now, payload=payload)


async def resume(
    conn: Connection, ctx: Identity, state: SecretStr, bound_to: str, now: datetime
) -> Going | RingoffError:
    """Commit it, whatever comes of it. Returns Unauthenticated (`openid_failed`)."""
    kept = await challenges.take(conn, _PURPOSE, state, bound_to=bound_to, now=now)
    if kept is None:
        return _failed()
    read = json.loads(ctx.own_seal.open(kept.payload))
    return Going(**{**read, "started_at": datetime.fromisoformat(read["started_at"])})


async def sign_in(
    conn: Connection,
    ctx: Identity,
    proved: Proved,
    going: Going,
    present: Session | None,
    visit: Visit,
    now: datetime,
) -> SignedIn | RingoffError:
    """A new session; or, where somebody went to prove themselves anew, the present one.

    Returns Unauthenticated (`openid_failed`) for an account that we do not have, another one than the session's, or a
    sign-in that is too old; AccountClosed.
    """
    row = await (await conn.execute(_NAMED, {"account_number": proved.named})).fetchone()
    if row is None or not is_fresh(ctx, proved, going, now):
        return _failed()
    who, level = await holder(conn, row[0]), _level(ctx, proved)
    if who.closed_at is not None:
        await record(conn, who, "closed_account_opened", visit, now)
        return AccountClosed(who.account_id, who.closed_at, who.time_zone)
    if not going.anew:
        signed_in = await start_session(conn, who.account_id, level, "openid", visit, now)
        await record(conn, who, "signed_in", visit, now, method="openid", level=level)
        return signed_in
    if present is None or present.level == 0 or present.account_id != who.account_id:
        return _failed()
    raised: Level = max(present.level, level)
    signed_in = await prove_again(conn, present, raised, "openid" if level == raised else present.method, now)
    await record(conn, who, "stepped_up", visit, now, method="openid", level=raised)
    return signed_in


def _level(ctx: Identity, proved: Proved) -> Level:
    return 2 if provider_of(ctx).is_strong(proved) else 1


def is_fresh(ctx: Identity, proved: Proved, going: Going, now: datetime) -> bool:
    """Providers that ignore `max_age` would let an open browser of last week prove who sits there today."""
    if proved.auth_time is None:
        return False
    oldest = going.started_at if going.anew else now - ctx.pack().identity.step_up_after - _LIVES
    return proved.auth_time >= int((oldest - _LEEWAY).timestamp())


def _failed() -> Unauthenticated:
    return Unauthenticated("openid_failed", "Signing in at your carrier did not work. Try again.")
