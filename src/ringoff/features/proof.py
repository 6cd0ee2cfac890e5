"""The audit log: who did what, when, to which case, from where, by which rule.

Events are written in the transaction of what they tell, and never changed: the database refuses it. A log line can
be lost or reworded; this cannot, so every history that is shown to anybody is read from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.kit.actor import Actor

# Unnesting keeps the order of the call, and so does the log.
RECORD = """
INSERT INTO event (subject_id, at, type, actor, channel, address, rule, detail)
SELECT e.subject_id, e.at, e.type, e.actor, e.channel, e.address, e.rule, e.detail::jsonb
  FROM unnest(%(subjects)s::bigint[], %(ats)s::timestamptz[], %(types)s::text[], %(actors)s::text[],
              %(channels)s::text[], %(addresses)s::inet[], %(rules)s::text[], %(details)s::text[])
       AS e (subject_id, at, type, actor, channel, address, rule, detail)
"""

TIMELINES = """
SELECT wanted.position - 1, e.id, wanted.subject_id, e.at, e.type, e.actor, e.channel, host(e.address), e.rule, e.detail
  FROM unnest(%(subjects)s::bigint[], %(afters)s::bigint[]) WITH ORDINALITY AS wanted (subject_id, after, position)
 CROSS JOIN LATERAL (SELECT * FROM event
                      WHERE event.subject_id = wanted.subject_id AND event.id > wanted.after
                      ORDER BY event.subject_id, event.id LIMIT %(limit)s) AS e
 ORDER BY wanted.position, e.id
"""

NEWEST = "SELECT pg_sequence_last_value(pg_get_serial_sequence('event', 'id')::regclass)"
# The index by subject serves a case. The whole log has none by id, which would cost every event: its ids lie in order,
# so a span of them is a few pages, which the BRIN index names.
LOG = """
SELECT e.id, e.subject_id, e.at, e.type, e.actor, e.channel, host(e.address), e.rule, e.detail FROM event e
 WHERE (%(subject)s::bigint IS NULL OR e.subject_id = %(subject)s)
   AND e.id >= %(from)s AND e.id < %(before)s
   AND (%(actor)s::text IS NULL OR e.actor = %(actor)s)
   AND (%(type)s::text IS NULL OR starts_with(e.type, %(type)s))
 ORDER BY e.id DESC LIMIT %(limit)s
"""
_NEAR, _FAR, _NO_END = 20_000, 5_000_000, 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that is about to be recorded. `type` is `case.scheduled`, `hold.set`, `key.created`…

    `subject_id` is the case, 0 for what is about none; `detail` is JSON-ready and never holds a secret.
    """

    subject_id: int = 0
    type: str
    actor: Actor
    at: datetime
    rule: str | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the log tells it. `id` grows along the log: it is the cursor to read on from."""

    id: int
    event: Event


async def record(conn: Connection, events: Sequence[Event]) -> None:
    """Append all events in one statement, in the caller's transaction."""
    if not events:
        return
    await conn.execute(
        RECORD,
        {
            "subjects": arrays.ints([e.subject_id for e in events]),
            "ats": arrays.times([e.at for e in events]),
            "types": arrays.texts([e.type for e in events]),
            "actors": arrays.texts([e.actor.name for e in events]),
            "channels": arrays.texts([e.actor.channel for e in events]),
            "addresses": arrays.texts([e.actor.address for e in events]),
            "rules": arrays.texts([e.rule for e in events]),
            "details": arrays.jsons([e.detail for e in events]),
        },
    )


async def timeline(conn: Connection, subject_id: int, after: int = 0, limit: int = 200) -> list[Recorded]:
    """The case's events after the event `after`, oldest first, at most `limit`."""
    return (await timelines(conn, [(subject_id, after)], limit))[0]


async def log(
    conn: Connection,
    *,
    actor: str | None = None,
    type_: str | None = None,
    subject_id: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[list[Recorded], int | None]:
    """The log, the latest first: of one actor, of types that begin so, of one case; and from where to read on, if there
    may be more. What is rare is looked for in the last `_FAR` events only; whoever reads on looks further.
    """
    row = await (await conn.execute(NEWEST)).fetchone()
    upper = min(before or _NO_END, (row[0] if row and row[0] else 0) + 1)
    lowest, span = (0, upper) if subject_id is not None else (max(0, upper - _FAR), _NEAR)
    found: list[Recorded] = []
    while upper > lowest and len(found) < limit:
        lower = max(lowest, upper - span)
        wanted = {"actor": actor, "type": type_, "subject": subject_id, "from": lower, "before": upper}
        cursor = await conn.execute(LOG, {**wanted, "limit": limit - len(found)})
        found += [_recorded(row) for row in await cursor.fetchall()]
        upper, span = lower, span * 4
    reached = found[-1].id if len(found) == limit else lowest
    return found, reached if reached > 0 else None


def _recorded(row: Sequence[Any]) -> Recorded:
    id_, subject_id, at, type_, actor, channel, address, rule, detail = row
    who = Actor(actor, channel, address)
    return Recorded(id_, Event(subject_id=subject_id, type=type_, actor=who, at=at, rule=rule, detail=detail))


async def timelines(conn: Connection, wanted: Sequence[tuple[int, int]], limit: int = 200) -> list[list[Recorded]]:
    """For each (subject, last event seen) what came after it, in one statement; at most `limit` each."""
    cursor = await conn.execute(
        TIMELINES,
        {
            "subjects": arrays.ints([w[0] for w in wanted]),
            "afters": arrays.ints([w[1] for w in wanted]),
            "limit": limit,
        },
    )
    told: list[list[Recorded]] = [[] for _ in wanted]
    for position, *row in await cursor.fetchall():
        told[position].append(_recorded(row))
    return told
