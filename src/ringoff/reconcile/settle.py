"""Settling: one transaction that writes how obligations ended and lets their owners go on.

① lock the subjects in id order, in a statement of its own; ② write outcomes only where the lease is still ours;
③ in later statements, hand the written ones to their owners. ① before ③ is not optional: two settles that do not see
each other's rows would each find the wave incomplete, and the case would sleep for ever.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Unknown
from ringoff.reconcile import store
from ringoff.reconcile.model import Claimed, ObligationState, Owner, Pace, Settled, System, evidence_of


@dataclass(frozen=True, slots=True)
class Ending:
    """What one outcome does to its row. `undone` 1: this try certainly had no effect, so it is not counted."""

    state: ObligationState
    says: str
    due_at: datetime | None = None
    undone: int = 0
    strike: int = 0
    reference: str | None = None


def ending(claimed: Claimed, outcome: Outcome, now: datetime, pace: Pace) -> Ending:
    match outcome:
        case Done():
            return Ending("discharged", "done")
        case NeedsPerson(why, _, untouched):
            return Ending("fallout", why, undone=int(untouched))
        case Accepted(reference, ask_in, patience):
            longest = patience or pace.patience_time
            if now - (claimed.accepted_at or now) > longest:
                says = f"accepted as {reference}, but not done in {longest.days} days"
                return Ending("fallout", says, reference=reference)
            return Ending("due", f"accepted as {reference}", now + ask_in, reference=reference)
        case RetryAfter(why, delay, system_failed, waiting):
            return _again(claimed, why, delay, 0 if system_failed or waiting else 1, now, pace, undone=1)
        case Unknown(why, system_failed):
            return _again(claimed, why, None, 0 if system_failed else 1, now, pace, undone=0)
        case _:
            assert_never(outcome)


def _again(
    claimed: Claimed, why: str, delay: timedelta | None, strike: int, now: datetime, pace: Pace, *, undone: int
) -> Ending:
    strikes = claimed.strikes + strike
    if strikes >= pace.patience_strikes:
        return Ending("fallout", f"gave up after {strikes} tries: {why}", undone=undone, strike=strike)
    wait = delay if delay is not None else backoff(strikes, pace)
    return Ending("due", why, now + wait, undone=undone, strike=strike)


def backoff(strikes: int, pace: Pace) -> timedelta:
    """Exponential with full jitter around the middle, so that a thousand rows do not come back as one."""
    wait = min(pace.backoff_most, pace.backoff_first * 2 ** max(0, min(strikes, 20) - 1))
    return timedelta(seconds=wait.total_seconds() * random.uniform(0.5, 1.5))


async def settle(
    conn: Connection,
    system: System,
    token: int,
    outcomes: Sequence[tuple[Claimed, Outcome]],
    now: datetime,
    pace: Pace,
) -> list[Settled]:
    """Returns what was still ours. What was not is left to whoever holds it now."""
    by_owner: dict[Owner, list[Claimed]] = defaultdict(list)
    for claimed, _ in outcomes:
        by_owner[system.owners[claimed.kind]].append(claimed)
    held = {owner: await owner.lock(conn, rows) for owner, rows in by_owner.items()}
    settled = await _write(conn, system, token, outcomes, now, pace)
    for owner in by_owner:
        own = [s for s in settled if system.owners[s.claimed.kind] is owner]
        if own:
            await owner.settled(conn, held[owner], own, now)
    return settled


async def _write(
    conn: Connection,
    system: System,
    token: int,
    outcomes: Sequence[tuple[Claimed, Outcome]],
    now: datetime,
    pace: Pace,
) -> list[Settled]:
    endings = [ending(claimed, outcome, now, pace) for claimed, outcome in outcomes]
    cursor = await conn.execute(
        store.SETTLE,
        {
            **store.key_columns([claimed.key for claimed, _ in outcomes]),
            "system": system.name,
            "token": token,
            "now": now,
            "states": arrays.texts([e.state for e in endings]),
            "due_ats": arrays.times([e.due_at for e in endings]),
            "undone": arrays.ints([e.undone for e in endings]),
            "strikes": arrays.ints([e.strike for e in endings]),
            "references": arrays.texts([e.reference for e in endings]),
            "evidences": arrays.jsons([evidence_of(outcome) or None for _, outcome in outcomes]),
            "keepsakes": arrays.blobs([getattr(outcome, "keepsake", None) for _, outcome in outcomes]),
            "last_outcomes": arrays.texts([e.says[:500] for e in endings]),
        },
    )
    ours = set(await cursor.fetchall())
    return [
        Settled(claimed, system.name, e.state, outcome)
        for (claimed, outcome), e in zip(outcomes, endings, strict=True)
        if claimed.key in ours
    ]
