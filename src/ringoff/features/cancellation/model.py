"""The life of a case, as pure decisions: no database, no clock of its own.

    requested → in_review → scheduled → releasing → closed
    leaving the road: declined; withdrawn, or withdrawing → withdrawn while something must be given back

A terminal state never regresses. The database refuses every other transition as well (migration 0003).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ringoff.kit.errors import InvalidInput
from ringoff.ports import Kind


class State(StrEnum):
    REQUESTED = "requested"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"
    RELEASING = "releasing"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        return self not in TERMINAL


STATES: Mapping[str, State] = {state.value: state for state in State}
TERMINAL = frozenset({State.CLOSED, State.DECLINED, State.WITHDRAWN})
OPEN = frozenset(State) - TERMINAL
# `requested` lasts only inside the transaction of a request, which reviews at once; it is kept as a state because a
# declaration or an imported backlog may stop there.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.IN_REVIEW, State.SCHEDULED, State.DECLINED, State.WITHDRAWN}),
    State.IN_REVIEW: frozenset({State.SCHEDULED, State.DECLINED, State.WITHDRAWING, State.WITHDRAWN}),
    State.SCHEDULED: frozenset({State.IN_REVIEW, State.RELEASING, State.WITHDRAWING, State.WITHDRAWN}),
    State.RELEASING: frozenset({State.CLOSED, State.WITHDRAWING, State.WITHDRAWN}),
    State.WITHDRAWING: frozenset({State.WITHDRAWN}),
    State.CLOSED: frozenset(),
    State.DECLINED: frozenset(),
    State.WITHDRAWN: frozenset(),
}

Cause = Literal["cancelled", "ported"]
Effect = Literal["undo", "pivot", "forward_only"]
Scope = Literal["line", "account"]


@dataclass(frozen=True, slots=True)
class When:
    """When the holder wants to leave: at once, at the end of the paid period, or at the end of a day of theirs."""

    kind: Literal["now", "period_end", "date"]
    day: date | None = None

    @classmethod
    def parse(cls, text: str) -> "When":
        if text in ("now", "period_end"):
            return cls(text)  # type: ignore[arg-type]
        try:
            return cls("date", date.fromisoformat(text))
        except ValueError:
            raise InvalidInput(
                "when_invalid", '`when` is "now", "period_end" or a date such as 2026-11-27.', when=text[:40]
            ) from None

    def __str__(self) -> str:
        return self.day.isoformat() if self.day else self.kind


def effective_at(
    when: When, *, now: datetime, zone: str, paid_until: date | None, bill_cycle_day: int | None, most: timedelta
) -> datetime:
    """The instant that `when` means, UTC. Days end at 23:59:59 in the account's own time zone.

    The period ends with the day paid until (prepaid), else with the day before the next bill cycle (postpaid).
    """
    local_today = now.astimezone(ZoneInfo(zone)).date()
    match when.kind:
        case "now":
            return now
        case "period_end":
            day = _period_end(local_today, paid_until, bill_cycle_day)
        case "date":
            assert when.day is not None
            day = when.day
    if day < local_today:
        raise InvalidInput("when_past", f"{day.isoformat()} has passed in {zone}.", when=str(when))
    instant = datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)
    if instant - now > most:
        raise InvalidInput(
            "when_too_far", f"{day.isoformat()} is more than {most.days} days away.", when=str(when), most=most.days
        )
    return instant


def _period_end(today: date, paid_until: date | None, bill_cycle_day: int | None) -> date:
    if paid_until is not None and paid_until >= today:
        return paid_until
    if bill_cycle_day is None:
        raise InvalidInput(
            "period_unknown", "This line has no paid period on record: choose now or a date.", when="period_end"
        )
    cycle_start = _cycle_day(today, bill_cycle_day)
    if cycle_start <= today:
        first_of_next = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        cycle_start = _cycle_day(first_of_next, bill_cycle_day)
    return cycle_start - timedelta(days=1)


def _cycle_day(month: date, day: int) -> date:
    """The 31st of a shorter month is its last day."""
    last = ((month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)).day
    return month.replace(day=min(day, last))


@dataclass(frozen=True, slots=True)
class Step:
    """One system in a frozen release plan. Wave 0 is asked as soon as the case is scheduled, long before it is ripe."""

    system: str
    wave: int
    effect: Effect
    gates: bool
    scope: Scope = "line"
    ported: bool = True
    trial: bool = False

    @property
    def gates_line(self) -> bool:
        """An account's own step can only follow the closing of its last line, never gate it."""
        return self.gates and self.scope == "line"


@dataclass(frozen=True, slots=True)
class Plan:
    """A frozen release plan: what a case will do, decided when it was scheduled."""

    id: int
    steps: tuple[Step, ...]

    def wanted(self, cause: Cause, *, closes_account: bool) -> list[Step]:
        """The steps a case takes: a ported number needs no quarantine, an account leaves only with its last line."""
        return [s for s in self.steps if (s.ported or cause == "cancelled") and (s.scope == "line" or closes_account)]

    def first_wave(self, cause: Cause) -> int:
        """Of those that a ripe case opens."""
        return min(s.wave for s in self.wanted(cause, closes_account=False) if s.wave)

    def wave(self, number: int, cause: Cause, *, closes_account: bool) -> list[Step]:
        return [s for s in self.wanted(cause, closes_account=closes_account) if s.wave == number]

    def effect(self, system: str) -> Effect:
        return next((s.effect for s in self.steps if s.system == system), "forward_only")

    @property
    def irrevocable(self) -> frozenset[str]:
        """The systems whose release cannot be undone: the first of them to be claimed is the point of no return."""
        return frozenset(s.system for s in self.steps if s.effect != "undo")


