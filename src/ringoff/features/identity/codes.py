"""One-time codes (TOTP, RFC 6238), each good once, and saved recovery codes."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.context import Identity
from ringoff.kit.secrets import SecretStr

STEP = 30
_AROUND = (0, -1, 1)  # steps: a phone's clock may be half a minute off
_TOTP = re.compile(r"[0-9]{6}")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none looks like another
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
RECOVERY_CODES, _GROUPS, _GROUP = 10, 4, 4  # 80 bits each


def looks_like_totp(code: SecretStr) -> bool:
    return _TOTP.fullmatch(_digits(code)) is not None


def matching_step(secret: SecretStr, code: SecretStr, now: datetime, after: int) -> int | None:
    """The time step that this code belongs to, if it is near `now` and later than the last one used."""
    generator, current = pyotp.TOTP(secret.get_secret_value(), interval=STEP), int(now.timestamp()) // STEP
    typed = _digits(code).encode()
    found = None
    for step in (current + around for around in _AROUND):
        if hmac.compare_digest(generator.generate_otp(step).encode(), typed) and step > after:
            found = step
    return found


async def totp_right(
    conn: Connection, ctx: Identity, account_id: int, code: SecretStr, now: datetime
) -> datetime | None:
    """Since when this generator has been set up, if the code is right; the code is used up. Locks the login."""
    row = await (await conn.execute(store.TOTP, {"account_id": account_id})).fetchone()
    if row is None or row[0] is None or row[1] is None:
        return None
    sealed, set_at, used = row
    step = matching_step(SecretStr(ctx.own_seal.open(sealed).decode()), code, now, used)
    if step is None:
        return None
    await conn.execute(store.USE_TOTP_STEP, {"account_id": account_id, "step": step})
    assert isinstance(set_at, datetime)
    return set_at


async def use_recovery_code(conn: Connection, account_id: int, code: SecretStr, now: datetime) -> bool:
    values = {"account_id": account_id, "digest": recovery_digest(code), "now": now}
    return (await conn.execute(store.USE_RECOVERY_CODE, values)).rowcount == 1


def new_recovery_codes() -> list[SecretStr]:
    def group() -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))

    return [SecretStr("-".join(group() for _ in range(_GROUPS))) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: SecretStr) -> bytes:
    """Forgiving about case, dashes and look-alike letters. Without salt: what it hashes is random."""
    typed = "".join(c for c in code.get_secret_value().upper() if c.isalnum()).translate(_READ_AS)
    return hashlib.sha256(b"recovery " + typed.encode()).digest()


def _digits(code: SecretStr) -> str:
    return "".join(code.get_secret_value().split())
