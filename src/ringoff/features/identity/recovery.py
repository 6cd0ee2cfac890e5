"""The way in for those who have no password, or none that works: a link to the contact of record.

Whoever asks learns nothing: the answer is always the same, and so is the work. For a name that nobody has, the same
rows are written and taken back. A reset proves that the holder's mail is read, no more: it raises no level.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg

from ringoff.db.pool import Connection
from ringoff.features import letters
from ringoff.features.identity import guesses, store, throttle
from ringoff.features.identity.contacts import letter_to, tell
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import (
    Holder,
    ensure_login,
    holder,
    named,
    own_words,
    record,
    tidied,
    who_is_meant,
)
from ringoff.features.identity.links import make_link, use_link, use_up_links
from ringoff.features.identity.model import Purpose, Visit
from ringoff.features.identity.passwords import check_new, normal
from ringoff.features.identity.presence import end_sessions
from ringoff.features.letters import LetterKind
from ringoff.kit.secrets import SecretStr

RECOVERY: Sequence[Purpose] = ("enrol", "reset")
_NOBODY = Holder(0, 0, "", "", "", "en", "UTC", "neutral", None, None, None)


async def ask_reset(conn: Connection, ctx: Identity, name: str, visit: Visit, now: datetime) -> None:
    """“Forgot password, or never had one”: a link to every account meant, to its contact of record.

    Of a closed account the link leads to its documents. Says nothing, whatever was found; also above the limits of
    the account. Raises Unavailable (`too_many_tries`) above those of the visitor's address, and `no_seal`.
    """
    limits = ctx.pack().identity.limits
    await throttle.check(conn, throttle.asks(visit, limits), now)
    await throttle.count(conn, throttle.asks(visit, limits), now)
    meant = [who for who in who_is_meant(await named(conn, ctx, name)) if who.email]
    for who in meant or [_NOBODY]:
        async with conn.transaction() as part:
            bucket = f"account:{who.account_id}" if meant else f"name:{tidied(name).lower()}"
            await _send_way_in(conn, ctx, who, bucket, visit, now)
            if not meant:
                raise psycopg.Rollback(part)


async def send_archive_link(conn: Connection, ctx: Identity, account_id: int, visit: Visit, now: datetime) -> bool:
    """For a closed account: a link to its documents. Whether one was sent; none after `archive_kept`."""
    who = await holder(conn, account_id)
    rules = who.rules(ctx)
    if who.closed_at is None or now > who.closed_at + rules.archive_kept or not who.email:
        return False
    return await _send_way_in(conn, ctx, who, f"account:{who.account_id}", visit, now)


async def set_password(
    conn: Connection, ctx: Identity, token: SecretStr, password: SecretStr, visit: Visit, now: datetime
) -> int:
    """By a link of `enrol` or `reset`; returns the account. The link is used up, all sessions end, all contacts hear.

    Raises Unauthenticated (`link_invalid`), and InvalidInput as `check_new` does, which leaves the link as it was.
    """
    link = await use_link(conn, RECOVERY, token, now)
    assert link.account_id is not None
    who = await holder(conn, link.account_id)
    await ensure_login(conn, who.account_id, now)
    await keep_password(conn, ctx, who, password, now, by_link=True)
    await use_up_links(conn, who.account_id, RECOVERY, now)
    await end_sessions(conn, who.account_id, now)
    await guesses.forgive(conn, who.account_id, "password")
    await record(conn, who, "password_set", visit, now, by=link.purpose)
    await tell(conn, ctx, who.account_id, "password_changed", visit, now)
    return who.account_id


async def keep_password(
    conn: Connection, ctx: Identity, who: Holder, password: SecretStr, now: datetime, *, by_link: bool
) -> None:
    rules = who.rules(ctx)
    words = await own_words(conn, ctx, who)
    check_new(password, rules, second_factor=who.totp_set_at is not None, own_words=words)
    hashed = await ctx.passwords.hash(password)
    alone = len(normal(password)) >= rules.password_least_alone
    values = {"account_id": who.account_id, "hash": hashed, "alone": alone, "now": now, "by_link": by_link}
    await conn.execute(store.KEEP_HASH, values)


async def _send_way_in(conn: Connection, ctx: Identity, who: Holder, bucket: str, visit: Visit, now: datetime) -> bool:
    rules = who.rules(ctx)
    buckets = throttle.asks_about(bucket, rules.limits)
    full = await throttle.is_full(conn, buckets, now)
    await throttle.count(conn, buckets, now)
    kind, purpose, lives = _way_in(ctx, who)
    if full or (who.closed_at is not None and now > who.closed_at + rules.archive_kept):
        return False
    account_id = who.account_id or None
    link = await make_link(conn, ctx, purpose, account_id=account_id, lives=lives, now=now)
    written = letter_to(who, kind, visit, now, link, now + lives)
    await letters.post(conn, [written], now, ctx.seal, ctx.mail)
    await record(conn, who, "link_sent", visit, now, purpose=purpose)
    return True


def _way_in(ctx: Identity, who: Holder) -> tuple[LetterKind, Purpose, timedelta]:
    rules = who.rules(ctx)
    if who.closed_at is not None:
        return "archive_link", "archive", rules.archive_link_lives
    if who.password_hash is None:
        return "enrol", "enrol", rules.enrol_link_lives
    return "reset", "reset", rules.reset_link_lives
