"""Under which terms this installation closes lines: its rules, its systems, and the plans frozen from them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from ringoff.db.pool import Connection
from ringoff.features.cancellation import store
from ringoff.features.cancellation.model import Plan, Step, plan_problem
from ringoff.features.rules import RuleBook, RulePack
from ringoff.kit.errors import Unavailable
from ringoff.kit.secrets import SecretStr


@dataclass(slots=True)
class Terms:
    """`mail` and `sms`: whether notices can be sent that way. Frozen plans never change, so they are kept at hand.

    `final_bills`: whether we make them; otherwise the carrier's own billing does. `pay_to`: how they are paid by hand.
    `public_url`: where the portal is found. `secret`: what the codes come from with which a case's state is asked for.
    """

    rules: RuleBook
    steps: Sequence[Step]
    carrier: str
    support: str | None = None
    mail: bool = False
    mail_domain: str = "ringoff.invalid"
    sms: bool = False
    final_bills: bool = False
    pay_to: str = ""
    public_url: str = ""
    secret: SecretStr | None = None
    _plans: dict[int, Plan] = field(default_factory=dict)
    _current: int | None = None

    def pack(self, jurisdiction: str) -> RulePack:
        return self.rules.pack(jurisdiction)

    async def freeze(self, conn: Connection) -> Plan:
        """The plan that a case scheduled now gets; the same configuration is stored once."""
        problem = plan_problem(self.steps)
        if problem is not None:
            raise Unavailable("no_system_configured", problem)
        if self._current is None:
            plan_id = await _store(conn, self.steps)
            # Not kept before it is committed by somebody: a rolled back plan must not be remembered.
            return Plan(plan_id, tuple(self.steps))
        return self._plans[self._current]

    async def plans(self, conn: Connection, ids: Iterable[int | None]) -> dict[int, Plan]:
        missing = sorted({i for i in ids if i is not None} - self._plans.keys())
        if missing:
            cursor = await conn.execute(store.PLAN_STEPS, {"ids": missing})
            steps: dict[int, list[Step]] = {i: [] for i in missing}
            for plan_id, *step in await cursor.fetchall():
                steps[plan_id].append(Step(*step))
            self._plans.update({i: Plan(i, tuple(s)) for i, s in steps.items()})
        return self._plans

    async def prepare(self, conn: Connection) -> None:
        """Freeze the present configuration ahead, in a transaction of its own that the caller commits."""
        if plan_problem(self.steps) is None:
            plan_id = await _store(conn, self.steps)
            await self.plans(conn, [plan_id])
            self._current = plan_id


async def _store(conn: Connection, steps: Sequence[Step]) -> int:
    rows = sorted((s.system, s.wave, s.effect, s.gates, s.scope, s.ported, s.trial) for s in steps)
    digest = hashlib.sha256(orjson.dumps(rows)).hexdigest()
    cursor = await conn.execute(store.INSERT_PLAN, {"digest": digest})
    row = await cursor.fetchone()
    if row is None:
        cursor = await conn.execute(store.FIND_PLAN, {"digest": digest})
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])
    columns = ("system", "wave", "effect", "gates", "scope", "ported", "trial")
    for step in rows:
        await conn.execute(store.INSERT_STEP, {"plan_id": row[0], **dict(zip(columns, step, strict=True))})
    return int(row[0])
