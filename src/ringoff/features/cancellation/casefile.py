"""A case as it is shown: how it stands, what each system was asked and what it proved. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.cancellation.model import Cause, Effect, State
from ringoff.kit.errors import NotFound
from ringoff.kit.ids import case_number

_SUMMARY = """
SELECT c.id, c.state, c.cause, l.line_ref, a.account_number, c.msisdn, c.imsi, c.iccid, c.eid,
       c.when_kind, c.when_date, c.effective_at, c.ripe_at, c.waiting_for, c.requested_at, c.scheduled_at,
       c.releasing_at, c.ended_at, c.channel, c.requested_by, c.external_reference, c.reason, c.contact_email,
       c.contact_phone, c.contact_confirmed_at IS NOT NULL, c.rule_pack, c.review_rule, c.wave, c.confidential,
       EXISTS (SELECT FROM release_step s WHERE s.plan_id = c.plan_id AND s.trial)
  FROM cancellation c JOIN line l ON l.id = c.line_id JOIN account a ON a.id = c.account_id
"""

SUMMARIES = _SUMMARY + "WHERE c.id = ANY (%(ids)s::bigint[])"

NEWEST = """
SELECT max(c.id) FROM cancellation c
 WHERE c.line_id = ANY (%(line_ids)s::bigint[]) AND (%(in_confidence)s OR NOT c.confidential) GROUP BY c.line_id
"""

# Newest first. The states are written out, so that the partial indexes of open cases serve them.
OF_STATE = {state: f"c.state = '{state}'" for state in State}
OF_REFERENCE = "c.external_reference = %(external_reference)s"
OF_LINE = "c.line_id = %(line_id)s"
OF_ACCOUNT = """c.line_id IN (SELECT own.id FROM line own JOIN account holder ON holder.id = own.account_id
                              WHERE holder.account_number = %(account_number)s)"""
BEFORE = "c.id < %(before)s"
NOT_IN_CONFIDENCE = "NOT c.confidential"
OF_MOMENT = "c.requested_at = %(requested_at)s"
NEWEST_FIRST = " ORDER BY c.id DESC LIMIT %(limit)s"
IN_REVIEW = _SUMMARY + "WHERE c.state = 'in_review' ORDER BY c.requested_at, c.id LIMIT %(limit)s"

# What was owed to each system, whether it still lies in the hot table or is archived.
OWED = """
SELECT o.system, o.kind, o.cycle, o.wave, o.gates, o.state, o.created_at, o.due_at, o.attempts, o.reference,
       o.payload, o.evidence, o.last_outcome, o.settled_at
  FROM obligation o WHERE o.subject_id = %(id)s
 UNION ALL
SELECT o.system, o.kind, o.cycle, o.wave, o.gates, o.state, o.created_at, o.due_at, o.attempts, o.reference,
       o.payload, o.evidence, o.last_outcome, o.settled_at
  FROM obligation_archive o WHERE o.subject_id = %(id)s
 ORDER BY wave, system, kind, cycle
"""

STEPS = """
SELECT s.system, s.wave, s.effect, s.gates, s.trial, s.scope = 'line' AND (s.ported OR c.cause <> 'ported')
  FROM cancellation c JOIN release_step s ON s.plan_id = c.plan_id
 WHERE c.id = %(id)s ORDER BY s.wave, s.system
"""

# After-care goes on for weeks; it is not what somebody who watches a case waits for.
OVER = """
SELECT c.id FROM cancellation c
 WHERE c.id = ANY (%(ids)s::bigint[]) AND c.state IN ('closed', 'declined', 'withdrawn')
   AND NOT EXISTS (SELECT FROM obligation o
                    WHERE o.subject_id = c.id AND o.state = 'due' AND o.kind <> 'verify')
"""

PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Summary:
    """The case itself. MSISDN, IMSI, ICCID and EID are the snapshot taken when its holder asked.

    `trial`: a stand-in serves at least one system of its plan, so nothing real may have been released.
    """

    id: int
    state: State
    cause: Cause
    line_ref: str
    account_number: str
    msisdn: str | None
    imsi: str | None
    iccid: str | None
    eid: str | None
    when_kind: str
    when_date: date | None
    effective_at: datetime
    ripe_at: datetime | None
    waiting_for: str | None
    requested_at: datetime
    scheduled_at: datetime | None
    releasing_at: datetime | None
    ended_at: datetime | None
    channel: str
    requested_by: str
    external_reference: str | None
    reason: str | None
    contact_email: str | None
    contact_phone: str | None
    contact_confirmed: bool
    rule_pack: str
    review_rule: str | None
    wave: int
    confidential: bool
    trial: bool

    @property
    def number(self) -> str:
        return case_number(self.id)

    @property
    def when(self) -> str:
        return self.when_date.isoformat() if self.when_date else self.when_kind


@dataclass(frozen=True, slots=True)
class Owed:
    """One obligation of the case. `state` is `planned` for a release whose wave has not been opened yet."""

    system: str
    kind: str
    cycle: int
    wave: int
    gates: bool
    state: str
    trial: bool = False
    effect: Effect | None = None
    created_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    reference: str | None = None
    payload: Mapping[str, Any] | None = None
    evidence: Mapping[str, Any] | None = None
    last_outcome: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`releases` by wave: everything that closes the line, or gives it back, done or still to do; `notices` apart."""

    summary: Summary
    releases: Sequence[Owed]
    checks: Sequence[Owed]
    notices: Sequence[Owed]


