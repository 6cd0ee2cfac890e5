"""A change of mind, until the point of no return.

The pivot is crossed when its obligation is claimed: voiding and claiming both go for the obligation's own row lock, so
exactly one of them wins. What was released already is given back by `restore` obligations, and the case stays
`withdrawing`, holding its slot, until they are discharged.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.cancellation import store
from ringoff.features.cancellation.case import Case, Changes, lock_one
from ringoff.features.cancellation.model import ReleaseRow, State, plan_withdrawal
from ringoff.features.cancellation.terms import Terms
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict
from ringoff.kit.ids import CaseId
from ringoff.reconcile import store as obligations
from ringoff.reconcile.model import NewObligation

_WHY = "withdrawn by the holder"
_ENDED = "the case ended otherwise"


class PivotInDoubt(Conflict):
    """These systems were asked, but what they did is not known: only a read-back can tell whether all is untouched."""

    def __init__(self, case: Case, systems: Sequence[str]) -> None:
        super().__init__(
            "point_of_no_return_unclear",
            f"Case {case.number} may have passed the point of no return: {', '.join(systems)} must be asked first.",
            systems=list(systems),
        )
        self.systems = systems


async def withdraw(
    conn: Connection, terms: Terms, case_id: CaseId, *, why: str | None, actor: Actor, now: datetime
) -> State:
    """Withdrawn, or withdrawing while something must be given back. Asking twice is asking once.

    Raises Conflict `point_of_no_return`, PivotInDoubt, or Conflict `case_ended`.
    """
    case = await lock_one(conn, case_id)
    changes = Changes(terms, actor, now)
    match case.state:
        case State.WITHDRAWING | State.WITHDRAWN:
            return case.state
        case State.CLOSED | State.DECLINED:
            raise Conflict("case_ended", f"Case {case.number} is {case.state} already.", state=str(case.state))
        case _ if case.plan_id is None:
            case.move(State.WITHDRAWN)
        case _:
            await _take_back(conn, case, changes)
    changes.keep(case)
    changes.tell(case.id, f"case.{case.state}", why=why)
    if not case.state.is_open:
        changes.notify(case, "withdrawn", terms.rules.labelled(case.rule_pack))
    await changes.write(conn)
    return case.state


async def _take_back(conn: Connection, case: Case, changes: Changes) -> None:
    assert case.plan_id is not None
    plan = (await changes.terms.plans(conn, [case.plan_id]))[case.plan_id]
    await conn.execute(store.VOID_UNTRIED_RELEASES, {"ids": arrays.ints([case.id]), "now": changes.now, "why": _WHY})
    todo = plan_withdrawal(await _releases(conn, case, changes.now), plan.irrevocable)
    if todo.crossed:
        raise Conflict(
            "point_of_no_return",
            f"Case {case.number} has passed the point of no return: {', '.join(todo.crossed)} was asked to let go.",
            systems=list(todo.crossed),
        )
    if todo.in_doubt:
        raise PivotInDoubt(case, todo.in_doubt)
    await _give_back(conn, case, todo.give_back, changes.now)
    case.move(State.WITHDRAWING if todo.give_back or todo.await_end else State.WITHDRAWN)


async def give_back(conn: Connection, cases: Sequence[Case], changes: Changes, why: str = _ENDED) -> None:
    """What these cases had asked for as soon as they were scheduled, and will not need: they ended otherwise."""
    untried = {"ids": arrays.ints([c.id for c in cases]), "now": changes.now, "why": why}
    await conn.execute(store.VOID_UNTRIED_RELEASES, untried)
    for case in cases:
        todo = plan_withdrawal(await _releases(conn, case, changes.now), frozenset())
        await _give_back(conn, case, todo.give_back, changes.now)


async def go_on_withdrawing(conn: Connection, cases: Sequence[Case], changes: Changes) -> None:
    """Something of these cases ended: give back what ended as released; when nothing is open, they are withdrawn."""
    await give_back(conn, cases, changes, _WHY)
    cursor = await conn.execute(store.OPEN_WORK, {"ids": arrays.ints([c.id for c in cases])})
    unfinished = {row[0] for row in await cursor.fetchall()}
    for case in cases:
        if case.id not in unfinished:
            case.move(State.WITHDRAWN)
            changes.tell(case.id, "case.withdrawn")
            changes.notify(case, "withdrawn", changes.terms.rules.labelled(case.rule_pack))


async def _releases(conn: Connection, case: Case, now: datetime) -> list[ReleaseRow]:
    cursor = await conn.execute(store.RELEASES, {"ids": arrays.ints([case.id]), "now": now})
    return [ReleaseRow(*row[1:]) for row in await cursor.fetchall()]


async def _give_back(conn: Connection, case: Case, systems: Collection[str], now: datetime) -> None:
    """A release that may have happened is not tried again: it is voided, and restored, which reads back first."""
    if not systems:
        return
    named = {"id": case.id, "systems": sorted(systems), "now": now, "why": _WHY}
    await conn.execute(store.VOID_RELEASES, named)
    cursor = await conn.execute(store.KEEPSAKES, {"id": case.id})
    keepsakes: dict[str, bytes] = dict(await cursor.fetchall())
    restores = [
        NewObligation(case.id, system, "restore", 1, case.priority, now, keepsake=keepsakes.get(system))
        for system in sorted(systems)
    ]
    await obligations.insert(conn, restores, now)
