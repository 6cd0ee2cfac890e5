"""From ripe to closed: start what is due, open wave after wave, close, and keep checking afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import billing, readiness
from ringoff.features.billing import ClosedLine
from ringoff.features.cancellation import store
from ringoff.features.cancellation.case import Case, Changes, as_case
from ringoff.features.cancellation.model import Cause, OpenReleases, Plan, State, Step, advance
from ringoff.features.cancellation.terms import Terms
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.kit.actor import SYSTEM, Channel
from ringoff.reconcile.model import NewObligation

_NOTHING_OPEN = OpenReleases()


@dataclass(frozen=True, slots=True)
class Look:
    """What a second look at a ripe case decides."""

    verdict: Literal["start", "wait", "review"]
    why: str | None = None


_LOCKED = Look("wait", "cancel_lock")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ripe case is looked at with: what the line was known by, and how and when it was scheduled.

    `since`: when it might have started. `scheduled_at`: the last time, so after the last word of a person.
    """

    msisdn: str | None
    imsi: str | None
    iccid: str | None
    since: datetime
    channel: Channel
    when_kind: str
    confidential: bool
    scheduled_at: datetime


def look_again(case: Case, asked: Asked, line: LineFacts, pack: RulePack, now: datetime) -> Look:
    """Readiness once more, in the transaction that starts releasing: the world may have changed since the request."""
    if (asked.msisdn, asked.imsi, asked.iccid) != (line.msisdn, line.imsi, line.iccid):
        return Look("review", "the line's number or SIM is no longer the one that was asked for")
    if case.cause == "cancelled":
        holds = readiness.blocking_holds(line, pack, "ripen")
        if holds:
            return Look("wait", f"hold:{holds[0]}")
        if (locked := _look_at_lock(case, asked, line, pack, now)) is not None:
            return locked
    if line.has_live_secondaries:
        return Look("wait", "secondary_lines")
    return Look("start")


def _look_at_lock(case: Case, asked: Asked, line: LineFacts, pack: RulePack, now: datetime) -> Look | None:
    """The holder's own lock, set after the case was scheduled: it stops whatever it would have stopped at the request.

    Which that is, the pack's review rules say: those that decide otherwise because of the lock. What they decline
    waits, for the holder themselves lifts the lock, or undoes the case. Lifting it is a recent change, which gives the
    contacts of record time to object, so the case waits on until that is over.
    """
    if line.cancel_locked_at is None:
        waited = case.waiting_for in ("cancel_lock", "recent_change")
        return Look("wait", "recent_change") if waited and line.changed_recently(pack, now) else None
    if line.cancel_locked_at <= asked.scheduled_at:
        return None
    known = line.for_rules(
        pack,
        now,
        channel=asked.channel,
        cause=case.cause,
        when_kind=asked.when_kind,
        whole_account=True,  # of secondary lines `look_again` knows better
        confidential=asked.confidential,
    )
    decision = pack.decide(known).decision
    if decision == pack.decide({**known, "cancel_lock": False}).decision:
        return None
    return Look("review", "the holder has locked the account against cancelling") if decision == "manual" else _LOCKED


async def ripen(
    conn: Connection,
    terms: Terms,
    now: datetime,
    *,
    priority: int,
    before: datetime,
    since: datetime | str = "-infinity",
    limit: int,
) -> list[datetime]:
    """Start the scheduled cases whose time has come, at most `limit`; returns the instants at which they were ripe.

    Any number of workers may do this at once: each takes what no other holds.
    """
    cursor = await conn.execute(store.RIPE, {"priority": priority, "since": since, "before": before, "limit": limit})
    found = [(as_case(row[:15]), Asked(*row[15:])) for row in await cursor.fetchall()]
    if not found:
        return []
    lines = await readiness.facts(conn, [case.line_id for case, _ in found])
    plans = await terms.plans(conn, {case.plan_id for case, _ in found})
    changes = Changes(terms, SYSTEM, now)
    ripe_at = [case.ripe_at for case, _ in found if case.ripe_at is not None]
    for case, asked in found:
        line = lines[case.line_id]
        look = look_again(case, asked, line, terms.pack(line.jurisdiction), now)
        _act_on(look, case, line, plans, changes, since=asked.since)
    await changes.write(conn)
    return ripe_at


def _act_on(
    look: Look, case: Case, line: LineFacts, plans: Mapping[int, Plan], changes: Changes, *, since: datetime
) -> None:
    """`since`: when it might have started. What waits long is looked at less often; what lifts a hold wakes it."""
    changes.keep(case)
    match look.verdict:
        case "start":
            assert case.plan_id is not None
            plan = plans[case.plan_id]
            case.move(State.RELEASING)
            case.waiting_for = None
            changes.tell(case.id, "case.releasing")
            _open_wave(case, plan, plan.first_wave(case.cause), changes)
        case "wait":
            if case.waiting_for != look.why:
                changes.tell(case.id, "case.waiting", why=look.why)
            case.waiting_for = look.why
            intervals = changes.terms.pack(line.jurisdiction).intervals
            case.ripe_at = changes.now + min(max(intervals.recheck, (changes.now - since) / 8), intervals.recheck_most)
        case "review":
            case.move(State.IN_REVIEW)
            case.waiting_for = None
            changes.tell(case.id, "case.in_review", why=look.why)


