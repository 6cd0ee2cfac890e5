"""Those who try: stuffed passwords, guessed codes, many at once, and what can be learned from how much is computed."""

import asyncio
import os
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from ringoff.db.pool import Database
from ringoff.features import identity
from ringoff.features.identity import SignedIn, Visit
from ringoff.kit.errors import RingoffError, Unauthenticated, Unavailable
from ringoff.kit.secrets import SecretStr
from tests.support.holder import AWAY, EMAIL, HOME, OTHER, PASSWORD, Holder

STUFFED = 10_000 if os.environ.get("RINGOFF_SOAK") else 30


def visit(n: int) -> Visit:
    """One of many, each from a network of its own."""
    return Visit(f"100.{64 + n // 256 % 64}.{n % 256}.1", "curl/8")


async def test_stuffed_passwords_lock_out_and_the_owner_gets_in_by_a_link(database: Database) -> None:
    holder = await Holder.make(database)
    for n in range(STUFFED):
        assert isinstance(await holder.tries(password=f"stuffed {n}", visit=visit(n)), RingoffError)
    assert isinstance(await holder.tries(password=PASSWORD, visit=visit(STUFFED + 1)), RingoffError)
    assert isinstance(await holder.tries(), RingoffError)
    assert await holder.subjects() == [(EMAIL, "Wrong passwords were tried at your account")]
    await holder.forgets()
    await holder.sets_password(await holder.link())
    assert (await holder.signs_in(password=OTHER)).session.level == 1


async def test_waiting_ends_a_block_and_nobody_can_prolong_it(database: Database) -> None:
    holder = await Holder.make(database)
    for n in range(10):
        await holder.tries(password="wrong", visit=visit(n))
    holder.world.clock.advance(timedelta(minutes=14))
    for n in range(10, 20):
        await holder.tries(password="wrong", visit=visit(n))
    holder.world.clock.advance(timedelta(minutes=1))
    await holder.signs_in()


