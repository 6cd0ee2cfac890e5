"""Counting wrong answers at one account, so that many guesses at once are no more than one after the other.

The answer is computed first and looked at under the row's lock: whatever came in parallel is counted one by one, and
from the limit on even a right answer is refused, so nothing is learned from it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.model import Factor, Guesses
from ringoff.features.rules import IdentityRules

_STRANGERS = 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """`accepted`: right, and taken. `just_blocked`: this very answer was one too many."""

    accepted: bool
    just_blocked: bool
    failures: int


def stranger(name: str) -> int:
    """What a name that nobody has counts under: its own row of a few, and the very same statements."""
    return -1 - int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % _STRANGERS


async def settle(
    conn: Connection, account_id: int, factor: Factor, right: bool, rules: IdentityRules, now: datetime
) -> Verdict:
    key = {"account_id": account_id, "factor": factor}
    cursor = await conn.execute(store.TAKE_GUESSES, key)
    row = await cursor.fetchone()
    assert row is not None
    before = Guesses(*row)
    after = before.after(right, rules, now)
    written = {"failures": after.failures, "blocked_until": after.blocked_until}
    await conn.execute(store.WRITE_GUESSES, {**key, **written})
    taken = before.taken(rules, now)
    return Verdict(right and taken, taken and not right and not after.taken(rules, now), after.failures)


async def forgive(conn: Connection, account_id: int, factor: Factor) -> None:
    """After a recovery: the one who proved themselves otherwise starts anew."""
    key = {"account_id": account_id, "factor": factor}
    await conn.execute(store.WRITE_GUESSES, {**key, "failures": 0, "blocked_until": None})
