"""To a person: at any moment, in order, in their hours; and back by telephone, where that costs nobody anything."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pyotp
import pytest

from ringoff.db.pool import Database
from ringoff.features import calls, staff
from ringoff.features.calls import waiting
from ringoff.features.identity import Visit
from ringoff.features.staff import Member, StaffSession
from ringoff.kit.errors import Conflict, NotAllowed, NotFound
from ringoff.kit.secrets import Seal, SecretStr
from ringoff.surfaces.phone.model import Count, HangUp, Moment, Transfer
from ringoff.surfaces.worker import Worker
from tests.support.exchange import AGENTS, PIN, WRONG, Exchange, Talk, exchange_of
from tests.support.portal import SECRET
from tests.support.subscribers import Subscriber
from tests.support.world import BULK

PASSWORD, TOTP = SecretStr("correct horse battery staple"), pyotp.random_base32()
CONTACT = "+442079460018"


@pytest.fixture
async def exchange(database: Database) -> AsyncIterator[Exchange]:
    async with exchange_of(database, hotline=AGENTS) as opened:
        yield opened


async def at_the_desk(exchange: Exchange, name: str = "lin", role: staff.Role = "agent") -> StaffSession:
    """An agent who takes calls."""
    app, now = exchange.app, exchange.world.now
    async with app.database.transaction() as conn:
        await staff.seed_member(conn, name, name.title(), role, PASSWORD, TOTP, Seal(SecretStr(SECRET)), now)
        code = SecretStr(pyotp.TOTP(TOTP).at(now))
        started = await staff.sign_in(conn, app.identity, name, PASSWORD, code, Visit("192.0.2.50"), now)
        assert isinstance(started, staff.Started)
        if role == "agent":
            await staff.set_available(conn, started.session, True, now)
    return started.session


async def free(exchange: Exchange) -> int:
    async with exchange.app.database.transaction() as conn:
        return await staff.free_agents(conn, exchange.world.now)


async def in_queue(exchange: Exchange) -> list[waiting.Waiting]:
    async with exchange.app.database.transaction() as conn:
        return await waiting.waiting(conn, exchange.world.now)


async def taken(exchange: Exchange, reference: str, member: Member) -> calls.Call | None:
    async with exchange.app.database.transaction() as conn:
        return await waiting.take(conn, reference, member, member.actor(None), exchange.world.now)


async def reachable(exchange: Exchange, phone: str | None = CONTACT) -> Subscriber:
    who = await exchange.subscriber()
    await exchange.world.rows("UPDATE account SET phone = %s WHERE id = %s", phone, who.account_id)
    return who


async def asks_to_be_called_back(exchange: Exchange, name: str) -> Talk:
    talk = await exchange.call()
    await talk.press("0")
    await talk.press("2", name)
    return talk


# ── Who is there ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_free_is_who_said_so_and_sits_at_an_open_desk(exchange: Exchange) -> None:
    session = await at_the_desk(exchange)
    assert await free(exchange) == 1
    exchange.world.clock.advance(timedelta(minutes=11))
    assert await free(exchange) == 0
    async with exchange.app.database.transaction() as conn:
        await conn.execute("UPDATE staff_session SET seen_at = %s", [exchange.world.now])
        assert await staff.is_available(conn, session)
        await staff.set_available(conn, session, False, exchange.world.now)
        await staff.set_available(conn, session, False, exchange.world.now)
    assert await free(exchange) == 0
    assert (await exchange.portal.events("staff."))[-2:] == ["staff.available", "staff.unavailable"]


async def test_who_may_not_speak_with_customers_takes_no_calls(exchange: Exchange) -> None:
    session = await at_the_desk(exchange, "finn", "finance")
    with pytest.raises(NotAllowed):
        async with exchange.app.database.transaction() as conn:
            await staff.set_available(conn, session, True, exchange.world.now)


# ── Passing on ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("keys", [(), ("1",), ("2",), ("3",), ("2", "1"), ("2", "1", PIN), ("2", "1", PIN, "1", "1")])
async def test_a_person_is_one_key_away_at_any_moment(exchange: Exchange, keys: tuple[str, ...]) -> None:
    await at_the_desk(exchange)
    talk = await exchange.call(await exchange.number(await exchange.subscriber()))
    await talk.press(*keys, "0")
    assert isinstance(talk.turn.then, Transfer)
    assert [one.reference for one in await in_queue(exchange)] == [talk.turn.then.reference]
    assert await exchange.cases() == []


async def test_what_was_proved_and_chosen_comes_to_the_desk_with_the_call(exchange: Exchange) -> None:
    session = await at_the_desk(exchange)
    who = await exchange.subscriber("zh-Hans")
    talk = await exchange.known(who, "2", "zh-Hans")
    await talk.press("2", "0")
    assert isinstance(talk.turn.then, Transfer)
    await talk.hang_up()  # of our leg: the caller goes on with the agents
    (one,) = await in_queue(exchange)
    assert (one.language, one.wanted, one.line_id) == ("zh-Hans", "cancel", await exchange.line(who.data))
    call = await taken(exchange, one.reference, session.member)
    assert call is not None and call.staff_id == session.member.id and call.account_id == who.account_id
    call.must_be_proved(exchange.world.now)
    assert await in_queue(exchange) == []


async def test_two_agents_never_take_the_same_caller(exchange: Exchange) -> None:
    one, other = await at_the_desk(exchange), await at_the_desk(exchange, "mei")
    talk = await exchange.call()
    await talk.press("0")
    assert isinstance(talk.turn.then, Transfer)
    reference = talk.turn.then.reference
    assert await taken(exchange, reference, one.member) is None, "nobody was named"
    with pytest.raises(Conflict):
        await taken(exchange, reference, other.member)
    with pytest.raises(NotFound):
        await taken(exchange, "W-0", other.member)


async def test_a_caller_who_proved_nothing_comes_with_nothing_proved(exchange: Exchange) -> None:
    session = await at_the_desk(exchange)
    talk = await exchange.call(await exchange.number(await exchange.subscriber()))
    await talk.press("1", "1", WRONG, "0")
    assert isinstance(talk.turn.then, Transfer)
    call = await taken(exchange, talk.turn.then.reference, session.member)
    assert call is not None and not call.is_proved(exchange.world.now)


async def test_where_nobody_is_free_the_place_is_told_and_waiting_is_a_choice(exchange: Exchange) -> None:
    await at_the_desk(exchange)
    first, second = await exchange.call(), await exchange.call()
    await first.press("0")
    await second.press("0")
    assert second.phrases == ["queue_place", "queue_wait", "queue_callback", "queue_menu"]
    assert [part for part in second.turn.say if isinstance(part, Count)] == [Count(1)]
    await second.press("1")
    assert isinstance(second.turn.then, Transfer)
    assert len(await in_queue(exchange)) == 2
    await exchange.menu.gone(first.id)
    assert [one.reference for one in await in_queue(exchange)] == [second.turn.then.reference]


async def test_a_call_that_nobody_took_comes_back(exchange: Exchange) -> None:
    await at_the_desk(exchange)
    talk = await exchange.call()
    await talk.press("0", None)
    assert talk.phrases == ["line_nobody_answers", "queue_callback", "queue_menu"]
    assert await in_queue(exchange) == []
    await talk.press("3", "0")
    assert isinstance(talk.turn.then, Transfer)


async def test_outside_the_hours_it_is_told_when_they_are_back(database: Database) -> None:
    hours = ["Mon-Fri 08:00-12:00 Europe/Madrid"]  # it is Monday, one in the afternoon there
    async with exchange_of(database, hotline={**AGENTS, "hours": hours}) as exchange:
        await at_the_desk(exchange)
        talk = await exchange.call()
        await talk.press("0")
        assert talk.phrases[0] == "closed_until"
        (back,) = [part for part in talk.turn.say if isinstance(part, Moment)]
        assert (back.at.isoformat(), back.zone) == ("2026-11-24T07:00:00+00:00", "Europe/Madrid")
        exchange.world.clock.advance(timedelta(hours=20))
        await exchange.world.rows("UPDATE staff_session SET seen_at = %s", exchange.world.now)
        await exchange.world.rows("UPDATE staff_session SET created_at = %s", exchange.world.now)
        await talk.press("3", "0")
        assert isinstance(talk.turn.then, Transfer)


# ── Calling back ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_who_asks_is_called_back_at_the_phone_of_record_and_proves_anew_who_they_are(exchange: Exchange) -> None:
    session = await at_the_desk(exchange)
    await exchange.world.rows("UPDATE staff_session SET available_at = NULL")
    who = await reachable(exchange)
    talk = await asks_to_be_called_back(exchange, who.account_number[2:])
    assert talk.phrases == ["callback_asked", "told_options"]
    await talk.hang_up()
    (one,) = await in_queue(exchange)
    assert one.callback
    call = await taken(exchange, one.reference, session.member)
    assert call is not None and (call.account_id, call.ended_at) == (who.account_id, None)
    assert not call.is_proved(exchange.world.now)
    async with exchange.app.database.transaction() as conn:
        back = await calls.ask_callback(
            conn, exchange.app.identity, call, session.member.actor(None), exchange.world.now
        )
    assert back.number.get_secret_value() == CONTACT


@pytest.mark.parametrize(
    "phone",
    [
        *("+449098790000", "+19005550100", "+34806123456", "+448448710000", "+447012345678"),
        *("+870773111111", "+881612345678", "+88213300655", "+979123456789", None),
    ],
)
async def test_a_number_that_costs_whoever_calls_it_is_never_called_and_sounds_the_same(
    exchange: Exchange, phone: str | None
) -> None:
    good, costly = await reachable(exchange), await reachable(exchange, phone)
    one = await asks_to_be_called_back(exchange, good.account_number[2:])
    other = await asks_to_be_called_back(exchange, costly.account_number[2:])
    nobody = await asks_to_be_called_back(exchange, "987654321")
    assert one.turns == other.turns == nobody.turns
    assert [each.callback for each in await in_queue(exchange)] == [True]
    assert (await exchange.portal.events("call.callback")).count("call.callback_refused") == 2


async def test_a_number_that_was_typed_is_never_called(exchange: Exchange) -> None:
    who = await reachable(exchange)
    await asks_to_be_called_back(exchange, "00442079460019")
    assert await in_queue(exchange) == []
    await exchange.world.rows("UPDATE account SET phone = %s WHERE id = %s", await exchange.number(who), who.account_id)
    await asks_to_be_called_back(exchange, who.account_number[2:])
    assert await in_queue(exchange) == [], "the line in question proves nothing"


async def test_nobody_is_called_back_without_end(exchange: Exchange) -> None:
    who = await reachable(exchange)
    for _ in range(6):
        await asks_to_be_called_back(exchange, who.account_number[2:])
    assert len(await in_queue(exchange)) == 3


async def test_where_the_carrier_does_not_call_back_it_is_not_offered(database: Database) -> None:
    async with exchange_of(database, hotline={"callbacks": False}) as exchange:
        talk = await exchange.call()
        await talk.press("0")
        assert talk.phrases == ["nobody_here", "queue_menu"]
        await talk.press("2")
        assert talk.phrases[0] == "not_understood"


# ── The end of a call ────────────────────────────────────────────────────────────────────────────────────────────
PLACES = [(), ("1",), ("3",), ("2",), ("2", "1"), ("2", "1", WRONG), ("2", "1", PIN), ("2", "1", PIN, "1")]
PLACES += [("2", "1", PIN, "1", "3"), ("2", "1", PIN, "1", "1"), ("2", "1", PIN, "1", "1", "9"), ("0",)]


@pytest.mark.parametrize("keys", PLACES, ids=lambda keys: "-".join(keys) or "menu")
async def test_hanging_up_anywhere_leaves_nothing_half_done(exchange: Exchange, keys: tuple[str, ...]) -> None:
    talk = await exchange.call(await exchange.number(await exchange.subscriber()))
    await talk.press(*keys)
    await talk.hang_up()
    await talk.hang_up()
    assert await exchange.world.rows("SELECT id FROM call WHERE ended_at IS NULL") == []
    assert len(await exchange.cases()) == (len(keys) == 6)
    assert (await talk.press("1")).then == HangUp()
    assert (await exchange.portal.events("call.")).count("call.ended") <= 1


async def test_hanging_up_before_a_word_and_in_calls_that_never_were_is_nothing(exchange: Exchange) -> None:
    talk = await exchange.call(language=None)
    await talk.hang_up()
    await exchange.menu.ended("never-was")
    await exchange.menu.gone("never-was")


async def test_a_call_that_begins_twice_begins_once(exchange: Exchange) -> None:
    talk = await exchange.call()
    again = await exchange.menu.begin(talk.id, None)
    assert again == talk.turn
    assert len(await exchange.world.rows("SELECT id FROM conversation")) == 1


async def test_a_state_of_another_version_begins_anew(exchange: Exchange) -> None:
    talk = await exchange.call()
    await exchange.world.rows("""UPDATE conversation SET state = '{"place": "lounge"}'""")
    await talk.press("1")
    assert talk.phrases == ["welcome", "choose_language"]
    await talk.press("1")
    assert talk.phrases[0] == "main_status"


async def test_conversations_are_forgotten_after_a_day_and_calls_without_an_end_are_ended(exchange: Exchange) -> None:
    talk = await exchange.call(await exchange.number(await exchange.subscriber()))
    await talk.press("2", "1", "0")
    exchange.world.clock.advance(timedelta(days=1, minutes=1))
    await Worker(exchange.app, BULK)._forget_sessions()
    assert await exchange.world.rows("SELECT id FROM conversation") == []
    assert await exchange.world.rows("SELECT id FROM waiting_caller") == []
    assert await exchange.world.rows("SELECT id FROM call WHERE ended_at IS NULL") == []


async def test_without_a_database_a_caller_hears_an_apology(exchange: Exchange) -> None:
    talk = await exchange.call()
    await exchange.world.rows("ALTER TABLE conversation RENAME TO elsewhere")
    await talk.press("1")
    assert talk.phrases == ["line_trouble", "line_call_again"] and talk.turn.then == HangUp()
