"""What stands on the security page; and forgetting what no longer serves anybody."""

from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.model import SecuritySummary

_SHORT, _LONG = timedelta(days=1), timedelta(days=90)  # what served nothing but a count; what tells of a theft
_FORGOTTEN = {
    store.FORGET_THROTTLES: _SHORT,
    store.FORGET_CHALLENGES: _SHORT,
    store.FORGET_LINKS: _LONG,
    store.FORGET_SESSIONS: _LONG,
    store.FORGET_CONTACTS: _LONG,
}


async def security(conn: Connection, account_id: int) -> SecuritySummary:
    row = await (await conn.execute(store.SECURITY, {"account_id": account_id})).fetchone()
    assert row is not None
    return SecuritySummary(*row)


async def forget_expired(conn: Connection, now: datetime, limit: int = 10_000) -> None:
    """Old sessions, links, challenges, counts and former contacts; the audit log keeps what they tell."""
    for statement, kept in _FORGOTTEN.items():
        await conn.execute(statement, {"before": now - kept, "limit": limit})
