"""What a case's release means at the processor: the account's stored cards, or the renewing of subscriptions.

The case owns these releases as it owns all others; here its briefs learn what the processor calls the account. A
stored card stays until the account is settled, late usage included: it is what the last bill is charged to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.ports import Key, Outcome, RetryAfter
from ringoff.reconcile.model import Claimed, Owner, Settled

Releases = Literal["mandate", "renewals"]

# What another account's mandate names as well stays stored, and is that account's to release.
_AT_PROCESSOR = """
SELECT c.id,
       ARRAY (SELECT ARRAY[m.customer_ref, m.method_ref, (m.removed_at IS NOT NULL)::text] FROM mandate m
               WHERE m.account_id = c.account_id
                 AND NOT EXISTS (SELECT FROM mandate o WHERE o.method_ref = m.method_ref
                                  AND o.account_id <> m.account_id AND o.removed_at IS NULL)
               ORDER BY m.mandate_ref),
       NOT EXISTS (SELECT FROM line l WHERE l.account_id = c.account_id AND l.id <> c.line_id AND l.status <> 'closed'
                    AND NOT EXISTS (SELECT FROM cancellation x WHERE x.line_id = l.id
                                     AND x.state IN ('scheduled', 'releasing')))
  FROM cancellation c WHERE c.id = ANY (%(ids)s::bigint[])
"""
# Until when late usage is waited for, and whether anything of the account has still to be billed or charged.
_UNSETTLED = """
SELECT c.id,
       (SELECT max(s.cut_off_at) FROM settlement s WHERE s.account_id = c.account_id AND s.state = 'waiting')
  FROM cancellation c
 WHERE c.id = ANY (%(ids)s::bigint[])
   AND (EXISTS (SELECT FROM settlement s WHERE s.account_id = c.account_id AND s.state <> 'done')
        OR EXISTS (SELECT FROM money_movement m WHERE m.account_id = c.account_id AND m.kind = 'charge'
                    AND m.route = 'processor' AND m.state = 'due'))
"""
_REMOVED = """
UPDATE mandate m SET removed_at = %(now)s FROM cancellation c
 WHERE c.id = ANY (%(ids)s::bigint[]) AND m.account_id = c.account_id AND m.removed_at IS NULL
"""
_SOON, _LATEST = timedelta(minutes=10), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MandateOwner:
    """Owns release, restore and verify of a payment system, for `cases`, which owns them everywhere else."""

    cases: Owner
    releases: Releases

    async def lock(self, conn: Connection, claimed: Sequence[Claimed]) -> Any:
        return await self.cases.lock(conn, claimed)

    async def brief(self, conn: Connection, claimed: Sequence[Claimed]) -> Mapping[Key, Mapping[str, Any] | Outcome]:
        briefs = dict(await self.cases.brief(conn, claimed))
        ids = {"ids": arrays.ints(sorted({row.subject_id for row in claimed}))}
        known = {row[0]: row[1:] for row in await (await conn.execute(_AT_PROCESSOR, ids)).fetchall()}
        unsettled = await self._unsettled(conn, claimed)
        for row in claimed:
            brief = briefs[row.key]
            if not isinstance(brief, Mapping):
                continue
            if row.kind == "release" and row.subject_id in unsettled:
                briefs[row.key] = _wait(row, unsettled[row.subject_id])
            else:
                briefs[row.key] = {**brief, **self._named(row, *known[row.subject_id])}
        return briefs

    async def settled(self, conn: Connection, held: Any, settled: Sequence[Settled], now: datetime) -> None:
        await self.cases.settled(conn, held, settled, now)
        gone = {one.subject_id for one in settled if one.state == "discharged" and one.claimed.kind == "release"}
        if gone and self.releases == "mandate":
            await conn.execute(_REMOVED, {"ids": arrays.ints(gone), "now": now})

    def _named(self, row: Claimed, mandates: list[list[str]], last_line: bool) -> dict[str, Any]:
        if self.releases == "renewals":
            return {"customers": sorted({customer for customer, *_ in mandates}), "last_line": last_line}
        own = [m for m in mandates if row.kind != "release" or m[2] == "false"]
        return {"mandates": [{"customer": customer, "method": method} for customer, method, _ in own]}

    async def _unsettled(self, conn: Connection, claimed: Sequence[Claimed]) -> dict[int, datetime | None]:
        ids = sorted({row.subject_id for row in claimed if row.kind == "release"})
        if self.releases != "mandate" or not ids:
            return {}
        return dict(await (await conn.execute(_UNSETTLED, {"ids": arrays.ints(ids)})).fetchall())


def _wait(row: Claimed, cut_off_at: datetime | None) -> RetryAfter:
    delay = cut_off_at - row.due_at if cut_off_at is not None else _SOON
    return RetryAfter("the account is not settled yet", min(max(delay, _SOON), _LATEST), waiting=True)