async def summaries(conn: Connection, ids: Collection[int]) -> dict[int, Summary]:
    cursor = await conn.execute(SUMMARIES, {"ids": arrays.ints(ids)})
    return {row[0]: _summary(row) for row in await cursor.fetchall()}


async def summarise(conn: Connection, case_id: int) -> Summary:
    """Raises NotFound (`case_unknown`)."""
    summary = (await summaries(conn, [case_id])).get(case_id)
    if summary is None:
        raise NotFound("case_unknown", f"There is no case {case_number(case_id)}.")
    return summary


async def page(
    conn: Connection,
    *,
    state: State | None = None,
    external_reference: str | None = None,
    line_id: int | None = None,
    account_number: str | None = None,
    requested_at: datetime | None = None,
    before: int | None = None,
    in_confidence: bool = True,
    limit: int,
) -> list[Summary]:
    """Newest first; `before` is the id of the last case of the page before. `in_confidence`: those as well, which is
    for the carrier's own eyes and never for the account's (`Request.confidential`).
    """
    conditions = [
        *([OF_STATE[state]] if state else []),
        *([OF_REFERENCE] if external_reference is not None else []),
        *([OF_LINE] if line_id is not None else []),
        *([OF_ACCOUNT] if account_number is not None else []),
        *([OF_MOMENT] if requested_at is not None else []),
        *([BEFORE] if before is not None else []),
        *([] if in_confidence else [NOT_IN_CONFIDENCE]),
    ]
    where = "WHERE " + " AND ".join(conditions) if conditions else ""
    cursor = await conn.execute(
        _SUMMARY + where + NEWEST_FIRST,
        {
            "external_reference": external_reference,
            "line_id": line_id,
            "account_number": account_number,
            "requested_at": requested_at,
            "before": before,
            "limit": limit,
        },
    )
    return [_summary(row) for row in await cursor.fetchall()]


async def in_review(conn: Connection, limit: int = 200) -> list[Summary]:
    """Those that wait for a person, the oldest first; those in confidence as well."""
    return [_summary(row) for row in await (await conn.execute(IN_REVIEW, {"limit": limit})).fetchall()]


async def newest(conn: Connection, line_ids: Collection[int], *, in_confidence: bool = True) -> dict[str, Summary]:
    """The last case of each of these lines that has one, by its line_ref."""
    cursor = await conn.execute(NEWEST, {"line_ids": arrays.ints(line_ids), "in_confidence": in_confidence})
    found = await summaries(conn, [row[0] for row in await cursor.fetchall()])
    return {case.line_ref: case for case in found.values()}


async def read(conn: Connection, case_id: int) -> CaseFile:
    """Raises NotFound (`case_unknown`)."""
    summary = await summarise(conn, case_id)
    cursor = await conn.execute(STEPS, {"id": case_id})
    steps = {row[0]: row[1:] for row in await cursor.fetchall()}
    cursor = await conn.execute(OWED, {"id": case_id})
    all_owed = [_owed(row, steps) for row in await cursor.fetchall()]
    asked = {o.system for o in all_owed if o.kind == "release"}
    planned = [
        Owed(system, "release", 1, wave, gates, PLANNED, trial=trial, effect=effect)
        for system, (wave, effect, gates, trial, of_the_line) in steps.items()
        if of_the_line and system not in asked and summary.state.is_open and summary.state is not State.WITHDRAWING
    ]
    return CaseFile(
        summary,
        releases=sorted(
            [o for o in all_owed if o.kind in ("release", "restore")] + planned,
            key=lambda o: (o.kind == "restore", o.wave, o.system, o.cycle),
        ),
        checks=[o for o in all_owed if o.kind == "verify"],
        notices=[o for o in all_owed if o.kind == "notify"],
    )


async def over(conn: Connection, ids: Collection[int]) -> set[int]:
    """Those that have ended, with every release, restore and notice settled: nothing more will happen soon."""
    cursor = await conn.execute(OVER, {"ids": arrays.ints(ids)})
    return {row[0] for row in await cursor.fetchall()}


def _summary(row: Sequence[Any]) -> Summary:
    return Summary(row[0], State(row[1]), *row[2:])


def _owed(row: Sequence[Any], steps: Mapping[str, Sequence[Any]]) -> Owed:
    system, kind, cycle, wave, gates, state, *rest = row
    _, effect, _, trial, _ = steps.get(system, (0, None, False, False, False))
    return Owed(system, kind, cycle, wave, gates, state, trial, effect, *rest)
