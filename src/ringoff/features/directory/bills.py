"""An account's bills, as the carrier's billing has them: nothing is computed here."""

from ringoff.db.pool import Connection
from ringoff.features.directory import store
from ringoff.features.directory.model import Bill

BILLS_MOST = 500
"""How many of the newest are shown or handed out: forty years of months."""
_UNPAID_MOST = 50


async def bills(conn: Connection, account_id: int) -> list[Bill]:
    """The newest first."""
    cursor = await conn.execute(store.BILLS, {"account_id": account_id, "limit": BILLS_MOST})
    return [Bill(*row) for row in await cursor.fetchall()]


async def unpaid_bills_of_line(conn: Connection, line_id: int) -> list[Bill]:
    """Of the account that the line is on, the oldest first."""
    cursor = await conn.execute(store.UNPAID_BILLS_OF_LINE, {"line_id": line_id, "limit": _UNPAID_MOST})
    return [Bill(*row) for row in await cursor.fetchall()]


async def bill_document(conn: Connection, account_id: int, bill_number: str) -> bytes | None:
    """The PDF; None where there is none, or no such bill on this account."""
    cursor = await conn.execute(store.BILL_DOCUMENT, {"account_id": account_id, "bill_number": bill_number})
    row = await cursor.fetchone()
    return bytes(row[0]) if row and row[0] is not None else None
