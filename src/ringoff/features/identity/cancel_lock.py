"""The holder's own lock: while it is set, nobody has a line of this account cancelled, whatever they prove."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.contacts import tell
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import ensure_login, record
from ringoff.features.identity.model import Session, Visit


async def lock_cancel(conn: Connection, ctx: Identity, session: Session, visit: Visit, now: datetime) -> None:
    """Easy to set: any session may."""
    await ensure_login(conn, session.account_id, now)
    cursor = await conn.execute(store.SET_CANCEL_LOCK, {"account_id": session.account_id, "at": now})
    if cursor.rowcount:
        await record(conn, session, "cancel_lock_set", visit, now)
        await tell(conn, ctx, session.account_id, "cancel_lock", visit, now, what="set")


async def unlock_cancel(conn: Connection, ctx: Identity, session: Session, visit: Visit, now: datetime) -> None:
    """Hard to lift. Lifting it counts as a recent change, so its holder has time to object.

    Raises NotAllowed (`step_up_needed`).
    """
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    cursor = await conn.execute(store.LIFT_CANCEL_LOCK, {"account_id": session.account_id, "now": now})
    if cursor.rowcount:
        await record(conn, session, "cancel_lock_lifted", visit, now)
        await tell(conn, ctx, session.account_id, "cancel_lock", visit, now, what="lifted")
