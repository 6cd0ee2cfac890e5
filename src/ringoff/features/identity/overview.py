"""What stands on the security page; and forgetting what no longer serves anybody."""

from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.model import SecuritySummary

_KEPT = timedelta(days=90)  # longer than any window, link or session lives: for those who look into a theft


async def security(conn: Connection, account_id: int) -> SecuritySummary:
    row = await (await conn.execute(store.SECURITY, {"account_id": account_id})).fetchone()
    assert row is not None
    return SecuritySummary(*row)


async def forget_expired(conn: Connection, now: datetime) -> None:
    """Ended sessions, old links, challenges and counts. The audit log keeps what they tell."""
    for statement in store.FORGET:
        await conn.execute(statement, {"before": now - _KEPT})
