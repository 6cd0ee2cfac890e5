"""Creating, listing, revoking and recognising API keys."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.access import model, store
from ringoff.features.access.model import ApiKey, NewKey, Scope
from ringoff.features.proof import Event, record
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput, NotFound, Unauthenticated

NAME_LENGTH = 100


async def create_key(conn: Connection, name: str, scopes: frozenset[Scope], actor: Actor, now: datetime) -> NewKey:
    """The text in the answer is shown once and kept nowhere. Raises InvalidInput (`key_name_invalid`)."""
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidInput("key_name_invalid", f"A key's name has 1 to {NAME_LENGTH} printable characters.")
    id_, text = model.generate()
    key = ApiKey(id=id_, name=name, scopes=scopes, created_at=now)
    await conn.execute(
        store.ADD_KEY,
        {
            "id": id_,
            "hash": model.digest(text.get_secret_value()),
            "name": name,
            "scopes": sorted(scopes),
            "now": now,
        },
    )
    detail = {"key": id_, "name": name, "scopes": sorted(scopes)}
    await record(conn, [Event(type="key.created", actor=actor, at=now, detail=detail)])
    return NewKey(key, text)


async def list_keys(conn: Connection) -> list[ApiKey]:
    """All keys, revoked ones as well, oldest first; at most 1,000."""
    cursor = await conn.execute(store.ALL_KEYS)
    return [
        ApiKey(id=id_, name=name, scopes=frozenset(scopes), created_at=created_at, revoked_at=revoked_at)
        for id_, name, scopes, created_at, revoked_at in await cursor.fetchall()
    ]


async def revoke_key(conn: Connection, id_: str, actor: Actor, now: datetime) -> ApiKey:
    """Revoking twice changes nothing. Raises NotFound (`key_not_found`)."""
    cursor = await conn.execute(store.REVOKE_KEY, {"id": id_, "now": now})
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("key_not_found", f"There is no key {id_}.")
    key_id, name, scopes, created_at, revoked_at, just_now = row
    if just_now:
        await record(conn, [Event(type="key.revoked", actor=actor, at=now, detail={"key": key_id, "name": name})])
    return ApiKey(id=key_id, name=name, scopes=frozenset(scopes), created_at=created_at, revoked_at=revoked_at)


async def authenticate(conn: Connection, text: str) -> ApiKey:
    """Who holds this key. Raises Unauthenticated (`key_invalid`), the same for a malformed, unknown or revoked key."""
    invalid = Unauthenticated("key_invalid", "This API key is not valid.")
    id_ = model.key_id(text)
    if id_ is None:
        raise invalid
    cursor = await conn.execute(store.STANDING_KEY, {"id": id_})
    row = await cursor.fetchone()
    if row is None or not model.same(row[4], model.digest(text)):
        raise invalid
    key_id, name, scopes, created_at, _ = row
    return ApiKey(id=key_id, name=name, scopes=frozenset(scopes), created_at=created_at)
