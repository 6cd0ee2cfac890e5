"""The SQL of obligations. Every statement takes a list and answers a list; a single one is a list of one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.ports import Key
from ringoff.reconcile.model import Claimed, NewObligation

# By ctid: a generic plan would guess LIMIT $n as a tenth of the table and hash-join it.
CLAIM = """
UPDATE obligation
SET lease_token = %(token)s, lease_until = %(lease_until)s, attempts = attempts + 1
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM obligation
    WHERE system = %(system)s AND state = 'due' AND priority = %(priority)s
      AND due_at >= %(since)s AND due_at <= %(before)s
      AND (lease_until IS NULL OR lease_until < %(now)s)
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
RETURNING subject_id, kind, cycle, attempts, strikes, reference, keepsake, payload, accepted_at, due_at
"""

# By the lease's token alone: what is no longer ours is not written.
SETTLE = """
UPDATE obligation o
SET state = v.state, due_at = coalesce(v.due_at, o.due_at), attempts = o.attempts - v.undone,
    strikes = o.strikes + v.strike, reference = coalesce(v.reference, o.reference),
    accepted_at = CASE WHEN v.reference IS NULL THEN o.accepted_at ELSE coalesce(o.accepted_at, %(now)s) END,
    evidence = coalesce(v.evidence::jsonb, o.evidence), keepsake = coalesce(v.keepsake, o.keepsake),
    last_outcome = v.last_outcome, lease_token = NULL, lease_until = NULL,
    settled_at = CASE WHEN v.state = 'due' THEN NULL ELSE %(now)s::timestamptz END
FROM unnest(%(subject_ids)s::bigint[], %(kinds)s::text[], %(cycles)s::smallint[], %(states)s::text[],
            %(due_ats)s::timestamptz[], %(undone)s::int[], %(strikes)s::smallint[], %(references)s::text[],
            %(evidences)s::text[], %(keepsakes)s::bytea[], %(last_outcomes)s::text[])
     AS v (subject_id, kind, cycle, state, due_at, undone, strike, reference, evidence, keepsake, last_outcome)
WHERE o.subject_id = v.subject_id AND o.system = %(system)s AND o.kind = v.kind AND o.cycle = v.cycle
  AND o.lease_token = %(token)s
RETURNING o.subject_id, o.kind, o.cycle
"""

RENEW = """
UPDATE obligation o SET lease_until = %(lease_until)s
FROM unnest(%(subject_ids)s::bigint[], %(kinds)s::text[], %(cycles)s::smallint[]) AS v (subject_id, kind, cycle)
WHERE o.subject_id = v.subject_id AND o.system = %(system)s AND o.kind = v.kind AND o.cycle = v.cycle
  AND o.lease_token = %(token)s
RETURNING o.subject_id, o.kind, o.cycle
"""

INSERT = """
INSERT INTO obligation (subject_id, system, kind, cycle, wave, gates, priority, state, created_at, due_at, payload,
                        keepsake, last_outcome, settled_at)
SELECT v.subject_id, v.system, v.kind, v.cycle, v.wave, v.gates, v.priority, v.state, %(now)s, v.due_at,
       v.payload::jsonb, v.keepsake, v.last_outcome,
       CASE WHEN v.state = 'due' THEN NULL ELSE %(now)s::timestamptz END
FROM unnest(%(subject_ids)s::bigint[], %(systems)s::text[], %(kinds)s::text[], %(cycles)s::smallint[],
            %(waves)s::smallint[], %(gates)s::bool[], %(priorities)s::smallint[], %(states)s::text[],
            %(due_ats)s::timestamptz[], %(payloads)s::text[], %(keepsakes)s::bytea[], %(last_outcomes)s::text[])
     AS v (subject_id, system, kind, cycle, wave, gates, priority, state, due_at, payload, keepsake, last_outcome)
ON CONFLICT DO NOTHING
"""

WAKE = """
UPDATE obligation SET due_at = %(now)s
WHERE system = %(system)s AND reference = %(reference)s AND state = 'due' AND due_at > %(now)s
RETURNING subject_id, kind, cycle, priority
"""

SEIZE = """
UPDATE obligation SET lease_token = %(token)s, lease_until = %(lease_until)s
WHERE subject_id = %(subject_id)s AND system = %(system)s AND kind = %(kind)s AND cycle = %(cycle)s
  AND state IN ('due', 'fallout') AND (lease_until IS NULL OR lease_until < %(now)s)
RETURNING subject_id, kind, cycle, attempts, strikes, reference, keepsake, payload, accepted_at, due_at
"""

# After a read-back proved that nothing happened: as if it had never been tried.
UNDO_ATTEMPTS = """
UPDATE obligation SET state = 'due', settled_at = NULL, attempts = 0, lease_token = NULL, lease_until = NULL
WHERE subject_id = %(subject_id)s AND system = %(system)s AND kind = %(kind)s AND cycle = %(cycle)s
  AND lease_token = %(token)s
"""

LET_GO = """
UPDATE obligation SET lease_token = NULL, lease_until = NULL WHERE system = %(system)s
  AND subject_id = ANY (%(subject_ids)s::bigint[]) AND lease_token = %(token)s
"""


def key_columns(keys: Sequence[Key]) -> dict[str, str]:
    return {
        "subject_ids": arrays.ints([key[0] for key in keys]),
        "kinds": arrays.texts([key[1] for key in keys]),
        "cycles": arrays.ints([key[2] for key in keys]),
    }


async def claim(conn: Connection, **parameters: Any) -> list[Claimed]:
    cursor = await conn.execute(CLAIM, parameters)
    return [Claimed(*row) for row in await cursor.fetchall()]


async def insert(conn: Connection, obligations: Sequence[NewObligation], now: datetime) -> None:
    """Owing the same thing twice is owing it once."""
    if not obligations:
        return
    await conn.execute(
        INSERT,
        {
            "now": now,
            "subject_ids": arrays.ints([o.subject_id for o in obligations]),
            "systems": arrays.texts([o.system for o in obligations]),
            "kinds": arrays.texts([o.kind for o in obligations]),
            "cycles": arrays.ints([o.cycle for o in obligations]),
            "waves": arrays.ints([o.wave for o in obligations]),
            "gates": arrays.bools([o.gates for o in obligations]),
            "priorities": arrays.ints([o.priority for o in obligations]),
            "states": arrays.texts([o.state for o in obligations]),
            "due_ats": arrays.times([o.due_at for o in obligations]),
            "payloads": arrays.jsons([o.payload for o in obligations]),
            "keepsakes": arrays.blobs([o.keepsake for o in obligations]),
            "last_outcomes": arrays.texts([o.last_outcome for o in obligations]),
        },
    )
