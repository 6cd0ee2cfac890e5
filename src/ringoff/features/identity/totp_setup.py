"""What an authenticator app still has to be told: the generator that was started and not yet confirmed."""

import pyotp

from ringoff.db.pool import Connection
from ringoff.features.identity import store
from ringoff.features.identity.context import Identity
from ringoff.features.identity.credentials import NewTotp
from ringoff.features.identity.model import Session
from ringoff.kit.errors import Conflict
from ringoff.kit.secrets import SecretStr


async def started_totp(conn: Connection, ctx: Identity, session: Session) -> NewTotp:
    """Again, for whoever mistyped its first code; once confirmed, nobody sees it any more.

    Raises Conflict (`totp_not_started`).
    """
    row = await (await conn.execute(store.TOTP, {"account_id": session.account_id})).fetchone()
    if row is None or row[0] is None or row[1] is not None:
        raise Conflict("totp_not_started", "Start setting up one-time codes again.")
    secret = ctx.own_seal.open(row[0]).decode()
    uri = pyotp.TOTP(secret).provisioning_uri(name=session.account_number, issuer_name=ctx.carrier)
    return NewTotp(SecretStr(secret), SecretStr(uri))
