"""Signing in through the carrier's provider: it must vouch for two factors, and name somebody who works here.

What is kept between going there and coming back is identity.openid's.
"""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.identity import Identity, Provider, Visit, openid
from ringoff.features.identity.provider import Proved
from ringoff.features.staff import signing_in
from ringoff.features.staff.members import find
from ringoff.features.staff.model import Started
from ringoff.kit.actor import Actor
from ringoff.kit.errors import NotFound, RingoffError, Unauthenticated


async def sign_in(
    conn: Connection,
    ctx: Identity,
    provider: Provider,
    proved: Proved,
    going: openid.Going,
    visit: Visit,
    now: datetime,
) -> Started | RingoffError:
    """Returns Unauthenticated (`openid_failed`): one factor, an old sign-in, nobody of ours, somebody who left."""
    try:
        member = await find(conn, proved.named.strip().lower())
    except NotFound:
        member = None
    vouched = provider.is_strong(proved) and openid.is_fresh(ctx, proved, going, now)
    if member is None or member.disabled_at is not None or not vouched:
        await proof.record(
            conn, [proof.Event(type="staff.sign_in_failed", actor=Actor("openid", "care", visit.ip), at=now)]
        )
        return Unauthenticated("openid_failed", "The provider's word is not enough to let you in here.")
    return await signing_in.start(conn, member, "openid", visit, now)
