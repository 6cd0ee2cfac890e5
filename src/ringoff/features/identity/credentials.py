"""What signed-in holders change about how they sign in: each with a fresh proof, and all contacts hear of it."""

from dataclasses import dataclass
from datetime import datetime

import pyotp

from ringoff.db.pool import Connection
from ringoff.features.identity import codes, store
from ringoff.features.identity.contacts import tell
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import ensure_login, holder, record
from ringoff.features.identity.links import use_up_links
from ringoff.features.identity.model import Session, Visit
from ringoff.features.identity.presence import end_other_sessions
from ringoff.features.identity.recovery import RECOVERY, keep_password
from ringoff.features.identity.signing_in import password_right, sign_in_failed
from ringoff.kit.errors import Conflict, InvalidInput, Refused, RingoffError
from ringoff.kit.secrets import SecretStr


@dataclass(frozen=True, slots=True)
class NewTotp:
    """For the holder's authenticator app: as text, and as the address in a QR code. Shown once."""

    secret: SecretStr
    uri: SecretStr


async def change_password(
    conn: Connection, ctx: Identity, session: Session, old: SecretStr, new: SecretStr, visit: Visit, now: datetime
) -> RingoffError | None:
    """Returns Unauthenticated (`sign_in_failed`) where the old one is wrong: that counts, so commit it.

    Other sessions end. Raises InvalidInput as `check_new` does, Unavailable (`too_many_tries`, `busy`).
    """
    if not await password_right(conn, ctx, session, old, visit, now):
        return sign_in_failed()
    await keep_password(conn, ctx, await holder(conn, session.account_id), new, now, by_link=False)
    await use_up_links(conn, session.account_id, RECOVERY, now)
    await end_other_sessions(conn, session, now)
    await record(conn, session, "password_changed", visit, now)
    await tell(conn, ctx, session.account_id, "password_changed", visit, now)
    return None


async def start_totp(conn: Connection, ctx: Identity, session: Session, now: datetime) -> NewTotp:
    """Counts for nothing until `confirm_totp`. Raises Conflict (`totp_set`), NotAllowed (`step_up_needed`)."""
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    await ensure_login(conn, session.account_id, now)
    if (await _totp(conn, session.account_id))[1] is not None:
        raise Conflict("totp_set", "One-time codes are set up already. Remove them first.")
    secret = pyotp.random_base32()
    sealed = ctx.own_seal.close(secret.encode())
    await conn.execute(store.START_TOTP, {"account_id": session.account_id, "totp": sealed})
    uri = pyotp.TOTP(secret).provisioning_uri(name=session.account_number, issuer_name=ctx.carrier)
    return NewTotp(SecretStr(secret), SecretStr(uri))


async def confirm_totp(
    conn: Connection, ctx: Identity, session: Session, code: SecretStr, visit: Visit, now: datetime
) -> None:
    """A first code proves that the app works. It raises a session's level only after `factor_rest`.

    Raises InvalidInput (`code_wrong`), Conflict (`totp_not_started`), NotAllowed (`step_up_needed`).
    """
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    sealed, set_at, used = await _totp(conn, session.account_id)
    if sealed is None or set_at is not None:
        raise Conflict("totp_not_started", "Start setting up one-time codes again.")
    step = codes.matching_step(SecretStr(ctx.own_seal.open(sealed).decode()), code, now, used)
    if step is None:
        raise InvalidInput("code_wrong", "This code does not fit. Is the clock of your phone right? Take the next one.")
    await conn.execute(store.CONFIRM_TOTP, {"account_id": session.account_id, "step": step, "now": now})
    await record(conn, session, "totp_set", visit, now)
    await tell(conn, ctx, session.account_id, "totp_changed", visit, now, what="set")


async def remove_totp(conn: Connection, ctx: Identity, session: Session, visit: Visit, now: datetime) -> None:
    """With its recovery codes. It is a recent change, so for a while nobody cancels at once.

    Raises Conflict (`totp_not_set`), Refused (`password_too_short_alone`), NotAllowed (`step_up_needed`).
    """
    pack = ctx.pack(session.jurisdiction)
    session.must_be_fresh(pack, now)
    cursor = await conn.execute(store.REMOVE_TOTP, {"account_id": session.account_id, "now": now})
    row = await cursor.fetchone()
    if row is None:
        raise Conflict("totp_not_set", "One-time codes are not set up.")
    if not row[0]:
        least = pack.identity.password_least_alone
        raise Refused(
            "password_too_short_alone",
            f"Without codes your password needs at least {least} characters. Change it first.",
            rule="identity.password_least_alone",
            least=least,
        )
    await conn.execute(store.DROP_RECOVERY_CODES, {"account_id": session.account_id})
    await record(conn, session, "totp_removed", visit, now)
    await tell(conn, ctx, session.account_id, "totp_changed", visit, now, what="removed")


async def make_recovery_codes(
    conn: Connection, ctx: Identity, session: Session, visit: Visit, now: datetime
) -> list[SecretStr]:
    """Shown once; the ones before are void. Raises Conflict (`totp_not_set`), NotAllowed (`step_up_needed`)."""
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    if (await _totp(conn, session.account_id))[1] is None:
        raise Conflict("totp_not_set", "Set up one-time codes first: recovery codes stand in for them.")
    made = codes.new_recovery_codes()
    await conn.execute(store.DROP_RECOVERY_CODES, {"account_id": session.account_id})
    digests = [codes.recovery_digest(code) for code in made]
    await conn.execute(store.ADD_RECOVERY_CODES, {"account_id": session.account_id, "digests": digests, "now": now})
    await record(conn, session, "recovery_codes_made", visit, now)
    await tell(conn, ctx, session.account_id, "recovery_codes_made", visit, now)
    return made


async def _totp(conn: Connection, account_id: int) -> tuple[bytes | None, datetime | None, int]:
    row = await (await conn.execute(store.TOTP, {"account_id": account_id})).fetchone()
    return (row[0], row[1], row[2]) if row is not None else (None, None, 0)
