"""The account PIN: what a caller tells care. It is level 1, like a password alone, and never shown to an agent."""

import re
from datetime import datetime
from itertools import pairwise

from ringoff.db.pool import Connection
from ringoff.features.identity import guesses, store
from ringoff.features.identity.contacts import tell
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import ensure_login, holder, own_words, record
from ringoff.features.identity.model import Session, Visit
from ringoff.kit.errors import InvalidInput
from ringoff.kit.secrets import SecretStr

_PIN = re.compile(r"[0-9]{6,10}")


async def set_pin(
    conn: Connection, ctx: Identity, session: Session, pin: SecretStr, visit: Visit, now: datetime
) -> None:
    """Set or change it. Raises InvalidInput (`pin_invalid`, `pin_common`, `pin_personal`), NotAllowed, Unavailable."""
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    who = await holder(conn, session.account_id)
    check_new_pin(pin, await own_words(conn, ctx, who))
    await ensure_login(conn, session.account_id, now)
    hashed = await ctx.passwords.hash(pin)
    await conn.execute(store.SET_PIN, {"account_id": session.account_id, "hash": hashed, "now": now})
    await guesses.forgive(conn, session.account_id, "pin")
    await record(conn, session, "pin_set", visit, now)
    await tell(conn, ctx, session.account_id, "pin_changed", visit, now, what="set")


async def remove_pin(conn: Connection, ctx: Identity, session: Session, visit: Visit, now: datetime) -> None:
    """Care then cannot be told by phone who calls. Raises NotAllowed (`step_up_needed`)."""
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    await conn.execute(store.SET_PIN, {"account_id": session.account_id, "hash": None, "now": None})
    await record(conn, session, "pin_removed", visit, now)
    await tell(conn, ctx, session.account_id, "pin_changed", visit, now, what="removed")


async def check_pin(
    conn: Connection, ctx: Identity, account_id: int, pin: SecretStr, visit: Visit, now: datetime
) -> bool:
    """Whether a caller knows it; False as well where there is none, or after too many wrong ones. Commit either way."""
    who = await holder(conn, account_id)
    row = await (await conn.execute(store.PIN, {"account_id": account_id})).fetchone()
    right = await ctx.passwords.verify(row[0] if row else None, pin)
    verdict = await guesses.settle(conn, account_id, "pin", right, who.rules(ctx), now)
    if verdict.just_blocked:
        await record(conn, who, "pin_blocked", visit, now, failures=verdict.failures)
    return verdict.accepted


def check_new_pin(pin: SecretStr, own_words: list[str]) -> None:
    """Six to ten digits; neither a row, nor a repetition, nor a part of the holder's own numbers."""
    digits = pin.get_secret_value()
    if not _PIN.fullmatch(digits):
        raise InvalidInput("pin_invalid", "A PIN has 6 to 10 digits.")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    if (len(steps) == 1 and steps <= {0, 1, 9}) or len(set(digits)) < 3:
        raise InvalidInput("pin_common", "This PIN is tried first. Choose another one.")
    if any(digits in re.sub(r"\D", "", word) for word in own_words):
        raise InvalidInput("pin_personal", "This PIN is a part of one of your numbers. Choose another one.")
