"""A wish to leave with the whole account: a case for each of its living lines, in one transaction."""

from collections.abc import Callable
from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import directory
from ringoff.features.cancellation.intake import request
from ringoff.features.cancellation.model import Receipt, Request
from ringoff.features.cancellation.terms import Terms
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, Refused, RingoffError
from ringoff.kit.ids import LineId

LINES_MOST = 500


async def request_account(
    conn: Connection,
    terms: Terms,
    number: str,
    wish: Callable[[LineId], Request],
    actor: Actor,
    now: datetime,
    *,
    approval: int | None = None,
) -> list[tuple[LineId, Receipt | RingoffError]]:
    """Secondary lines come before their primary, and close before it. A line that cannot be closed keeps no other open.

    Raises the first line's error where it is so for all of them, Conflict for an account without a living line, Refused
    for one with more than LINES_MOST, NotAllowed as `request`.
    """
    line_ids = await directory.living_lines(conn, number, limit=LINES_MOST + 1)
    if not line_ids:
        raise Conflict("account_closed", "This account has no living line.", account_number=number)
    if len(line_ids) > LINES_MOST:
        message = f"This account has more than {LINES_MOST} lines: cancel it in bulk."
        raise Refused("account_too_large", message, rule="account_lines_most")
    receipts = await request(conn, terms, [wish(line_id) for line_id in line_ids], actor, now, approval=approval)
    errors = [receipt for receipt in receipts if isinstance(receipt, RingoffError)]
    if len(errors) == len(receipts):
        raise errors[0]
    return list(zip(line_ids, receipts, strict=True))
