"""Logins that were never enrolled: for the demo, and for tests."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.holder import ensure_login
from ringoff.features.identity.passwords import Passwords
from ringoff.kit.secrets import Seal, SecretStr


async def seed_login(
    conn: Connection,
    account_id: int,
    password: SecretStr,
    *,
    set_at: datetime,
    totp_secret: str | None = None,
    seal: Seal | None = None,
    pin: SecretStr | None = None,
) -> None:
    """As if all had been set up at `set_at`. `totp_secret` is base 32 and needs the `seal` of the installation."""
    await ensure_login(conn, account_id, set_at)
    hashed = await Passwords().hash(password)
    values = {"account_id": account_id, "hash": hashed, "alone": True, "now": set_at, "by_link": False}
    await conn.execute(store.KEEP_HASH, values)
    if pin is not None:
        await conn.execute(
            store.SET_PIN, {"account_id": account_id, "hash": await Passwords().hash(pin), "now": set_at}
        )
    if totp_secret is not None:
        assert seal is not None
        await conn.execute(store.START_TOTP, {"account_id": account_id, "totp": seal.close(totp_secret.encode())})
        await conn.execute(store.CONFIRM_TOTP, {"account_id": account_id, "step": 0, "now": set_at})
