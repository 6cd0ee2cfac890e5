"""Fallout: the obligations that need a person, and what the person can do about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import orjson

from ringoff.db.pool import Connection
from ringoff.features import approvals, letters
from ringoff.features.approvals import Wish
from ringoff.features.billing import moving
from ringoff.features.cancellation.case import Case, Changes, lock_one
from ringoff.features.cancellation.owner import move_on
from ringoff.features.cancellation.terms import Terms
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotFound
from ringoff.kit.ids import CaseId, is_case, is_movement, parse_subject_number, subject_number
from ringoff.reconcile.model import INTERACTIVE, ObligationState

_LISTED = """
SELECT o.subject_id, o.system, o.kind, o.cycle, o.wave, o.gates, o.state, o.attempts, o.strikes, o.due_at,
       o.created_at, o.settled_at, o.reference, o.evidence, o.last_outcome
FROM obligation o WHERE
"""
# Written out, so that the partial index of fallout serves it, and in its order.
_OF_STATE = {state: f"o.state = '{state}'" for state in get_args(ObligationState)}
ONE = _LISTED + "o.subject_id = %(subject_id)s AND o.system = %(system)s AND o.kind = %(kind)s AND o.cycle = %(cycle)s"
_PAGE = """
  AND (%(system)s::text IS NULL OR o.system = %(system)s)
  AND (o.subject_id, o.system, o.kind, o.cycle) > (%(after)s, %(after_system)s, %(after_kind)s, %(after_cycle)s)
ORDER BY o.subject_id, o.system, o.kind, o.cycle LIMIT %(limit)s
"""
LIST = {state: _LISTED + condition + _PAGE for state, condition in _OF_STATE.items()}
RETRY = """
UPDATE obligation SET state = 'due', due_at = %(now)s, strikes = 0, accepted_at = NULL, settled_at = NULL
WHERE subject_id = %(subject_id)s AND system = %(system)s AND kind = %(kind)s AND cycle = %(cycle)s
  AND state = 'fallout' RETURNING priority
"""
ACCOUNT = {
    "case": "SELECT account_id FROM cancellation WHERE id = %(subject_id)s",
    "movement": "SELECT account_id FROM money_movement WHERE id = %(subject_id)s",
    "letter": "SELECT account_id FROM letter WHERE id = %(subject_id)s",
}
RESOLVE = """
UPDATE obligation SET state = %(state)s, settled_at = %(now)s, last_outcome = %(why)s,
       evidence = coalesce(evidence, '{}') || %(evidence)s::jsonb
WHERE subject_id = %(subject_id)s AND system = %(system)s AND kind = %(kind)s AND cycle = %(cycle)s
  AND state = 'fallout' RETURNING priority
