"""An answer is given once: a repeated request gets the saved one.

The claim, the effect and the saved answer are one transaction. So an answer is kept exactly when its effect is: a
request that was refused, or that failed, leaves no trace and may be sent again with the same key.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features.access import store
from ringoff.kit.errors import InvalidInput, Refused

KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request that its sender may repeat. `digest` tells whether it really is the same one."""

    api_key_id: str
    key: str
    digest: bytes

    @classmethod
    def of(cls, api_key_id: str, key: str, method: str, path: str, body: bytes) -> "IdempotentRequest":
        """`path` with its query. Raises InvalidInput (`idempotency_key_invalid`)."""
        if not 1 <= len(key) <= KEY_LENGTH or not (key.isascii() and key.isprintable()):
            message = f"An Idempotency-Key has 1 to {KEY_LENGTH} printable ASCII characters."
            raise InvalidInput("idempotency_key_invalid", message, header="Idempotency-Key")
        return cls(api_key_id, key, hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest())


async def claim(conn: Connection, request: IdempotentRequest, now: datetime, kept_for: timedelta) -> SavedAnswer | None:
    """None: this request is the first, do the work, then `save`. Otherwise what was answered to the first.

    Waits for a concurrent request with the same key until that one's transaction ends.
    Raises Refused (`idempotency_key_reused`) when the key came with another request before.
    """
    names = {"api_key": request.api_key_id, "key": request.key}
    cursor = await conn.execute(
        store.CLAIM_ANSWER, {**names, "request": request.digest, "now": now, "expired": now - kept_for}
    )
    if await cursor.fetchone() is not None:
        return None
    cursor = await conn.execute(store.SAVED_ANSWER, names)
    row = await cursor.fetchone()
    assert row is not None, "the claim found it, and holds its lock"
    digest, status, body = row
    if digest != request.digest:
        message = "This Idempotency-Key was used for another request. Use a new key for a new request."
        raise Refused("idempotency_key_reused", message, rule="idempotency_key_names_one_request")
    return SavedAnswer(status, body)


async def save(conn: Connection, request: IdempotentRequest, answer: SavedAnswer) -> None:
    await conn.execute(
        store.SAVE_ANSWER,
        {"api_key": request.api_key_id, "key": request.key, "status": answer.status, "answer": answer.body},
    )


async def forget_expired(conn: Connection, now: datetime, kept_for: timedelta, limit: int = 10_000) -> int:
    """Remove answers older than `kept_for`, at most `limit` in one go; returns how many."""
    cursor = await conn.execute(store.FORGET_ANSWERS, {"expired": now - kept_for, "limit": limit})
    return cursor.rowcount
