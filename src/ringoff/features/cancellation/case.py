"""A locked case, and what one command does to many of them.

A command locks its cases, decides in Python, collects everything in `Changes`, and writes it set-based at the end:
the cases, the obligations and the audit events of one command are one transaction, whether it is one case or 500.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.cancellation import store
from ringoff.features.cancellation.model import STATES, TRANSITIONS, Cause, State
from ringoff.features.cancellation.promises import Going, promise
from ringoff.features.cancellation.terms import Terms
from ringoff.features.notices import NoticeType
from ringoff.features.rules import RulePack
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotFound
from ringoff.kit.ids import CaseId, case_number
from ringoff.reconcile import store as obligations
from ringoff.reconcile.model import INTERACTIVE, NewObligation

_WAKE = "SELECT pg_notify('ringoff_interactive', '')"
_FINAL: frozenset[NoticeType] = frozenset({"closed", "withdrawn", "declined", "billed"})


@dataclass(slots=True, eq=False)
class Case:
    """One row of `cancellation`, held under its lock."""

    id: int
    line_id: int
    account_id: int
    state: State
    cause: Cause
    priority: int
    plan_id: int | None
    wave: int
    notices: int
    rule_pack: str
    ripe_at: datetime | None
    waiting_for: str | None
    closes_account: bool
    ended_at: datetime | None
    contact_email: str | None
    """Given for afterwards, and confirmed."""

    @property
    def number(self) -> str:
        return case_number(self.id)

    def move(self, to: State) -> None:
        """The model's own refusal; the database refuses as well."""
        if to not in TRANSITIONS[self.state]:
            raise Conflict(
                "state_forbids", f"Case {self.number} is {self.state}: it cannot become {to}.", state=str(self.state)
            )
        self.state = to


async def lock(conn: Connection, ids: Iterable[int]) -> dict[int, Case]:
    """Lock in id order, so that no two commands wait for each other in a ring."""
    cursor = await conn.execute(store.CASES, {"ids": arrays.ints(sorted(set(ids)))})
    return {row[0]: as_case(row) for row in await cursor.fetchall()}


def as_case(row: Sequence[Any]) -> Case:
    return Case(row[0], row[1], row[2], STATES[row[3]], *row[4:])


async def lock_one(conn: Connection, case_id: CaseId) -> Case:
    case = (await lock(conn, [case_id])).get(case_id)
    if case is None:
        raise NotFound("case_unknown", f"There is no case {case_number(case_id)}.")
    return case


@dataclass(slots=True)
class Changes:
    terms: Terms
    actor: Actor
    now: datetime
    cases: dict[int, Case] = field(default_factory=dict)
    owed: list[NewObligation] = field(default_factory=list)
    events: list[proof.Event] = field(default_factory=list)
    renoticed: set[int] = field(default_factory=set)
    going: list[Going] = field(default_factory=list)
    wakes: bool = False

    def keep(self, case: Case) -> None:
        self.cases[case.id] = case

    def owe(self, obligation: NewObligation) -> None:
        self.owed.append(obligation)
        self.wakes = self.wakes or (obligation.priority == INTERACTIVE and obligation.due_at <= self.now)

    def tell(self, case_id: int, type_: str, *, rule: str | None = None, **detail: Any) -> None:
        self.events.append(
            proof.Event(subject_id=case_id, type=type_, actor=self.actor, at=self.now, rule=rule, detail=detail or None)
        )

    def notify(
        self, case: Case, notice: NoticeType, pack: RulePack, *, voice: bool = False, replaces: bool = True
    ) -> None:
        """Owe the holder one more notice of this case; as a rule in place of those not yet sent."""
        self.keep(case)
        if replaces and self.terms.mail and case.notices > 0:
            self.renoticed.add(case.id)
        cycle, contact = case.notices + 1, case.contact_email is not None
        case.notices += 1 + contact
        self.owe_notice(case.id, cycle, case.priority, notice, pack, voice=voice, contact=contact)

    def owe_notice(
        self,
        case_id: int,
        cycle: int,
        priority: int,
        notice: NoticeType,
        pack: RulePack,
        *,
        voice: bool,
        contact: bool,
    ) -> None:
        """A notice that a later one may replace waits a moment for it; an SMS goes while the line still lives.

        The address of record is always told, and the one given for afterwards as well: a mail each, a cycle each.
        """
        payload = {"notice": notice}
        if self.terms.mail:
            due = self.now if notice in _FINAL else self.now + pack.intervals.notice_grace
            self.owe(NewObligation(case_id, "mail", "notify", cycle, priority, due, payload=payload))
            if contact:
                also = {**payload, "to": "contact"}
                self.owe(NewObligation(case_id, "mail", "notify", cycle + 1, priority, due, payload=also))
        if self.terms.sms and voice and notice == "scheduled":
            self.owe(
                NewObligation(case_id, "sms", "notify", cycle, priority, self.now, payload={**payload, "by": "sms"})
            )

    def notify_contact(self, case: Case, notice: NoticeType) -> None:
        """Owe it to the given contact alone: it was confirmed after the address of record had been told."""
        self.keep(case)
        case.notices += 1
        if self.terms.mail:
            payload = {"notice": notice, "to": "contact"}
            self.owe(NewObligation(case.id, "mail", "notify", case.notices, case.priority, self.now, payload=payload))

    async def write(self, conn: Connection) -> None:
        if self.going and self.terms.final_bills:
            await promise(conn, self.going, self.now)
        if self.cases:
            await conn.execute(store.UPDATE_CASES, {"now": self.now, **_columns(list(self.cases.values()))})
        if self.renoticed:
            await conn.execute(store.VOID_NOTICES, {"ids": arrays.ints(sorted(self.renoticed)), "now": self.now})
        await obligations.insert(conn, self.owed, self.now)
        await proof.record(conn, self.events)
        if self.wakes:
            await conn.execute(_WAKE)


def _columns(cases: Sequence[Case]) -> dict[str, str]:
    return {
        "ids": arrays.ints([c.id for c in cases]),
        "states": arrays.texts([c.state for c in cases]),
        "waves": arrays.ints([c.wave for c in cases]),
        "notices": arrays.ints([c.notices for c in cases]),
        "ripe_ats": arrays.times([c.ripe_at for c in cases]),
        "waiting_fors": arrays.texts([c.waiting_for for c in cases]),
        "closes_accounts": arrays.bools([c.closes_account for c in cases]),
        "plan_ids": arrays.ints([c.plan_id for c in cases]),
        "causes": arrays.texts([c.cause for c in cases]),
    }
