"""Many lines at once: more than somebody at the desk closes alone, in one go or one after the other."""

from collections.abc import Sequence
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import approvals
from ringoff.features.approvals import Wish
from ringoff.features.cancellation.model import Request
from ringoff.features.cancellation.terms import Terms
from ringoff.kit.actor import Actor

ACCOUNTS = """
SELECT l.account_id, a.jurisdiction FROM line l JOIN account a ON a.id = l.account_id
 WHERE l.id = ANY (%(line_ids)s::bigint[]) ORDER BY l.account_id LIMIT 1
"""
# Each account's lines are few enough to be looked through: 500 at most are closed by hand.
ASKED_BEFORE = """
SELECT count(DISTINCT c.line_id) FROM line l JOIN cancellation c ON c.line_id = l.id
 WHERE l.account_id = %(account_id)s AND l.id <> ALL (%(line_ids)s::bigint[])
   AND c.requested_by = %(by)s AND c.requested_at > %(since)s
"""


async def must_be_seconded(
    conn: Connection, terms: Terms, requests: Sequence[Request], approval: int | None, actor: Actor, now: datetime
) -> None:
    """Counted together with what the same person asked for a while before: ten times ten is a hundred.

    Raises NotAllowed (`approval_missing`).
    """
    line_ids = sorted({wish.line_id for wish in requests})
    row = await (await conn.execute(ACCOUNTS, {"line_ids": arrays.ints(line_ids)})).fetchone()
    if row is None:
        return
    account_id, jurisdiction = row
    rules = terms.pack(jurisdiction).four_eyes
    asked = {"account_id": account_id, "line_ids": arrays.ints(line_ids), "by": actor.name, "since": now - rules.waits}
    before = await (await conn.execute(ASKED_BEFORE, asked)).fetchone()
    if len(line_ids) + (before[0] if before else 0) > rules.lines_above:
        await approvals.use(conn, closing_many(account_id, requests), approval, actor, now)


def closing_many(account_id: int, requests: Sequence[Request]) -> Wish:
    """What a second person approves before so many lines are closed."""
    return approvals.many_lines(account_id, [r.line_id for r in requests], [str(r.when) for r in requests])
