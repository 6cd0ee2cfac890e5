"""How often something is tried, by account, address and network; counted in the database, so over all processes.

Looked at before, counted after: a visitor over the limit is refused before anything is computed for them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.model import Visit
from ringoff.features.rules import Limit, Limits
from ringoff.kit.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    limit: Limit


def failures(visit: Visit, limits: Limits) -> list[Bucket]:
    """Failed proofs count against where they come from, never against who is named: that is `guesses`."""
    return _of_visit("failed", visit, limits.failures_address, limits.failures_network)


def asks(visit: Visit, limits: Limits) -> list[Bucket]:
    return _of_visit("asked", visit, limits.asks_address, limits.asks_network)


def offers(visit: Visit, limits: Limits) -> list[Bucket]:
    """Challenges that were given out: cheap, but each is kept for a while."""
    return [Bucket(f"offered:{visit.ip}", limits.failures_network)] if visit.ip else []


def asks_about(name: str, limits: Limits) -> list[Bucket]:
    """By what was typed, or by the account: a bucket that names nobody in clear."""
    return [Bucket(f"asked:{hashlib.sha256(name.encode()).hexdigest()[:32]}", limits.asks_account)]


async def check(conn: Connection, buckets: Sequence[Bucket], now: datetime) -> None:
    """Raises Unavailable (`too_many_tries`) where one of them is full."""
    if await is_full(conn, buckets, now):
        message = "Too much was tried from where you are. Wait a quarter of an hour, then try again."
        raise Unavailable("too_many_tries", message)


async def is_full(conn: Connection, buckets: Sequence[Bucket], now: datetime) -> bool:
    cursor = await conn.execute(
        store.COUNTED,
        {
            "buckets": [b.name for b in buckets],
            "mosts": [b.limit.most for b in buckets],
            "sinces": [now - b.limit.within for b in buckets],
        },
    )
    return await cursor.fetchone() is not None


async def count(conn: Connection, buckets: Sequence[Bucket], now: datetime) -> None:
    """In the order of their names, so that two visits never wait for each other in a ring."""
    for bucket in sorted(buckets, key=lambda b: b.name):
        await conn.execute(store.COUNT, {"bucket": bucket.name, "now": now, "since": now - bucket.limit.within})


def _of_visit(what: str, visit: Visit, by_address: Limit, by_network: Limit) -> list[Bucket]:
    if visit.ip is None or visit.network is None:
        return []
    return [Bucket(f"{what}:{visit.ip}", by_address), Bucket(f"{what}:{visit.network}", by_network)]