"""


@dataclass(frozen=True, slots=True)
class ObligationId:
    """`C-8K3M-V0QXX.hlr.release.1`: the case, the system, what is owed, and the how-manieth time.

    A letter about an account is a subject of its own: `M-17.mail.deliver.1`.
    """

    subject_id: int
    system: str
    kind: str
    cycle: int

    @classmethod
    def parse(cls, text: str) -> "ObligationId":
        parts = text.split(".")
        if len(parts) != 4 or not parts[3].isdecimal() or len(parts[3]) > 4:
            raise InvalidInput(
                "obligation_id_invalid", "An obligation's id looks like C-8K3M-V0QXX.hlr.release.1.", id=text[:80]
            )
        return cls(parse_subject_number(parts[0]), parts[1], parts[2], int(parts[3]))

    def __str__(self) -> str:
        return f"{subject_number(self.subject_id)}.{self.system}.{self.kind}.{self.cycle}"

    @property
    def kind_of_subject(self) -> Literal["case", "movement", "letter"]:
        if is_case(self.subject_id):
            return "case"
        return "movement" if is_movement(self.subject_id) else "letter"

    @property
    def columns(self) -> dict[str, Any]:
        return {"subject_id": self.subject_id, "system": self.system, "kind": self.kind, "cycle": self.cycle}


@dataclass(frozen=True, slots=True)
class Obligation:
    """One row, as it is shown to whoever must deal with it."""

    id: ObligationId
    wave: int
    gates: bool
    state: str
    attempts: int
    strikes: int
    due_at: datetime
    created_at: datetime
    settled_at: datetime | None
    reference: str | None
    evidence: Any
    last_outcome: str | None


async def list_obligations(
    conn: Connection,
    *,
    state: ObligationState = "fallout",
    system: str | None = None,
    after: ObligationId | None = None,
    limit: int = 50,
) -> Sequence[Obligation]:
    """In the order of their ids; `after` is the last one of the page before."""
    last = after or ObligationId(0, "", "", 0)
    cursor = await conn.execute(
        LIST[state],
        {
            "system": system,
            "after": last.subject_id,
            "after_system": last.system,
            "after_kind": last.kind,
            "after_cycle": last.cycle,
            "limit": limit,
        },
    )
    return [Obligation(ObligationId(*row[:4]), *row[4:]) for row in await cursor.fetchall()]


async def get_obligation(conn: Connection, id_: ObligationId) -> Obligation:
    """Raises NotFound (`obligation_unknown`)."""
    row = await (await conn.execute(ONE, id_.columns)).fetchone()
    if row is None:
        raise NotFound("obligation_unknown", f"There is no obligation {id_}.")
    return Obligation(ObligationId(*row[:4]), *row[4:])


async def retry(conn: Connection, terms: Terms, id_: ObligationId, *, actor: Actor, now: datetime) -> None:
    """Ask the system again, with fresh patience. Raises NotFound, Conflict."""
    about = await _lock(conn, id_)
    cursor = await conn.execute(RETRY, {**id_.columns, "now": now})
    row = await cursor.fetchone()
    if row is None:
        raise await _not_fallout(conn, id_)
    changes = Changes(terms, actor, now, wakes=row[0] == INTERACTIVE)
    changes.tell(about.case_id, f"{id_.kind}.retried", system=id_.system, **about.named)
    await changes.write(conn)


async def resolve(
    conn: Connection,
    terms: Terms,
    id_: ObligationId,
    *,
    state: Literal["discharged", "void"],
    why: str,
    actor: Actor,
    now: datetime,
    approval: int | None = None,
) -> None:
    """A person answers for it: done by hand (`discharged`), or not needed (`void`). The case goes on from there.

    Nobody at the desk makes it `void` alone. Raises NotFound, Conflict, and NotAllowed (`approval_missing`).
    """
    about = await _lock(conn, id_)
    if actor.staff is not None and state == "void":
        await approvals.use(conn, await skipping(conn, id_), approval, actor, now)
    evidence = orjson.dumps({"resolved_by": actor.name, "resolved_as": state, "why": why}).decode()
    cursor = await conn.execute(RESOLVE, {**id_.columns, "now": now, "state": state, "why": why, "evidence": evidence})
    if await cursor.fetchone() is None:
        raise await _not_fallout(conn, id_)
    changes = Changes(terms, actor, now)
    changes.tell(about.case_id, f"{id_.kind}.resolved", system=id_.system, resolved_as=state, why=why, **about.named)
    if about.case is not None:
        await move_on(conn, {about.case.id: about.case}, changes)
    elif is_movement(id_.subject_id):
        await moving.resolve(conn, id_.subject_id, state == "discharged", why, actor, now)
    else:
        await letters.forget_secrets(conn, [id_.subject_id])
    await changes.write(conn)


async def skipping(conn: Connection, id_: ObligationId) -> Wish:
    """What a second person approves before this obligation is let be."""
    row = await (await conn.execute(ACCOUNT[id_.kind_of_subject], {"subject_id": id_.subject_id})).fetchone()
    return approvals.skip_release(id_.subject_id, str(id_), row[0] if row else None)


@dataclass(frozen=True, slots=True)
class _About:
    """The locked case; None for a letter or a movement of money, which move nothing on."""

    case: Case | None
    named: Mapping[str, str]

    @property
    def case_id(self) -> int:
        return self.case.id if self.case is not None else 0


async def _lock(conn: Connection, id_: ObligationId) -> _About:
    if is_case(id_.subject_id):
        return _About(await lock_one(conn, CaseId(id_.subject_id)), {})
    if is_movement(id_.subject_id):
        await moving.lock(conn, [id_.subject_id])
    return _About(None, {"about": subject_number(id_.subject_id)})


async def _not_fallout(conn: Connection, id_: ObligationId) -> Conflict:
    """Raises NotFound where it does not even exist."""
    state = (await get_obligation(conn, id_)).state
    return Conflict("not_in_fallout", f"Obligation {id_} is {state}: only fallout waits for a person.", state=state)
