"""What of the money needs a person: a refund that no processor can return, a bill that nothing explains.

A person says that it was paid, by which transfer; or how a bill that is stuck goes on. Nothing here moves money.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ringoff.db.pool import Connection
from ringoff.features import approvals, proof
from ringoff.features.approvals import ALONE_NOTHING, Limits
from ringoff.features.billing import moving
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotFound

GoesOn = Literal["again", "accept", "waive"]

PAYOUTS = """
SELECT m.id, f.case_id, f.bill_number, a.id, a.account_number, a.holder_name, m.amount, m.currency, m.asked_at
  FROM money_movement m JOIN final_bill f ON f.id = m.final_bill_id JOIN account a ON a.id = m.account_id
 WHERE m.state = 'due' AND m.route IN ('transfer', 'cheque') ORDER BY m.asked_at, m.id LIMIT %(limit)s
"""
STUCK = """
SELECT s.case_id, a.account_number, s.closed_at, s.why
  FROM settlement s JOIN account a ON a.id = s.account_id
 WHERE s.state = 'stuck' ORDER BY s.closed_at, s.case_id LIMIT %(limit)s
"""
MOVEMENT = """
SELECT m.state, m.route, f.case_id, f.bill_number, m.amount, m.currency, m.account_id
  FROM money_movement m JOIN final_bill f ON f.id = m.final_bill_id WHERE m.id = %(id)s
"""
STATE = "SELECT state FROM settlement WHERE case_id = %(case_id)s FOR NO KEY UPDATE"
GO_ON = """
UPDATE settlement SET state = CASE %(how)s WHEN 'waive' THEN 'done' ELSE 'due' END, accepted = %(how)s = 'accept',
       due_at = %(now)s, why = %(why)s
 WHERE case_id = %(case_id)s
"""


@dataclass(frozen=True, slots=True)
class Payout:
    """A refund to be made by transfer or cheque, by a person. `amount` in minor units."""

    movement_id: int
    case_id: int
    bill_number: str
    account_id: int
    account_number: str
    holder_name: str
    amount: int
    currency: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class StuckBill:
    """A closed line whose bill is not what was promised. `why`: the sources of the items that nothing explains."""

    case_id: int
    account_number: str
    closed_at: datetime
    why: str | None


async def payouts(conn: Connection, limit: int = 200) -> Sequence[Payout]:
    """The oldest first."""
    return [Payout(*row) for row in await (await conn.execute(PAYOUTS, {"limit": limit})).fetchall()]


async def stuck_bills(conn: Connection, limit: int = 200) -> Sequence[StuckBill]:
    """The oldest first."""
    return [StuckBill(*row) for row in await (await conn.execute(STUCK, {"limit": limit})).fetchall()]


async def paid_out(
    conn: Connection,
    movement_id: int,
    reference: str,
    actor: Actor,
    now: datetime,
    *,
    limits: Limits = ALONE_NOTHING,
    approval: int | None = None,
) -> None:
    """A person has made the transfer; `reference` is what it is found by at the bank. What is above the `limits` of one
    person at the desk needs a second one's `approval`.

    Raises NotFound (`movement_unknown`), Conflict (`movement_not_due`) for one that is done or goes another way, and
    NotAllowed (`approval_missing`).
    """
    await moving.lock(conn, [movement_id])
    row = await (await conn.execute(MOVEMENT, {"id": movement_id})).fetchone()
    if row is None:
        raise NotFound("movement_unknown", "There is no such payment.")
    state, route, case_id, bill_number, amount, currency, account_id = row
    if state != "due" or route not in ("transfer", "cheque"):
        raise Conflict("movement_not_due", "This payment does not wait for a person.", state=state)
    if actor.staff is not None and limits.needs_two(amount, currency):
        wish = approvals.amount(movement_id, account_id, amount, currency)
        await approvals.use(conn, wish, approval, actor, now)
    await moving.moved(conn, {movement_id: reference}, actor, now)
    detail = {"bill": bill_number, "amount": amount, "currency": currency, "reference": reference}
    await proof.record(conn, [proof.Event(subject_id=case_id, type="refund.paid", actor=actor, at=now, detail=detail)])


async def free(conn: Connection, case_id: int, how: GoesOn, why: str, actor: Actor, now: datetime) -> None:
    """A stuck bill goes on: looked at `again` after the data were corrected; `accept`: issued as it is rated now, the
    differences told on it; `waive`: no bill is made, and nothing is asked or returned.

    Raises NotFound (`settlement_unknown`), and Conflict (`settlement_not_stuck`).
    """
    row = await (await conn.execute(STATE, {"case_id": case_id})).fetchone()
    if row is None:
        raise NotFound("settlement_unknown", "This case has no final bill to be made.")
    if row[0] != "stuck":
        raise Conflict("settlement_not_stuck", f"The final bill of this case is {row[0]}, not stuck.", state=row[0])
    await conn.execute(GO_ON, {"case_id": case_id, "how": how, "why": why, "now": now})
    told = proof.Event(
        subject_id=case_id, type="final_bill.freed", actor=actor, at=now, detail={"how": how, "why": why}
    )
    await proof.record(conn, [told])