def plan_problem(steps: Collection[Step]) -> str | None:
    """Why no case can be scheduled with this configuration; None if one can."""
    if not steps:
        return "No system is configured: nothing would be asked to let the line go."
    if not any(s.gates_line and s.ported for s in steps):
        return "No configured system gates the closing of a line: nothing would have to confirm that it let go."
    for step in steps:
        if step.wave == 0 and (step.effect != "undo" or step.gates or step.scope == "account"):
            return f"{step.system} is asked as soon as a case is scheduled (wave 0), so it must be a line's and `undo`."
    return None


@dataclass(frozen=True, slots=True)
class OpenReleases:
    """What is still open of a case's releases. Fallout of a trailing system blocks nobody."""

    gating: int = 0
    trailing_due: int = 0


@dataclass(frozen=True, slots=True)
class Advance:
    """What follows for a releasing (or already closed, still trailing) case: `open_wave`, and whether it closes now."""

    open_wave: int | None
    closes: bool


def advance(
    state: State, plan: Plan, wave: int, cause: Cause, still_open: OpenReleases, *, closes_account: bool
) -> Advance:
    """Pure heart of the engine: is the wave complete? Open the next. Have all gating systems let go? Close."""
    later = [s for s in plan.wanted(cause, closes_account=closes_account) if s.wave > wave]
    complete = still_open.gating == 0 and still_open.trailing_due == 0
    return Advance(
        open_wave=min(s.wave for s in later) if complete and later else None,
        closes=state is State.RELEASING and still_open.gating == 0 and not any(s.gates_line for s in later),
    )


@dataclass(frozen=True, slots=True)
class Request:
    """One wish to leave. `line_id` has been looked up already; `requested_at` None means now."""

    line_id: int
    when: When
    reason: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    external_reference: str | None = None
    cooling_off: timedelta | None = None  # instead of the rule pack's; for the carrier's own use
    whole_account: bool = False
    level: Literal[0, 1, 2] = 0  # what the holder proved by signing in; 0: somebody else vouches for them
    contact_confirmed: bool = True
    """Whether somebody answers for it that the contact is the holder's. The carrier does: its API, its agents and its
    operators have spoken with the holder, and of a declaration the contact is taken over only once it was verified. A
    visitor of the portal does not: from there it is False, and until a link sent there was opened and confirmed it gets
    nothing of the case (`contact.py`). The contacts of record are told either way.
    """
    counts_from: date | None = None
    """Where the law lets the end count from a declaration: its day."""
    confidential: bool = False
    """In confidence (Safe Connections Act, 47 USC 345): the contact given is told, nobody else, not even the holder.

    Who may ask. It silences the very notices by which a holder would learn that somebody else is closing their line, so
    an account's own sign-in never grants it: whoever stole the password would ask for it first. The portal says how to
    ask care instead. The carrier's systems may ask (API scope `confidential`, the command line), having seen what
    47 USC 345 (c) wants to be seen; what an agent passes on waits for a second person (review rule `confidential`).
    What the account's sign-in sees. Nothing of the case: whoever an abused person leaves is often the account's holder.
    It is not on their pages, in their data or their archive, they cannot undo it, and another request for the line is
    told what a hold is told. Who has the contact's mail follows it by the case number and the code in it (`/status`).
    """


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a request led to. `created` False: the same terms had been asked before, this is the first case."""

    case_id: int
    line_id: int
    state: State
    created: bool
    rule: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release obligation as a withdrawal sees it."""

    system: str
    state: str
    attempts: int
    leased: bool
    reference: str | None
    kind: Kind = "release"


@dataclass(frozen=True, slots=True)
class WithdrawalPlan:
    """`crossed`: systems that stand in the way for good; `in_doubt`: those that a read-back could clear.

    `give_back`: released, or perhaps released, and to be restored. `await_end`: in a worker's hand, or accepted by a
    system that answers later; what follows is decided when they end.
    """

    crossed: Sequence[str]
    in_doubt: Sequence[str]
    give_back: Sequence[str]
    await_end: Sequence[str]


def plan_withdrawal(rows: Collection[ReleaseRow], irrevocable: Collection[str]) -> WithdrawalPlan:
    """After everything never claimed has been voided: what stands in the way, what must be given back?"""
    crossed: list[str] = []
    in_doubt: list[str] = []
    give_back: list[str] = []
    await_end: list[str] = []
    for row in rows:
        if row.state == "void" or (row.state != "discharged" and row.attempts == 0 and not row.leased):
            continue
        at_rest = row.state != "discharged" and not row.leased and row.reference is None
        if row.system in irrevocable:
            (in_doubt if at_rest else crossed).append(row.system)
        elif row.state == "discharged" or at_rest:
            give_back.append(row.system)
        else:
            await_end.append(row.system)
    return WithdrawalPlan(crossed, in_doubt, give_back, await_end)