async def test_after_a_hundred_wrong_passwords_in_a_row_only_recovery_helps(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.world.rows("INSERT INTO guess VALUES (%s, 'password', 99, NULL)", holder.account_id)
    await holder.tries(password="wrong")
    holder.world.clock.advance(timedelta(days=400))
    assert isinstance(await holder.tries(), RingoffError)
    await holder.forgets()
    await holder.sets_password(await holder.link())
    await holder.signs_in(password=OTHER)


async def test_one_address_fails_thirty_times_at_whomever_and_is_then_refused_before_anything_is_computed(
    database: Database,
) -> None:
    holder = await Holder.make(database)
    for n in range(30):
        await holder.tries(f"somebody-{n}", "Summer2026!", AWAY)
    computed = holder.ctx.passwords.computed
    with pytest.raises(Unavailable, match="Too much was tried"):
        await holder.tries(visit=AWAY)
    assert holder.ctx.passwords.computed == computed
    await holder.signs_in(visit=HOME)
    holder.world.clock.advance(timedelta(minutes=15))
    await holder.signs_in(visit=AWAY)


async def test_a_network_of_many_addresses_is_refused_as_well(database: Database) -> None:
    holder = await Holder.make(database)
    limit = holder.ctx.pack().identity.limits.failures_network
    await holder.world.rows(
        "INSERT INTO throttle VALUES ('failed:203.0.113.0/24', %s, %s)", holder.world.now, limit.most - 1
    )
    await holder.tries("nobody", "wrong", Visit("203.0.113.77"))
    with pytest.raises(Unavailable):
        await holder.tries(visit=Visit("203.0.113.200"))


async def test_many_guesses_at_once_are_no_more_than_ten(database: Database) -> None:
    """They are computed side by side, but counted one by one."""
    holder = await Holder.make(database)

    async def guess(password: str, n: int) -> SignedIn | RingoffError:
        try:
            return await holder.tries(password=password, visit=visit(n))
        except Unavailable as busy:
            return busy

    for wave in range(4):
        await asyncio.gather(*(guess("wrong", wave * 6 + n) for n in range(6)))
    answers = await asyncio.gather(*(guess(PASSWORD, 100 + n) for n in range(6)))
    assert all(isinstance(answer, RingoffError) for answer in answers)
    assert (await holder.world.rows("SELECT failures FROM guess WHERE factor = 'password'"))[0][0] == 10


async def test_codes_are_guessed_ten_times_and_the_owner_gets_in_with_a_recovery_code(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    whole = await holder.signs_in_twice_over()
    recovery = (await holder.does(identity.make_recovery_codes, whole.session))[0].get_secret_value()
    holder.world.clock.advance(timedelta(minutes=5))
    for n in range(10):
        half = await holder.signs_in(visit=visit(n))  # the right password each time gives no fresh guesses
        assert isinstance(await holder.enters(half.session, f"{n:06}", visit(n)), Unauthenticated)
    assert isinstance(await holder.enters((await holder.signs_in()).session, holder.code()), Unauthenticated)
    assert isinstance(await holder.enters((await holder.signs_in()).session, recovery), SignedIn)


async def test_a_reset_gives_no_fresh_guesses_at_codes(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    half = await holder.signs_in()
    for n in range(10):
        await holder.enters(half.session, f"{n:06}", visit(n))
    await holder.forgets()
    await holder.sets_password(await holder.link())
    half = await holder.signs_in(password=OTHER)
    assert isinstance(await holder.enters(half.session, holder.code()), Unauthenticated)


async def test_the_same_code_at_once_lets_in_once(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    one, other = await holder.signs_in(), await holder.signs_in()
    async with holder.conn() as conn:
        code = SecretStr(holder.code())
        first = await identity.second_factor(conn, holder.ctx, one.session, code, HOME, holder.world.now)
        meanwhile = asyncio.create_task(holder.enters(other.session, holder.code()))
        await asyncio.sleep(0.2)  # it has come as far as it can
    assert isinstance(first, SignedIn)
    assert isinstance(await meanwhile, Unauthenticated)


async def test_the_same_link_at_once_works_once(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.forgets()
    link = await holder.link()
    answers = await asyncio.gather(*(holder.sets_password(link) for _ in range(4)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Unauthenticated"] * 3 + ["int"]


# ── What can be learned ──────────────────────────────────────────────────────────────────────────────────────────
async def test_known_unknown_closed_and_never_enrolled_accounts_cost_the_same_computations(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.world.lines("B", email=None)
    await holder.world.lines("C", email="c@example.net")
    await holder.world.rows("UPDATE account SET closed_at = %s WHERE account_number = 'C'", holder.world.now)
    for name in ("A", EMAIL, "B", "C", "nobody", "nobody@example.net", "", "\x00"):
        before = holder.ctx.passwords.computed
        assert isinstance(await holder.tries(name, "wrong", visit(len(name))), Unauthenticated)
        assert holder.ctx.passwords.computed - before == 1, name


async def test_known_and_unknown_names_cost_the_same_statements(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when they are asked for again and again: the rows that count are there for both."""
    holder = await Holder.make(database)
    statements: list[object] = []
    execute = AsyncConnection.execute

    async def listening(conn: Any, query: Any, *values: Any, **how: Any) -> Any:
        statements.append(query)
        return await execute(conn, query, *values, **how)

    monkeypatch.setattr(AsyncConnection, "execute", listening)
    seen = {}
    for name in ("A", "nobody"):
        await holder.tries(name, "wrong", visit(1))
        statements.clear()
        await holder.tries(name, "wrong", visit(1))
        await holder.forgets(name, visit(2))
        seen[name] = list(statements)
    assert seen["A"] == seen["nobody"]
    assert len(seen["A"]) > 10


async def test_a_blocked_account_is_told_in_the_words_of_an_unknown_one(database: Database) -> None:
    holder = await Holder.make(database)
    for n in range(12):
        blocked = await holder.tries(password="wrong", visit=visit(n))
    unknown = await holder.tries("nobody", "wrong", visit(20))
    assert isinstance(blocked, Unauthenticated)
    assert isinstance(unknown, Unauthenticated)
    assert (blocked.code, blocked.message, blocked.details) == (unknown.code, unknown.message, unknown.details)