def open_at_once(case_id: int, priority: int, plan: Plan, cause: Cause, changes: Changes) -> None:
    """Wave 0, for a case that has just been scheduled: what must not wait until it is ripe, such as renewals."""
    for step in plan.wave(0, cause, closes_account=False):
        changes.owe(NewObligation(case_id, step.system, "release", 1, priority, changes.now))


def _open_wave(case: Case, plan: Plan, wave: int, changes: Changes) -> None:
    case.wave = wave
    for step in plan.wave(wave, case.cause, closes_account=case.closes_account):
        changes.owe(_release(case, step, changes.now))


def _release(case: Case, step: Step, now: datetime) -> NewObligation:
    return NewObligation(case.id, step.system, "release", 1, case.priority, now, wave=step.wave, gates=step.gates_line)


async def advance_cases(conn: Connection, cases: Sequence[Case], changes: Changes) -> None:
    """After releases were settled: open the next waves, close what is complete. The cases are locked by the caller."""
    plans = await changes.terms.plans(conn, {c.plan_id for c in cases})
    cursor = await conn.execute(store.STILL_OPEN, {"ids": arrays.ints([c.id for c in cases])})
    still_open = {row[0]: OpenReleases(row[1], row[2]) for row in await cursor.fetchall()}
    closing: dict[Case, bool] = {}
    for case in cases:
        assert case.plan_id is not None
        plan = plans[case.plan_id]
        still = still_open.get(case.id, _NOTHING_OPEN)
        step = advance(case.state, plan, case.wave, case.cause, still, closes_account=case.closes_account)
        if step.open_wave is not None:
            changes.keep(case)
            _open_wave(case, plan, step.open_wave, changes)
        if step.closes:
            changes.keep(case)
            case.move(State.CLOSED)
            closing[case] = still == _NOTHING_OPEN and step.open_wave is None
    if closing:
        await _close(conn, closing, plans, changes)


async def _close(conn: Connection, cases: Mapping[Case, bool], plans: Mapping[int, Plan], changes: Changes) -> None:
    """The line first, then its account under its lock: of two lines that close at once, the second sees it is last.

    True for a case: none of its releases is open, so nothing but this would open its account's steps.
    """
    now, line_ids = changes.now, arrays.ints([c.line_id for c in cases])
    await conn.execute(store.CLOSE_LINES, {"line_ids": line_ids, "now": now})
    account_ids = arrays.ints(sorted({c.account_id for c in cases}))
    await conn.execute(store.LOCK_ACCOUNTS, {"account_ids": account_ids})
    cursor = await conn.execute(store.CLOSE_ACCOUNTS, {"account_ids": account_ids, "now": now})
    emptied = {row[0] for row in await cursor.fetchall()}
    await conn.execute(store.WAKE_PRIMARIES, {"line_ids": line_ids, "now": now})
    if changes.terms.final_bills:
        labelled = changes.terms.rules.labelled
        await billing.owe_settlements(conn, [ClosedLine(c.id, c.account_id, labelled(c.rule_pack)) for c in cases], now)
    for case in sorted(cases, key=lambda c: c.id, reverse=True):
        assert case.plan_id is not None
        pack = changes.terms.rules.labelled(case.rule_pack)
        plan = plans[case.plan_id]
        changes.tell(case.id, "case.closed", cause=case.cause)
        changes.notify(case, "closed", pack)
        for step in plan.wanted(case.cause, closes_account=False):
            if step.gates:
                owe_check(case, step.system, 1, pack, now, changes)
        if case.account_id in emptied:
            emptied.discard(case.account_id)
            changes.tell(case.id, "account.closed")
            _open_account_steps(case, plan, changes, nothing_open=cases[case])


def _open_account_steps(case: Case, plan: Plan, changes: Changes, *, nothing_open: bool) -> None:
    """From here on the account's own steps belong to this case's waves; those of waves already open start now."""
    case.closes_account = True
    steps = [s for s in plan.wanted(case.cause, closes_account=True) if s.scope == "account"]
    due = [s for s in steps if s.wave <= case.wave]
    for step in due:
        changes.owe(_release(case, step, changes.now))
    if nothing_open and not due and steps:
        _open_wave(case, plan, min(s.wave for s in steps), changes)


def owe_check(case: Case, system: str, cycle: int, pack: RulePack, closed_at: datetime, changes: Changes) -> None:
    """After-care: ask a gating system again, days later, whether anything came back to life. One check at a time."""
    if cycle <= len(pack.intervals.verify_after):
        due = closed_at + pack.intervals.verify_after[cycle - 1]
        changes.owe(NewObligation(case.id, system, "verify", cycle, case.priority, due))
