"""Who calls the hotline, as they type it: digits name an account, a PIN proves it.

Whoever names an account that there is, and whoever does not, goes the same way: the same question, computation and
words, counted in the same places. Only who has proved themselves learns which of the two they were.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.calls import store
from ringoff.features.calls.model import Call
from ringoff.features.calls.proving import wrong
from ringoff.features.calls.service import call_of, check_pin, end_call, open_call
from ringoff.features.identity import Identity, Visit, guesses, throttle
from ringoff.features.identity.throttle import Bucket
from ringoff.kit.actor import Actor
from ringoff.kit.errors import RingoffError
from ringoff.kit.i18n import Language, negotiate
from ringoff.kit.secrets import SecretStr

CALLER = Actor("caller", "phone")
_NAME_LEAST = 3
"""Fewer digits than these would mean whoever has few in their account number."""


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a caller named. `account` below zero: nobody; `call` is open where there is such an account."""

    account: int
    call: int | None


async def name(
    conn: Connection, ctx: Identity, digits: str, regions: Sequence[str], now: datetime, *, before: int | None = None
) -> Named:
    """By account number, or telephone number as it is written in any of `regions` or abroad.

    Nobody, where the digits mean several. `before`: the call that was open until now; it goes on where they name the
    same account again, with what was proved and what was wrong, and else it ends.
    """
    read = [number for region in (None, *regions) for number in ctx.numbering.candidates(digits, region)]
    asked = {"digits": digits if len(digits) >= _NAME_LEAST else "", "numbers": list(dict.fromkeys(read))}
    rows = await (await conn.execute(store.NAMED, asked)).fetchall()
    account = next((_only([row[1] for row in nearest]) for _, nearest in groupby(rows, key=lambda row: row[0])), None)
    if before is not None:
        open_one = await call_of(conn, before)
        if open_one.account_id == account and open_one.ended_at is None:
            return Named(open_one.account_id, open_one.id)
        await end_call(conn, open_one, CALLER, now)
    if account is None:
        event = proof.Event(type="call.named_nobody", actor=CALLER, at=now)
        await proof.record(conn, [event])
        return Named(guesses.stranger(digits), None)
    call = await open_call(conn, account, CALLER, now, staff_id=None)
    return Named(account, call.id)


async def language_of(conn: Connection, caller: str) -> Language | None:
    """Of the account whose number this is; None where it is nobody's, or several accounts'."""
    rows = await (await conn.execute(store.LOCALES, {"number": caller})).fetchall()
    return negotiate(rows[0][0]) if len(rows) == 1 else None


async def prove(
    conn: Connection, ctx: Identity, who: Named, pin: SecretStr, caller: str | None, now: datetime
) -> Call | RingoffError:
    """Returns Unauthenticated (`proof_wrong`); raises Unavailable (`too_many_tries`, `busy`), Conflict."""
    buckets = _buckets(ctx, caller)
    await throttle.check(conn, buckets, now)
    answer: Call | RingoffError
    if who.call is None:
        answer = await _refuse_nobody(conn, ctx, who, pin, now)
    else:
        call = await call_of(conn, who.call)
        answer = await check_pin(conn, ctx, call, pin, CALLER, Visit(), now)
    if isinstance(answer, RingoffError):
        await throttle.count(conn, buckets, now)
    return answer


async def _refuse_nobody(conn: Connection, ctx: Identity, who: Named, pin: SecretStr, now: datetime) -> RingoffError:
    """What a wrong PIN costs, and leaves behind, at an account that there is."""
    await ctx.passwords.verify(None, pin)
    await guesses.settle(conn, who.account, "pin", False, ctx.pack().identity, now)
    event = proof.Event(type="call.proof_wrong", actor=CALLER, at=now, detail={"call": None})
    await proof.record(conn, [event])
    return wrong()


def _buckets(ctx: Identity, caller: str | None) -> list[Bucket]:
    """Failures count against the number that calls, as they do against an address; those who hide theirs share one."""
    limits = ctx.pack().identity.limits
    if caller is None:
        return [Bucket("failed:phone:withheld", limits.failures_network)]
    return [Bucket(f"failed:phone:{hashlib.sha256(caller.encode()).hexdigest()[:32]}", limits.failures_address)]


def _only(found: Sequence[int]) -> int | None:
    return found[0] if len(set(found)) == 1 else None
