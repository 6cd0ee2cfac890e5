"""A wish to leave becomes a case: request and review. One line and a bulk of thousands are the same code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import readiness
from ringoff.features.cancellation import store
from ringoff.features.cancellation.case import Changes
from ringoff.features.cancellation.many import must_be_seconded
from ringoff.features.cancellation.model import Cause, Plan, Receipt, Request, State, effective_at
from ringoff.features.cancellation.promises import Going
from ringoff.features.cancellation.release import open_at_once
from ringoff.features.cancellation.terms import Terms
from ringoff.features.notices import NoticeType
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotFound, Refused, RingoffError
from ringoff.kit.ids import case_number
from ringoff.reconcile.model import BULK, INTERACTIVE

_STATE_OF = {"approve": State.SCHEDULED, "manual": State.IN_REVIEW, "decline": State.DECLINED}
_LEVELS = ("none", "one", "two")
NOTICE_OF: dict[State, NoticeType] = {
    State.SCHEDULED: "scheduled",
    State.IN_REVIEW: "acknowledged",
    State.DECLINED: "declined",
}


@dataclass(frozen=True, slots=True)
class _Decided:
    request: Request
    cause: Cause
    line: LineFacts
    pack: RulePack
    rule: str
    state: State
    effective_at: datetime
    cooling_off: timedelta

    @property
    def contact(self) -> str | None:
        """An address for afterwards that is not the one of record anyway. In confidence it is the only one."""
        given = self.request.contact_email
        return given if given != self.line.email or self.request.confidential else None

    @property
    def tells_contact(self) -> bool:
        return self.contact is not None and self.request.contact_confirmed


async def request(
    conn: Connection,
    terms: Terms,
    requests: Sequence[Request],
    actor: Actor,
    now: datetime,
    *,
    cause: Cause = "cancelled",
    approval: int | None = None,
    seconded: bool = False,
) -> list[Receipt | RingoffError]:
    """One answer a request, in their order; an error concerns its own request only. `approval` is needed for many lines
    that somebody at the desk closes, unless a second person has `seconded` them already.

    Raises Unavailable when no configured system could let a line go, and NotAllowed (`approval_missing`): nothing is
    written then.
    """
    plan = await terms.freeze(conn)
    line_ids = [r.line_id for r in requests]
    if actor.staff is not None and not seconded:
        await must_be_seconded(conn, terms, requests, approval, actor, now)
    await conn.execute(store.SHARE_LINES, {"line_ids": arrays.ints(line_ids)})
    opened = await _open_cases(conn, line_ids)  # first: a case that ends between the two looks has closed its line
    lines = await readiness.facts(conn, line_ids)
    answers: dict[int, Receipt | RingoffError] = {}
    wanted: dict[int, tuple[int, _Decided]] = {}
    for position, wish in enumerate(requests):
        line = lines.get(wish.line_id)
        if line is None:
            answers[position] = NotFound("line_unknown", "There is no such line.")
        elif wish.line_id in opened:
            answers[position] = _again(terms, wish, opened[wish.line_id], cause, actor, line)
        elif wish.line_id not in wanted:
            try:
                wanted[wish.line_id] = position, _decide(terms, wish, line, actor, now, cause)
            except RingoffError as error:
                answers[position] = error
    created = await _insert(conn, terms, [d for _, d in wanted.values()], plan, actor, now)
    for line_id, (position, decided) in wanted.items():
        if line_id in created:
            state, rule = decided.state, decided.rule
            answers[position] = Receipt(created[line_id], line_id, state, created=True, rule=rule)
    if len(answers) < len(requests):
        opened = await _open_cases(conn, line_ids)
        for position, wish in enumerate(requests):
            if position not in answers:
                line = lines[wish.line_id]
                answers[position] = _again(terms, wish, opened.get(wish.line_id), cause, actor, line)
    return [answers[position] for position in range(len(requests))]


async def _open_cases(conn: Connection, line_ids: Sequence[int]) -> dict[int, tuple[object, ...]]:
    cursor = await conn.execute(store.OPEN_CASES, {"line_ids": arrays.ints(line_ids)})
    return {row[0]: row[1:] for row in await cursor.fetchall()}


def _again(
    terms: Terms, wish: Request, opened: tuple[object, ...] | None, cause: Cause, actor: Actor, line: LineFacts
) -> Receipt | RingoffError:
    """The same terms asked again are the first case; other terms are an explicit reschedule.

    A case in confidence is named to the carrier's own systems alone. To all others it is a hold that is not public.
    """
    if opened is None:
        return Conflict("case_just_ended", "The line's case has just ended: look at the line and ask again.")
    case_id, state, when_kind, when_date, open_cause, confidential = opened
    assert isinstance(case_id, int)
    if confidential and actor.channel not in terms.pack(line.jurisdiction).channels.trusted:
        return Refused("hold", readiness.UNDISCLOSED, rule="hold")
    if state == State.WITHDRAWING:
        return Conflict(
            "withdrawal_under_way",
            "A withdrawal is still giving systems back: ask again when it is done.",
            case=case_number(case_id),
        )
    if (when_kind, when_date, open_cause, confidential) == (wish.when.kind, wish.when.day, cause, wish.confidential):
        return Receipt(case_id, wish.line_id, State(str(state)), created=False)
    return Conflict(
        "open_case_other_terms",
        f"Case {case_number(case_id)} is open on this line with other terms: reschedule or withdraw it.",
        case=case_number(case_id),
        state=str(state),
    )


def _decide(terms: Terms, wish: Request, line: LineFacts, actor: Actor, now: datetime, cause: Cause) -> _Decided:
    pack = terms.pack(line.jurisdiction)
    if line.status == "closed":
        raise Conflict("line_closed", "This line is closed already.", line_ref=line.line_ref)
    _refuse_stopped(line, pack, cause)
    rule, state = _review(wish, line, pack, actor, now, cause)
    instant = effective_at(
        wish.when,
        now=now,
        zone=line.time_zone,
        paid_until=line.paid_until,
        bill_cycle_day=line.bill_cycle_day,
        most=pack.intervals.max_ahead,
    )
    cooling_off = pack.cooling_off[actor.channel] if wish.cooling_off is None else wish.cooling_off
    if cause == "ported":
        cooling_off = timedelta(0)
    return _Decided(wish, cause, line, pack, rule, state, instant, cooling_off)


def _refuse_stopped(line: LineFacts, pack: RulePack, cause: Cause) -> None:
    """Where the number has moved away, nothing keeps the line."""
    finding = readiness.stop(line, pack) if cause == "cancelled" else None
    if finding is not None:
        code = "unpaid_bills" if finding.code == "unpaid_bills" else "hold"
        raise Refused(code, finding.says, rule=finding.code)


def _review(
    wish: Request, line: LineFacts, pack: RulePack, actor: Actor, now: datetime, cause: Cause
) -> tuple[str, State]:
    """Which rule decides, and how. A hold that keeps a case from being scheduled leaves it in review."""
    rule = pack.decide(
        line.for_rules(
            pack,
            now,
            channel=actor.channel,
            cause=cause,
            when_kind=wish.when.kind,
            whole_account=wish.whole_account,
            level=_LEVELS[wish.level],
            confidential=wish.confidential,
        )
    )
    state = _STATE_OF[rule.decision]
    holds = readiness.blocking_holds(line, pack, "schedule") if cause == "cancelled" else []
    if holds and state is State.SCHEDULED:
        return f"hold_{holds[0]}", State.IN_REVIEW
    return rule.id, state


async def _insert(
    conn: Connection,
    terms: Terms,
    decided: Sequence[_Decided],
    plan: Plan,
    actor: Actor,
    now: datetime,
) -> dict[int, int]:
    if not decided:
        return {}
    scheduled = [d.state is State.SCHEDULED for d in decided]
    cursor = await conn.execute(
        store.INSERT_CASES,
        {
            "channel": actor.channel,
            "requested_by": actor.name,
            "now": now,
            "line_ids": arrays.ints([d.line.line_id for d in decided]),
            "account_ids": arrays.ints([d.line.account_id for d in decided]),
            "states": arrays.texts([d.state.value for d in decided]),
            "causes": arrays.texts([d.cause for d in decided]),
            "priorities": arrays.ints([_priority(actor)] * len(decided)),
            "external_references": arrays.texts([d.request.external_reference for d in decided]),
            "reasons": arrays.texts([d.request.reason for d in decided]),
            "contact_emails": arrays.texts([d.contact for d in decided]),
            "confidentials": arrays.bools([d.request.confidential for d in decided]),
            "contact_phones": arrays.texts([d.request.contact_phone for d in decided]),
            "when_kinds": arrays.texts([d.request.when.kind for d in decided]),
            "when_dates": arrays.times([d.request.when.day for d in decided]),
            "effective_ats": arrays.times([d.effective_at for d in decided]),
            "ripe_ats": arrays.times([max(d.effective_at, now + d.cooling_off) for d in decided]),
            "plan_ids": arrays.ints([plan.id if s else None for s in scheduled]),
            "rule_packs": arrays.texts([d.pack.label for d in decided]),
            "review_rules": arrays.texts([d.rule for d in decided]),
            "msisdns": arrays.texts([d.line.msisdn for d in decided]),
            "contacts_confirmed": arrays.bools([d.request.contact_confirmed for d in decided]),
            "notices": arrays.ints([1 + d.tells_contact for d in decided]),
            "imsis": arrays.texts([d.line.imsi for d in decided]),
            "iccids": arrays.texts([d.line.iccid for d in decided]),
            "eids": arrays.texts([d.line.eid for d in decided]),
        },
    )
    created: dict[int, int] = dict(await cursor.fetchall())
    await _follow(conn, terms, [d for d in decided if d.line.line_id in created], created, plan, actor, now)
    return created


async def _follow(
    conn: Connection,
    terms: Terms,
    decided: Sequence[_Decided],
    created: dict[int, int],
    plan: Plan,
    actor: Actor,
    now: datetime,
) -> None:
    """The events and the first notice of new cases."""
    changes = Changes(terms, actor, now)
    for d in decided:
        case_id = created[d.line.line_id]
        silenced: dict[str, Any] = {"confidential": True} if d.request.confidential else {}
        changes.tell(case_id, "case.requested", when=str(d.request.when), line_ref=d.line.line_ref, **silenced)
        changes.tell(case_id, f"case.{d.state}", rule=f"{d.pack.label}/{d.rule}", plan=plan.id)
        changes.wakes = changes.wakes or (actor.channel != "bulk" and d.state is State.SCHEDULED)
        if d.state is State.SCHEDULED:
            starts_at = max(d.effective_at, now + d.cooling_off)
            changes.going.append(Going(d.line, d.pack, starts_at, d.request.counts_from, case_id))
            open_at_once(case_id, _priority(actor), plan, d.cause, changes)
        told = NOTICE_OF[d.state]
        voice = has_voice(d.line)
        changes.owe_notice(case_id, 1, _priority(actor), told, d.pack, voice=voice, contact=d.tells_contact)
    await changes.write(conn)


def _priority(actor: Actor) -> int:
    return BULK if actor.channel == "bulk" else INTERACTIVE


def has_voice(line: LineFacts) -> bool:
    return line.service == "voice" and line.msisdn is not None
