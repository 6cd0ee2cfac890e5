"""Signing in: a name and a password, then a one-time code where the holder has set one up; and proving it again.

A wrong answer is an answer: it is *returned*, because it has to be committed to count. Raised is only what changes
nothing (`too_many_tries`, `busy`). Unknown, blocked and wrong are told in the same words, after the same work.
"""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.identity import codes, guesses, store, throttle
from ringoff.features.identity.contacts import tell
from ringoff.features.identity.context import Identity
from ringoff.features.identity.guesses import Verdict
from ringoff.features.identity.holder import Holder, holder, named, record, tidied, who_signs_in
from ringoff.features.identity.model import AccountClosed, Level, Method, Session, SignedIn, Visit, rested
from ringoff.features.identity.presence import prove_again, start_session
from ringoff.kit.errors import Conflict, InvalidInput, RingoffError, Unauthenticated
from ringoff.kit.secrets import SecretStr


async def sign_in(
    conn: Connection, ctx: Identity, name: str, password: SecretStr, visit: Visit, now: datetime
) -> SignedIn | RingoffError:
    """`name`: account number, e-mail address or telephone number, in any spelling.

    Returns Unauthenticated (`sign_in_failed`), or AccountClosed after the right password of a closed account. Raises
    Unavailable (`too_many_tries`, `busy`).
    """
    neutral = ctx.pack().identity
    buckets = throttle.failures(visit, neutral.limits)
    await throttle.check(conn, buckets, now)
    who = who_signs_in(await named(conn, ctx, name))
    right = await ctx.passwords.verify(who.password_hash if who else None, password)
    subject = who.account_id if who else guesses.stranger(tidied(name).lower())
    verdict = await guesses.settle(conn, subject, "password", right, who.rules(ctx) if who else neutral, now)
    if who is None or not verdict.accepted:
        await throttle.count(conn, buckets, now)
        await _blocked(conn, ctx, who, verdict, visit, now)
        return sign_in_failed()
    if who.closed_at is not None:
        await record(conn, who, "closed_account_opened", visit, now)
        return AccountClosed(who.account_id, who.closed_at, who.time_zone)
    await _renew_hash(conn, ctx, who, password)
    level: Level = 1 if who.totp_set_at is None else 0
    signed_in = await start_session(conn, who.account_id, level, "password", visit, now)
    await record(conn, who, "password_proved" if level == 0 else "signed_in", visit, now, method="password")
    return signed_in


async def second_factor(
    conn: Connection, ctx: Identity, session: Session, code: SecretStr, visit: Visit, now: datetime
) -> SignedIn | RingoffError:
    """A one-time code, or one of the saved recovery codes, after the password.

    A recovery code lets in at level 1: it replaces what is lost, it proves no more than a link would. Returns
    Unauthenticated (`code_wrong`); raises Conflict where none is owed, Unavailable (`too_many_tries`).
    """
    if session.level != 0:
        raise Conflict("no_code_owed", "You are signed in already.")
    proved = await _prove_code(conn, ctx, session, code, visit, now)
    if isinstance(proved, RingoffError):
        return proved
    level, method = proved
    signed_in = await prove_again(conn, session, level, method, now)
    await record(conn, session, "signed_in", visit, now, method=method)
    return signed_in


async def step_up(
    conn: Connection,
    ctx: Identity,
    session: Session,
    visit: Visit,
    now: datetime,
    *,
    password: SecretStr | None = None,
    code: SecretStr | None = None,
) -> SignedIn | RingoffError:
    """Prove once more who is there, by a password or a one-time code; a code can raise the level to 2.

    Returns Unauthenticated (`sign_in_failed`, `code_wrong`); raises InvalidInput without either.
    """
    if session.level == 0:
        raise Unauthenticated("session_needed", "Sign in first.")
    if code is not None:
        proved = await _prove_code(conn, ctx, session, code, visit, now)
        if isinstance(proved, RingoffError):
            return proved
        level: Level = max(session.level, proved[0])
        method: Method = proved[1] if proved[0] >= session.level else session.method
    elif password is not None:
        if not await password_right(conn, ctx, session, password, visit, now):
            return sign_in_failed()
        level, method = session.level, session.method
    else:
        raise InvalidInput("proof_missing", "Enter your password or a code.")
    signed_in = await prove_again(conn, session, level, method, now)
    await record(conn, session, "stepped_up", visit, now, method=method, level=level)
    return signed_in


async def password_right(
    conn: Connection, ctx: Identity, session: Session, password: SecretStr, visit: Visit, now: datetime
) -> bool:
    """Counts as a guess. Raises Unavailable (`too_many_tries`, `busy`)."""
    who = await holder(conn, session.account_id)
    rules = who.rules(ctx)
    buckets = throttle.failures(visit, rules.limits)
    await throttle.check(conn, buckets, now)
    right = await ctx.passwords.verify(who.password_hash, password)
    verdict = await guesses.settle(conn, who.account_id, "password", right, rules, now)
    if not verdict.accepted:
        await throttle.count(conn, buckets, now)
        await _blocked(conn, ctx, who, verdict, visit, now)
    return verdict.accepted


def sign_in_failed() -> Unauthenticated:
    """One sentence for all causes. It tells everybody of the way back in, so it tells nobody that they need it."""
    return Unauthenticated(
        "sign_in_failed",
        "This name and password do not go together, or there were too many tries: then wait a quarter of an hour."
        " With “forgot password” you get in at once.",
    )


async def _prove_code(
    conn: Connection, ctx: Identity, session: Session, code: SecretStr, visit: Visit, now: datetime
) -> tuple[Level, Method] | RingoffError:
    """A recovery code cannot be guessed, so no block stands in its way: the owner gets in while others try codes."""
    rules = ctx.pack(session.jurisdiction).identity
    buckets = throttle.failures(visit, rules.limits)
    await throttle.check(conn, buckets, now)
    if codes.looks_like_totp(code):
        set_at = await codes.totp_right(conn, ctx, session.account_id, code, now)
        verdict = await guesses.settle(conn, session.account_id, "totp", set_at is not None, rules, now)
        if verdict.accepted:
            return (2 if rested(set_at, rules, now) else 1), "password+totp"
    elif await codes.use_recovery_code(conn, session.account_id, code, now):
        await record(conn, session, "recovery_code_used", visit, now)
        return 1, "password+recovery"
    await throttle.count(conn, buckets, now)
    return Unauthenticated(
        "code_wrong", "This code is wrong, used, or too old, or there were too many tries. Take the next one."
    )


async def _blocked(
    conn: Connection, ctx: Identity, who: Holder | None, verdict: Verdict, visit: Visit, now: datetime
) -> None:
    """The owner hears of it the first time, and when only recovery helps; not every quarter of an hour."""
    if who is None or not verdict.just_blocked:
        return
    rules = who.rules(ctx)
    await record(conn, who, "sign_in_blocked", visit, now, failures=verdict.failures)
    if verdict.failures in (rules.guesses, rules.guesses_most):
        await tell(conn, ctx, who.account_id, "sign_in_blocked", visit, now)


async def _renew_hash(conn: Connection, ctx: Identity, who: Holder, password: SecretStr) -> None:
    """Made when the parameters were weaker: now is the only moment at which it can be made again."""
    if who.password_hash is not None and ctx.passwords.outdated(who.password_hash):
        renewed = await ctx.passwords.hash(password)
        key = {"account_id": who.account_id, "old": who.password_hash}
        await conn.execute(store.RENEW_HASH, {**key, "hash": renewed})
