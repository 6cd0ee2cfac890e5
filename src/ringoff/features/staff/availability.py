"""Who takes calls from the hotline just now. What is asked of a desk that was left alone, nobody answers."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.staff import store
from ringoff.features.staff.model import StaffSession
from ringoff.features.staff.roles import PERMISSIONS
from ringoff.features.staff.signing_in import IDLE, MOST


async def set_available(conn: Connection, of: StaffSession, available: bool, now: datetime) -> None:
    """Raises NotAllowed (`permission_missing`)."""
    of.member.require("customers")
    values = {"public_id": of.public_id, "available": available, "now": now}
    if (await conn.execute(store.SET_AVAILABLE, values)).rowcount:
        type_ = "staff.available" if available else "staff.unavailable"
        await proof.record(conn, [proof.Event(type=type_, actor=of.member.actor(of.address), at=now)])


async def is_available(conn: Connection, of: StaffSession) -> bool:
    row = await (await conn.execute(store.IS_AVAILABLE, {"public_id": of.public_id})).fetchone()
    return row is not None


async def free_agents(conn: Connection, now: datetime) -> int:
    """People, not sessions, whose desk is open, not locked, and who said that they take calls."""
    roles = [role for role, permissions in PERMISSIONS.items() if "customers" in permissions]
    asked = {"roles": roles, "since": now - MOST, "seen_since": now - IDLE}
    row = await (await conn.execute(store.FREE_AGENTS, asked)).fetchone()
    assert row is not None
    return int(row[0])
