"""A holder pays a final bill by themselves, on the processor's own page: signed in, as a guest, or long after leaving.

The page is an obligation from the moment that it is asked for: whether it was paid on is followed until it is, also
when the holder's browser never comes back.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.billing import moving_store as store
from ringoff.features.billing.owner import brief_of
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict
from ringoff.ports import Outcome, Task
from ringoff.reconcile import store as obligations
from ringoff.reconcile.model import INTERACTIVE, NewObligation

_FOLLOW_AFTER = timedelta(seconds=30)
"""Whoever wants to pay opens the page first."""

LOOK = """
UPDATE obligation SET due_at = %(now)s
 WHERE subject_id = %(id)s AND system = %(system)s AND kind = 'charge' AND state = 'due' AND due_at > %(now)s
"""


async def begin(
    conn: Connection, case_id: int, bill_number: str, page: Mapping[str, str], system: str, actor: Actor, now: datetime
) -> Task:
    """The charge for which the processor has a page. Asked again while that page lives, it is the same charge.

    `page`: `paid` and `back`, where it returns to, and the holder's `language`. Raises Conflict (`nothing_to_pay`).
    """
    asked = {"case_id": case_id, "number": bill_number}
    row = await (await conn.execute(store.TO_PAY, asked)).fetchone()
    if row is None:
        raise Conflict("nothing_to_pay", "Nothing is left to pay of this bill.")
    movement_id, amount, currency, begun = row
    if not begun:
        await conn.execute(store.OPEN_PAGE, {"id": movement_id, "page": orjson.dumps(dict(page)).decode()})
        owed = NewObligation(movement_id, system, "charge", 1, INTERACTIVE, now + _FOLLOW_AFTER)
        await obligations.insert(conn, [owed], now)
        detail = {"bill": bill_number, "amount": amount, "currency": currency}
        told = proof.Event(subject_id=case_id, type="charge.page_asked", actor=actor, at=now, detail=detail)
        await proof.record(conn, [told])
    brief = await brief_of(conn, movement_id)
    if isinstance(brief, Outcome):
        raise Conflict("nothing_to_pay", "Nothing is left to pay of this bill.")
    return Task(movement_id, "charge", 1, 1, brief)


async def look(conn: Connection, task: Task, system: str, now: datetime) -> None:
    """Its page is paid, or over: the worker looks at once, not when it would have."""
    await conn.execute(LOOK, {"id": task.subject_id, "system": system, "now": now})
