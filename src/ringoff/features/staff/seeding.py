"""People who never opened a link: for the demo, and for tests."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.identity.passwords import Passwords
from ringoff.features.staff import store
from ringoff.features.staff.roles import Role
from ringoff.kit.secrets import Seal, SecretStr


async def seed_member(
    conn: Connection,
    name: str,
    display_name: str,
    role: Role,
    password: SecretStr,
    totp_secret: str,
    seal: Seal,
    now: datetime,
) -> None:
    """As if they had set themselves up at `now`. `totp_secret` is base 32."""
    values = {"name": name, "display_name": display_name, "role": role, "now": now}
    row = await (await conn.execute(store.ADD, values)).fetchone()
    assert row is not None
    hashed, sealed = await Passwords().hash(password), seal.close(totp_secret.encode())
    await conn.execute(store.SET_UP, {"id": row[0], "hash": hashed, "totp": sealed, "step": 0, "now": now})
