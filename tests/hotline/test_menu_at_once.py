"""Many at once: a turn that comes twice counts once after the other, and a caller is found by index."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ringoff.db.pool import BY_INDEX, Database
from ringoff.features.calls import keypad
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.phone.model import HangUp
from tests.support.exchange import PIN, WRONG, Exchange, exchange_of
from tests.support.indexes import looking


@pytest.fixture
async def exchange(database_url: str) -> AsyncIterator[Exchange]:
    """With the session of our processes."""
    async with Database(database_url, session=BY_INDEX) as database, exchange_of(database) as opened:
        yield opened


async def test_a_confirmation_that_comes_twice_at_once_makes_one_case(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.to_confirming(who)
    await asyncio.gather(*(exchange.menu.typed(talk.id, SecretStr("9")) for _ in range(3)))
    assert await exchange.cases() == [(who.voice, "scheduled")]


async def test_pins_that_are_typed_at_once_in_one_call_are_three_at_most(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.call(await exchange.number(who))
    await talk.press("1", "1")
    await asyncio.gather(*(exchange.menu.typed(talk.id, SecretStr(WRONG)) for _ in range(4)))
    assert await exchange.world.rows("SELECT failures FROM guess") == [(3,)]
    assert (await talk.press(PIN)).then == HangUp()


async def test_two_calls_at_once_cancel_a_line_once(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    one, other = await exchange.to_confirming(who), await exchange.to_confirming(who)
    await asyncio.gather(one.press("9"), other.press("9"))
    assert await exchange.cases() == [(who.voice, "scheduled")]


async def test_pins_that_are_guessed_in_many_calls_at_once_are_counted_one_by_one(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    number = await exchange.number(who)
    talks = [await exchange.call(number) for _ in range(6)]
    for talk in talks:
        await talk.press("1", "1")
    for _ in range(2):
        await asyncio.gather(*(talk.press(WRONG) for talk in talks))
    ((failures,),) = await exchange.world.rows("SELECT failures FROM guess WHERE account_id = %s", who.account_id)
    assert failures == 10
    await talks[0].press(PIN)
    assert talks[0].phrases[0] == "proof_wrong"


async def test_hanging_up_in_the_middle_of_a_turn_ends_the_call_after_it(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.call(await exchange.number(who))
    await talk.press("2", "1")
    await asyncio.gather(exchange.menu.typed(talk.id, SecretStr(PIN)), exchange.menu.ended(talk.id))
    assert await exchange.world.rows("SELECT id FROM call WHERE ended_at IS NULL") == []
    assert (await talk.press("1")).then == HangUp()


async def test_whoever_digits_mean_is_found_by_index(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    await exchange.world.rows(
        "INSERT INTO account (account_number, holder_name, kind, locale, time_zone, jurisdiction) "
        "SELECT 'Z-' || n, 'Nobody', 'consumer', 'en', 'UTC', 'neutral' FROM generate_series(100000, 105000) n"
    )
    async with looking(exchange.app.database) as (conn, read):
        named = await keypad.name(conn, exchange.app.identity, who.account_number[2:], ["GB"], exchange.world.now)
    assert named.account == who.account_id
    assert "account_digits" in read and sum(read.values()) <= 20
