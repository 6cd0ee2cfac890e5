"""How a caller proves who they are: a PIN that they type themselves, or a code that only the holder can read out.

A wrong answer is returned, not raised: it has to be committed to count. Whatever was wrong is told in the same words;
it counts towards the same limits as every other way in, and the contacts of record hear of it, once a call.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from ringoff.db.pool import Connection
from ringoff.features import identity, letters
from ringoff.features.calls import store
from ringoff.features.calls.model import Call, Means, Proof
from ringoff.features.calls.proving import held, must_go_on, proved, record, refused, wrong
from ringoff.features.identity import Identity, Session, Visit, guesses, throttle
from ringoff.features.identity.holder import holder
from ringoff.features.letters import Letter
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotFound, RingoffError, Unavailable
from ringoff.kit.secrets import SecretStr

CODE_LIVES = timedelta(minutes=10)
_DIGITS = 6
_REFERENCE = 8
_REFERENCE_LIVES = timedelta(hours=1)


async def open_call(
    conn: Connection, account_id: int, actor: Actor, now: datetime, *, staff_id: int | None, line_id: int | None = None
) -> Call:
    values = {"staff_id": staff_id, "account_id": account_id, "line_id": line_id, "now": now}
    row = None
    while row is None:  # until the reference is one that no open call has
        reference = f"{secrets.randbelow(10**_REFERENCE):0{_REFERENCE}}"
        row = await (await conn.execute(store.OPEN, {**values, "reference": reference})).fetchone()
    await record(conn, "opened", row[0], actor, now, account=account_id)
    return await call_of(conn, row[0])


async def call_of(conn: Connection, call_id: int) -> Call:
    """Raises NotFound (`call_unknown`)."""
    row = await (await conn.execute(store.ONE, {"id": call_id})).fetchone()
    if row is None:
        raise NotFound("call_unknown", "There is no such call.")
    return Call(*row)


async def open_calls(conn: Connection, staff_id: int) -> list[Call]:
    return [Call(*row) for row in await (await conn.execute(store.OPEN_CALLS, {"staff_id": staff_id})).fetchall()]


async def end_call(conn: Connection, call: Call, actor: Actor, now: datetime) -> None:
    """What it had proved is over with it."""
    if (await conn.execute(store.END, {"id": call.id, "now": now})).rowcount:
        await record(conn, "ended", call.id, actor, now)


async def means(conn: Connection, call: Call) -> Means:
    row = await (await conn.execute(store.MEANS, {"account_id": call.account_id})).fetchone()
    assert row is not None
    return Means(*row)


async def send_code(conn: Connection, ctx: Identity, call: Call, actor: Actor, now: datetime) -> None:
    """To the e-mail address of record, never to the line in question. A new one replaces what was sent before.

    Raises Conflict (`no_contact`, `call_ended`), Unavailable (`too_many_tries`).
    """
    must_go_on(call)
    who = await holder(conn, call.account_id)
    if who.email is None or not ctx.mail:
        raise Conflict("no_contact", "There is no address of record to which a code could go.")
    buckets = throttle.asks_about(f"call:{call.account_id}", who.rules(ctx).limits)
    await throttle.check(conn, buckets, now)
    await throttle.count(conn, buckets, now)
    code = await _make(conn, ctx, call.account_id, "mail", 1, now)
    told = {"code_until": (now + CODE_LIVES).isoformat(), "at": now.isoformat()}
    await letters.post(
        conn, [Letter("call_code", who.email, who.locale, told, code, who.account_id)], now, ctx.seal, ctx.mail
    )
    await record(conn, "code_sent", call.id, actor, now)


async def portal_code(conn: Connection, ctx: Identity, session: Session, now: datetime) -> SecretStr:
    """For a holder who is signed in, to read out on the phone: it proves what their session proves."""
    return await _make(conn, ctx, session.account_id, "portal", 2 if session.level == 2 else 1, now)


async def check_code(
    conn: Connection, ctx: Identity, call: Call, code: SecretStr, actor: Actor, now: datetime
) -> Call | RingoffError:
    """What the caller read out. Returns Unauthenticated (`proof_wrong`); raises Conflict (`call_ended`)."""
    open_one = await held(conn, call)
    typed = "".join(code.get_secret_value().split()).encode()
    found = None
    for id_, via, level, sealed in await (
        await conn.execute(store.CODES, {"account_id": call.account_id, "now": now})
    ).fetchall():
        if hmac.compare_digest(ctx.own_seal.open(sealed), typed):
            found = (id_, via, level)
    who = await holder(conn, call.account_id)
    verdict = await guesses.settle(conn, call.account_id, "call_code", found is not None, who.rules(ctx), now)
    if found is None or not verdict.accepted:
        return await refused(conn, ctx, open_one, actor, now)
    id_, via, level = found
    await conn.execute(store.USE_CODE, {"id": id_, "now": now})
    return await proved(conn, open_one, via, level, actor, now)


async def check_pin(
    conn: Connection, ctx: Identity, call: Call, pin: SecretStr, actor: Actor, visit: Visit, now: datetime
) -> Call | RingoffError:
    """As the caller typed it, on their keypad or on our page: no agent sees it. It is level 1.

    Returns Unauthenticated (`proof_wrong`); raises Conflict (`call_ended`), Unavailable (`busy`).
    """
    open_one = await held(conn, call)
    if await identity.check_pin(conn, ctx, call.account_id, pin, visit, now):
        return await proved(conn, open_one, "pin", 1, actor, now)
    return await refused(conn, ctx, open_one, actor, now)


async def check_pin_for(
    conn: Connection, ctx: Identity, reference: str, pin: SecretStr, visit: Visit, now: datetime
) -> RingoffError | None:
    """Typed on our public page by somebody who was told their call's reference. An unknown one costs, and is told, the
    same as a wrong PIN: Unauthenticated (`proof_wrong`). Raises Unavailable (`too_many_tries`, `busy`).
    """
    buckets = throttle.failures(visit, ctx.pack().identity.limits)
    await throttle.check(conn, buckets, now)
    digits, since = "".join(c for c in reference if c.isdecimal()), now - _REFERENCE_LIVES
    row = await (await conn.execute(store.BY_REFERENCE, {"reference": digits, "since": since})).fetchone()
    answer: Call | RingoffError
    if row is None:
        await ctx.passwords.verify(None, pin)
        answer = wrong()
    else:
        answer = await check_pin(conn, ctx, Call(*row), pin, Actor("caller", "web", visit.ip), visit, now)
    if isinstance(answer, Call):
        return None
    await throttle.count(conn, buckets, now)
    return answer


async def _make(conn: Connection, ctx: Identity, account_id: int, via: Proof, level: int, now: datetime) -> SecretStr:
    if ctx.seal is None:
        raise Unavailable("no_seal", "This installation has no secret to seal with.")
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    await conn.execute(store.VOID_CODES, {"account_id": account_id, "via": via, "now": now})
    values = {"account_id": account_id, "via": via, "level": level, "expires_at": now + CODE_LIVES}
    await conn.execute(store.MAKE_CODE, {**values, "code": ctx.seal.close(code.encode())})
    return SecretStr(code)
