"""Money as the owner of what moves it: charges and refunds at the processor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.billing import moving
from ringoff.features.billing import moving_store as store
from ringoff.kit.actor import SYSTEM
from ringoff.kit.ids import subject_number
from ringoff.ports import Accepted, Done, Key, NeedsPerson, Outcome
from ringoff.reconcile.model import Claimed, Settled, evidence_of

_ELSEWHERE = NeedsPerson("it goes another way by now", untouched=True)
_NO_CARD = NeedsPerson("no card or account is stored any more", {"cannot_take": True}, untouched=True)
_NO_WAY_BACK = NeedsPerson("the payment did not come through the processor", {"cannot_return": True}, untouched=True)


@dataclass(frozen=True, slots=True)
class SettlementOwner:
    """Owns `charge` and `refund` of the system that moves money. Their subject is a movement, `money_movement.id`.

    Evidence tells us `reference`, and that the processor will never do it: `cannot_take`, `cannot_return`.
    """

    async def lock(self, conn: Connection, claimed: Sequence[Claimed]) -> None:
        await moving.lock(conn, {row.subject_id for row in claimed})

    async def brief(self, conn: Connection, claimed: Sequence[Claimed]) -> Mapping[Key, Mapping[str, Any] | Outcome]:
        ids = {"ids": arrays.ints(sorted({row.subject_id for row in claimed}))}
        if any(row.kind == "charge" for row in claimed):
            await conn.execute(store.CHOOSE_CUSTOMERS, ids)
        known = {row[0]: row[1:] for row in await (await conn.execute(store.MOVEMENTS, ids)).fetchall()}
        return {row.key: _brief(row.subject_id, *known[row.subject_id]) for row in claimed}

    async def settled(self, conn: Connection, held: None, settled: Sequence[Settled], now: datetime) -> None:
        ids = {"ids": arrays.ints({one.subject_id for one in settled})}
        bills = {row[0]: row[1:] for row in await (await conn.execute(store.BILLS, ids)).fetchall()}
        await proof.record(conn, [_event(one, *bills[one.subject_id], now=now) for one in settled if _is_told(one)])
        fallen = [one for one in settled if one.state == "fallout"]
        another = {one.subject_id for one in fallen if _never(one)}
        await moving.moved(conn, {i.subject_id: _reference(i) for i in settled if i.state == "discharged"}, SYSTEM, now)
        await moving.on_their_way(
            conn, {one.subject_id: one.outcome.reference for one in settled if isinstance(one.outcome, Accepted)}
        )
        await moving.find_another_way(conn, another, SYSTEM, now)
        await moving.tell_states(conn, {one.subject_id for one in fallen} - another, SYSTEM, now)


async def brief_of(conn: Connection, movement_id: int) -> Mapping[str, Any] | Outcome:
    """What the processor must know of one movement, as the reconciler will tell it."""
    (row,) = await (await conn.execute(store.MOVEMENTS, {"ids": arrays.ints([movement_id])})).fetchall()
    return _brief(*row)


def _brief(
    id_: int,
    state: str,
    kind: str,
    amount: int,
    currency: str,
    bill_number: str,
    processor_ref: str | None,
    customer_ref: str | None,
    method_ref: str | None,
    page: Mapping[str, str] | None,
) -> Mapping[str, Any] | Outcome:
    if state != "due":
        return _ELSEWHERE
    brief = {"final_bill": bill_number, "movement": subject_number(id_), "amount": amount, "currency": currency}
    if kind == "refund":
        return {**brief, "payment": processor_ref} if processor_ref else _NO_WAY_BACK
    brief["description"] = f"Final bill {bill_number}"
    if page is not None:
        return {**brief, "page": page}
    if customer_ref is None or method_ref is None:
        return _NO_CARD
    return {**brief, "customer": customer_ref, "method": method_ref}


def _never(one: Settled) -> bool:
    evidence = evidence_of(one.outcome) or {}
    return bool(evidence.get("cannot_take") or evidence.get("cannot_return"))


def _reference(one: Settled) -> str | None:
    return str(reference) if (reference := (evidence_of(one.outcome) or {}).get("reference")) else None


def _is_told(one: Settled) -> bool:
    """Endings, and the processor's first word about what takes days. Retries are no events."""
    return one.state != "due" or (isinstance(one.outcome, Accepted) and one.claimed.reference is None)


def _event(one: Settled, case_id: int, bill_number: str, amount: int, currency: str, *, now: datetime) -> proof.Event:
    detail: dict[str, Any] = {"system": one.system, "bill": bill_number, "amount": amount, "currency": currency}
    match one.outcome:
        case Done():
            detail["reference"] = _reference(one)
        case Accepted(reference):
            detail["reference"] = reference
        case outcome:
            detail["why"] = outcome.why
    word = {"discharged": "discharged", "fallout": "fallout"}.get(one.state, "accepted")
    return proof.Event(subject_id=case_id, type=f"{one.claimed.kind}.{word}", actor=SYSTEM, at=now, detail=detail)
