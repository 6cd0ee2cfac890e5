"""Nobody edits a contact of an account and decides about it: neither in this order nor in the other.

What counts is the whole matter: since the account's oldest open case was asked for, and the days before that in which a
changed contact is fresh (`identity.recent_change`).
"""

from datetime import datetime, timedelta
from typing import Literal

from ringoff.db.pool import Connection
from ringoff.features.approvals import store
from ringoff.features.staff import Member
from ringoff.kit.errors import NotAllowed

Duty = Literal["edited_contact", "decided"]


async def began(conn: Connection, account_id: int, recent: timedelta, now: datetime) -> datetime:
    """Since when somebody must not have done the one thing to do the other."""
    row = await (await conn.execute(store.OLDEST_OPEN, {"account_id": account_id})).fetchone()
    asked_at: datetime | None = row[0] if row else None
    return min(asked_at or now, now) - recent


async def must_not_have_edited(conn: Connection, member: Member, account_id: int, since: datetime) -> None:
    """Raises NotAllowed (`edited_contact`)."""
    if await _has_done(conn, "edited_contact", member, account_id, since):
        raise NotAllowed("edited_contact", "You have edited a contact of this account: somebody else decides about it.")


async def must_not_have_decided(conn: Connection, member: Member, account_id: int, since: datetime) -> None:
    """Raises NotAllowed (`has_decided`)."""
    if await _has_done(conn, "decided", member, account_id, since):
        raise NotAllowed("has_decided", "You have decided about this account: somebody else edits its contacts.")


async def decided(conn: Connection, member: Member, account_id: int, now: datetime) -> None:
    """To be told by whatever decides, after `must_not_have_edited`."""
    await did(conn, "decided", member, account_id, now)


async def did(conn: Connection, what: Duty, member: Member, account_id: int, now: datetime) -> None:
    values = {"account_id": account_id, "staff_id": member.id, "what": what, "now": now}
    await conn.execute(store.DID, values)


async def _has_done(conn: Connection, what: Duty, member: Member, account_id: int, since: datetime) -> bool:
    asked = {"account_id": account_id, "staff_id": member.id, "what": what, "since": since}
    await conn.execute(store.ONE_AT_A_TIME, asked)
    return await (await conn.execute(store.HAS_DONE, asked)).fetchone() is not None
