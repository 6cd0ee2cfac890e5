"""What the holder is told, and where: the facts of a case, rendered when its notice is about to be sent.

Late, so that a notice tells how things stand when it leaves, not when it was owed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.cancellation import store
from ringoff.features.cancellation.billed import bills_told
from ringoff.features.cancellation.model import Cause, Plan
from ringoff.features.cancellation.status import status_code
from ringoff.features.cancellation.terms import Terms
from ringoff.features.notices import BillTold, NoticeFacts, NoticeType, Released, render, render_sms
from ringoff.kit.ids import case_number
from ringoff.ports import Done, Key, NeedsPerson, Outcome, RetryAfter
from ringoff.reconcile.model import Claimed

_NO_ADDRESS = NeedsPerson("there is no e-mail address on file: tell the holder by letter or by phone", untouched=True)

_WITH_CODE: frozenset[NoticeType] = frozenset({"acknowledged", "scheduled", "closed", "billed"})
_TOLD_ELSEWHERE = Done({"sent": False, "why": "no e-mail address of record; told at the address given for afterwards"})
_NOT_CONFIRMED = Done({"sent": False, "why": "the address given for afterwards has not been confirmed"})
_AWAITS_CONTACT = RetryAfter("no e-mail address of record, and the one given is not confirmed yet", timedelta(hours=6))
_ERASED = Done({"sent": False, "why": "the bill was kept as long as it had to be, and was then erased"})
_IN_CONFIDENCE = Done({"sent": False, "why": "in confidence: only the address given for it is told"})


@dataclass(frozen=True, slots=True)
class _Told:
    """One row of NOTICE_FACTS."""

    case_id: int
    state: str
    cause: Cause
    requested_at: datetime
    effective_at: datetime
    ripe_at: datetime | None
    ended_at: datetime | None
    review_rule: str | None
    contact_email: str | None
    contact_confirmed: bool
    confidential: bool
    msisdn: str | None
    iccid: str | None
    plan_id: int | None
    rule_pack: str
    line_ref: str
    service: str
    holder_name: str
    email: str | None
    locale: str
    time_zone: str
    other_lines: int


async def compose(conn: Connection, terms: Terms, claimed: Sequence[Claimed]) -> dict[Key, Mapping[str, Any] | Outcome]:
    """The brief of each notice: a mail when it has a mail's address to go to, a short message for system `sms`."""
    ids = {"ids": arrays.ints(sorted({row.subject_id for row in claimed}))}
    cursor = await conn.execute(store.NOTICE_FACTS, ids)
    told = {row[0]: _Told(*row) for row in await cursor.fetchall()}
    plans = await terms.plans(conn, {t.plan_id for t in told.values()})
    released: dict[int, list[tuple[str, str, datetime | None]]] = defaultdict(list)
    if any(_notice(row) in ("closed", "withdrawn") for row in claimed):
        cursor = await conn.execute(store.RELEASED, ids)
        for case_id, system, state, at in await cursor.fetchall():
            released[case_id].append((system, state, at))
    billed = [told[row.subject_id] for row in claimed if _notice(row) == "billed"]
    packs, locales = {t.case_id: t.rule_pack for t in billed}, {t.case_id: t.locale for t in billed}
    bills = await bills_told(conn, terms, packs, locales) if billed else {}
    return {
        row.key: _brief(
            row, told[row.subject_id], released[row.subject_id], bills.get(row.subject_id, ()), plans, terms
        )
        for row in claimed
    }


def _notice(row: Claimed) -> NoticeType:
    assert row.payload is not None
    notice: NoticeType = row.payload["notice"]
    return notice


def _brief(
    row: Claimed,
    told: _Told,
    released: Sequence[tuple[str, str, datetime | None]],
    bills: Sequence[BillTold],
    plans: Mapping[int, Plan],
    terms: Terms,
) -> Mapping[str, Any] | Outcome:
    notice, plan = _notice(row), plans.get(told.plan_id or 0)
    if notice == "billed" and not bills:
        return _ERASED
    facts = replace(_facts(notice, told, released, plan, terms), bills=bills)
    if told.confidential and not (row.payload and row.payload.get("to") == "contact"):
        return _IN_CONFIDENCE
    if row.payload and row.payload.get("by") == "sms":
        return {"to": told.msisdn, "text": render_sms(notice, facts), "case_number": facts.case_number}
    to = _address(told, to_contact=bool(row.payload and row.payload.get("to") == "contact"))
    if not isinstance(to, str):
        return to
    message = render(notice, facts)
    return {
        "message_id": f"<{facts.case_number}.{row.cycle}@{terms.mail_domain}>",
        "to": to,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "locale": message.language,
    }


def _address(told: _Told, *, to_contact: bool) -> str | Outcome:
    """Or why nothing is sent. Without an address of record everything hangs on the given one being confirmed."""
    if to_contact:
        return told.contact_email if told.contact_email and told.contact_confirmed else _NOT_CONFIRMED
    if told.email is not None:
        return told.email
    if told.contact_email is None:
        return _NO_ADDRESS
    return _TOLD_ELSEWHERE if told.contact_confirmed else _AWAITS_CONTACT


def _facts(
    notice: NoticeType,
    told: _Told,
    released: Sequence[tuple[str, str, datetime | None]],
    plan: Plan | None,
    terms: Terms,
) -> NoticeFacts:
    pack = terms.rules.labelled(told.rule_pack)
    why = next((r.why for r in pack.review if r.id == told.review_rule and r.decision == "decline"), None)
    open_end = notice in ("acknowledged", "scheduled") and told.cause == "cancelled"
    return NoticeFacts(
        case_number=case_number(told.case_id),
        holder_name=told.holder_name,
        locale=told.locale,
        time_zone=told.time_zone,
        carrier_name=terms.carrier,
        line_ref=told.line_ref,
        service=told.service,  # type: ignore[arg-type]
        requested_at=told.requested_at,
        effective_at=told.effective_at,
        support=terms.support or None,
        msisdn=told.msisdn,
        iccid=told.iccid,
        cause=told.cause,
        in_review=told.state == "in_review",
        undo_until=told.ripe_at if open_end and told.state == "scheduled" else None,
        ended_at=told.ended_at,
        why=why if notice == "declined" else None,
        plan=[s.system for s in plan.wanted(told.cause, closes_account=told.other_lines == 0)] if plan else (),
        released=[Released(system, at) for system, state, at in released if state == "discharged" and at],
        trailing=[system for system, state, _ in released if state in ("due", "fallout")],
        checks_after=pack.intervals.verify_after if notice == "closed" else (),
        trial=any(s.trial for s in plan.steps if s.gates_line) if plan else False,
        other_lines=told.other_lines,
        status_code=status_code(terms.secret, told.case_id) if terms.secret and notice in _WITH_CODE else None,
        status_url=f"{terms.public_url}/status",
        portal=terms.public_url or None,
    )
