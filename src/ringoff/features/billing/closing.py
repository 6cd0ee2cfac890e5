"""From a closed line to a settled account: the final bill is made after the network let go, so that no usage escapes.

Any worker takes what is due, a batch in a transaction. What differs from the quote without a known reason is written
nowhere: the settlement is stuck, and a person looks at it before any money moves. Usage that arrives until the cut-off
makes a supplementary bill, never a change of the first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.billing import closing_store as store
from ringoff.features.billing.comparing import Events, differences
from ringoff.features.billing.facts import facts
from ringoff.features.billing.issuing import Issue, issue
from ringoff.features.billing.model import Difference, Facts, FinalBill, Leaving, Settled
from ringoff.features.billing.quoting import Quote, last_day_of, quotes, unbilled_since
from ringoff.features.billing.rating import final_bill, late_usage
from ringoff.features.billing.settling import settle
from ringoff.features.rules import RuleBook, RulePack
from ringoff.kit.actor import SYSTEM


@dataclass(frozen=True, slots=True)
class ClosedLine:
    case_id: int
    account_id: int
    pack: RulePack


@dataclass(frozen=True, slots=True)
class _Due:
    """One settlement in hand. `version`: of the newest final bill that the case has, 0 for none.

    `accepted`: a person answers for the differences that nothing explains.
    """

    case_id: int
    account_id: int
    line_id: int
    closed_at: datetime
    cut_off_at: datetime
    last_line: bool
    rule_pack: str
    time_zone: str
    has_mandate: bool
    priority: int
    version: int
    accepted: bool

    def leaving(self, quote: Quote | None, pack: RulePack) -> Leaving:
        """A holder never pays for the days by which we were late: what was promised is the last day that counts."""
        last_day = last_day_of(self.closed_at, self.time_zone)
        until = quote.leaving.last_charged if quote is not None else None
        asked_on = quote.quoted_at if quote is not None else self.closed_at
        since = unbilled_since(asked_on, self.time_zone, pack)
        return Leaving(last_day, self.last_line, until, self.closed_at, since)


async def owe_settlements(conn: Connection, closed: Sequence[ClosedLine], now: datetime) -> None:
    """In the transaction that closes the lines."""
    await conn.execute(
        store.OWE,
        {
            "now": now,
            "case_ids": arrays.ints([one.case_id for one in closed]),
            "account_ids": arrays.ints([one.account_id for one in closed]),
            "cut_offs": arrays.times([now + one.pack.billing.usage_cut_off for one in closed]),
        },
    )


async def settle_due(conn: Connection, rules: RuleBook, now: datetime, *, system: str | None, limit: int) -> int:
    """How many were looked at. `system`: through which money moves; None: each movement is a task for a person."""
    cursor = await conn.execute(store.TAKE_DUE, {"now": now, "limit": limit})
    # Lines of one account are settled one after the other: each sees what the one before took up of the account's own.
    taken = list({one.account_id: one for one in (_Due(*row) for row in await cursor.fetchall())}.values())
    if not taken:
        return 0
    await conn.execute(store.LOCK_ACCOUNTS, {"account_ids": arrays.ints({one.account_id for one in taken})})
    known = await facts(conn, [one.line_id for one in taken])
    promised = await quotes(conn, [one.case_id for one in taken])
    since = await _events(conn, [(one, promised[one.case_id]) for one in taken if one.case_id in promised])
    issues: list[Issue] = []
    events: list[proof.Event] = []
    states: dict[int, tuple[str, str | None]] = {}
    for one in taken:
        quote, money = promised.get(one.case_id), known[one.line_id]
        leaving = one.leaving(quote, rules.labelled(one.rule_pack))
        bill = _rate(one, money, leaving, rules)
        found = _compare(one, quote, bill, leaving, since)
        if unexplained := [each for each in found if each.because is None]:
            states[one.case_id] = "stuck", ", ".join(each.source for each in unexplained)
            events.append(_event(one, "final_bill.stuck", now, sources=[each.source for each in unexplained]))
            continue
        states[one.case_id] = ("waiting" if now < one.cut_off_at else "done"), None
        made = list(_issues(one, bill, leaving, money, rules, found, by_processor=system is not None))
        issues += made
        events += [_event(one, "final_bill.issued", now, bill=each.number, total=each.settled.total) for each in made]
    await issue(conn, issues, now, system)
    await conn.execute(store.KEEP, _states(states))
    await proof.record(conn, events)
    return len(taken)


def _rate(one: _Due, money: Facts, leaving: Leaving, rules: RuleBook) -> FinalBill:
    if one.version:
        return late_usage(money, leaving)
    return final_bill(money, leaving, rules.labelled(one.rule_pack).billing)


def _compare(
    one: _Due, quote: Quote | None, bill: FinalBill, leaving: Leaving, since: Mapping[int, frozenset[str]]
) -> list[Difference]:
    if quote is None or one.version:
        return []
    events = Events(
        since[one.case_id],
        other_day=leaving.last_charged != quote.leaving.last_charged,
        other_line=leaving.last_line != quote.leaving.last_line,
    )
    found = differences(quote.bill.items, bill.items, events)
    return [replace(each, because=each.because or "accepted") for each in found] if one.accepted else found


def _issues(
    one: _Due,
    bill: FinalBill,
    leaving: Leaving,
    money: Facts,
    rules: RuleBook,
    found: Sequence[Difference],
    *,
    by_processor: bool,
) -> Iterator[Issue]:
    """A bill in each currency, or one of nothing; a supplementary one only where there is something to say.

    Without a processor nothing goes back the way it came, and no card is charged: a person, or the holder, sees to it.
    """
    ways_back, has_mandate = (money.payments, one.has_mandate) if by_processor else ((), False)
    settled = settle(bill, ways_back, rules.labelled(one.rule_pack).billing, has_mandate=has_mandate)
    if not settled and not one.version:
        settled = [Settled(money.currency, 0, written_off=False)]
    for each in settled:
        yield Issue(
            one.case_id,
            one.account_id,
            one.line_id,
            one.version + 1,
            leaving.last_charged,
            one.priority,
            FinalBill(
                tuple(item for item in bill.items if item.currency == each.currency),
                tuple(plan for plan in bill.continuing if plan.currency == each.currency),
            ),
            each,
            tuple(difference for difference in found if difference.currency == each.currency),
            one_of_several=len(settled) > 1,
        )


async def _events(conn: Connection, promised: Sequence[tuple[_Due, Quote]]) -> dict[int, frozenset[str]]:
    """By case: what was booked or arrived since its quote, as the ledger names it."""
    cursor = await conn.execute(
        store.SINCE_QUOTED,
        {
            "case_ids": arrays.ints([one.case_id for one, _ in promised]),
            "account_ids": arrays.ints([one.account_id for one, _ in promised]),
            "line_ids": arrays.ints([one.line_id for one, _ in promised]),
            "quoted_ats": arrays.times([quote.quoted_at for _, quote in promised]),
        },
    )
    return {case_id: frozenset(sources) for case_id, sources in await cursor.fetchall()}


def _states(states: Mapping[int, tuple[str, str | None]]) -> dict[str, str]:
    return {
        "case_ids": arrays.ints(states),
        "states": arrays.texts([state for state, _ in states.values()]),
        "whys": arrays.texts([why for _, why in states.values()]),
    }


def _event(one: _Due, type_: str, now: datetime, **detail: object) -> proof.Event:
    return proof.Event(subject_id=one.case_id, type=type_, actor=SYSTEM, at=now, rule=one.rule_pack, detail=detail)
