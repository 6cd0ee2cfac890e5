"""The cancellation as the owner of its obligations: what the reconciler asks it, and tells it, in its transactions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.cancellation import notify, store
from ringoff.features.cancellation.case import Case, Changes, lock
from ringoff.features.cancellation.model import State
from ringoff.features.cancellation.release import advance_cases, owe_check
from ringoff.features.cancellation.terms import Terms
from ringoff.features.cancellation.withdrawal import give_back, go_on_withdrawing
from ringoff.kit.actor import SYSTEM
from ringoff.kit.ids import case_number
from ringoff.ports import Accepted, Done, Key, NeedsPerson, Outcome, RetryAfter
from ringoff.reconcile.model import Claimed, NewObligation, Settled, evidence_of

_IDENTITY = ("line_ref", "msisdn", "imsi", "iccid", "eid", "service", "account_number")
_CHANGED = NeedsPerson("the line's number or SIM has changed since the cancellation was scheduled", untouched=True)
_REUSED = NeedsPerson("its SIM or number belongs to another living line now", untouched=True)
_STAYS = RetryAfter("the holder stays", timedelta(0))


class CaseOwner:
    """Owns release, restore, verify and notify. The reconciler calls it; it calls nobody outside."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    async def lock(self, conn: Connection, claimed: Sequence[Claimed]) -> dict[int, Case]:
        """A notice that has been sent moves no case on: mail never waits for those who close lines."""
        moving = [row.subject_id for row in claimed if row.kind != "notify"]
        return await lock(conn, moving) if moving else {}

    async def brief(self, conn: Connection, claimed: Sequence[Claimed]) -> Mapping[Key, Mapping[str, Any] | Outcome]:
        notices = [row for row in claimed if row.kind == "notify"]
        briefs = dict(await notify.compose(conn, self._terms, notices)) if notices else {}
        if len(notices) < len(claimed):
            briefs.update(await _identities(conn, [row for row in claimed if row.kind != "notify"]))
        return briefs

    async def settled(self, conn: Connection, held: dict[int, Case], settled: Sequence[Settled], now: datetime) -> None:
        changes = Changes(self._terms, SYSTEM, now)
        moved: dict[int, Case] = {}
        leftovers: list[Settled] = []
        for one in settled:
            _record(one, changes)
            if isinstance(one.outcome, Done) and one.outcome.leftover:
                leftovers.append(one)
            if one.claimed.kind in ("release", "restore"):
                moved[one.subject_id] = held[one.subject_id]
            elif one.claimed.kind == "verify" and one.state != "due":
                self._owe_next_check(one, held[one.subject_id], changes)
        await move_on(conn, moved, changes)
        if leftovers:
            await _release_again(conn, held, leftovers, changes)
        await changes.write(conn)

    def _owe_next_check(self, one: Settled, case: Case, changes: Changes) -> None:
        assert case.ended_at is not None
        pack = self._terms.rules.labelled(case.rule_pack)
        owe_check(case, one.system, one.claimed.cycle + 1, pack, case.ended_at, changes)


async def move_on(conn: Connection, cases: Mapping[int, Case], changes: Changes) -> None:
    """After something ended: what follows for each of these locked cases."""
    going = [c for c in cases.values() if c.state in (State.RELEASING, State.CLOSED)]
    if going:
        await advance_cases(conn, going, changes)
    ended = [c for c in cases.values() if c.state in (State.DECLINED, State.WITHDRAWN)]
    if ended:
        await give_back(conn, ended, changes)  # a worker had it in hand when the case ended
    withdrawing = [c for c in cases.values() if c.state is State.WITHDRAWING]
    if withdrawing:
        await go_on_withdrawing(conn, withdrawing, changes)


async def sweep(conn: Connection, terms: Terms, now: datetime, limit: int = 500) -> list[int]:
    """Find open cases with nothing due, move them on, and report them: that they exist at all is a defect."""
    cursor = await conn.execute(store.ASLEEP, {"limit": limit})
    asleep = [row[0] for row in await cursor.fetchall()]
    if asleep:
        changes = Changes(terms, SYSTEM, now)
        for case_id in asleep:
            changes.tell(case_id, "case.found_asleep")
        await move_on(conn, await lock(conn, asleep), changes)
        await changes.write(conn)
    return asleep


async def _identities(conn: Connection, claimed: Sequence[Claimed]) -> dict[Key, Mapping[str, Any] | Outcome]:
    """The snapshot, never the present: a case does not act on a line that no longer matches it."""
    cursor = await conn.execute(store.BRIEFS, {"ids": arrays.ints(sorted({row.subject_id for row in claimed}))})
    known = {row[0]: row[1:] for row in await cursor.fetchall()}
    return {row.key: _identity(row, *known[row.subject_id]) for row in claimed}


def _identity(row: Claimed, *facts: Any) -> Mapping[str, Any] | Outcome:
    *identity, state, unchanged, reused = facts
    if row.kind == "release" and row.reference is None and state == State.WITHDRAWING:
        return _STAYS
    if row.kind == "release" and not unchanged:
        return _CHANGED
    if row.kind in ("release", "verify") and reused:
        return _REUSED
    return {"case_number": case_number(row.subject_id), **dict(zip(_IDENTITY, identity, strict=True))}


def _record(one: Settled, changes: Changes) -> None:
    """What an auditor must see: endings, and the first word of a system that answers later. Retries are no events."""
    kind, case_id = one.claimed.kind, one.subject_id
    extra: dict[str, Any] = {"cycle": one.claimed.cycle} if one.claimed.cycle > 1 or kind == "verify" else {}
    if one.claimed.payload and kind == "notify":
        extra = {"notice": one.claimed.payload["notice"]}
    match one.state, one.outcome:
        case "discharged", _:
            changes.tell(case_id, f"{kind}.discharged", system=one.system, **extra)
        case "fallout", outcome:
            why = getattr(outcome, "why", "no answer in time")
            changes.tell(case_id, f"{kind}.fallout", system=one.system, why=why, **extra)
        case "due", Accepted(reference) if one.claimed.reference is None:
            changes.tell(case_id, f"{kind}.accepted", system=one.system, reference=reference, **extra)


async def _release_again(
    conn: Connection, held: Mapping[int, Case], leftovers: Sequence[Settled], changes: Changes
) -> None:
    """Something came back to life and still matches the snapshot: released again, and told to the desk."""
    cursor = await conn.execute(store.LATEST_CYCLES, {"ids": sorted({one.subject_id for one in leftovers})})
    latest = {(row[0], row[1]): row[2] for row in await cursor.fetchall()}
    for one in leftovers:
        case, cycle = held[one.subject_id], latest.get((one.subject_id, one.system), 0) + 1
        changes.tell(case.id, "line.leftover_found", system=one.system, evidence=evidence_of(one.outcome))
        changes.owe(NewObligation(case.id, one.system, "release", cycle, case.priority, changes.now, wave=case.wave))
