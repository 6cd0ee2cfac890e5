"""Who calls: proved by what only the holder has; wrong answers count, lock and are told; nothing shows before."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features import calls, identity
from ringoff.features.calls import Call
from ringoff.features.identity import Identity, Visit
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotAllowed, RingoffError, Unauthenticated, Unavailable
from ringoff.kit.secrets import SecretStr
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber

AGENT = Actor("staff:lin", "care", "192.0.2.50")
VISIT = Visit("192.0.2.50")
PIN = SecretStr("719024")


@dataclass(slots=True)
class Phone:
    portal: Portal
    who: Subscriber
    call: Call

    async def run(self, function: Any, *arguments: Any) -> Any:
        async with self.portal.app.database.transaction() as conn:
            return await function(conn, *arguments)

    async def says(self, code: str) -> Call | RingoffError:
        answer: Call | RingoffError = await self.run(
            calls.check_code, self.ctx, self.call, SecretStr(code), AGENT, self.portal.world.now
        )
        return answer

    async def types(self, pin: SecretStr) -> Call | RingoffError:
        now = self.portal.world.now
        answer: Call | RingoffError = await self.run(calls.check_pin, self.ctx, self.call, pin, AGENT, VISIT, now)
        return answer

    async def mailed_code(self) -> str:
        await self.run(calls.send_code, self.ctx, self.call, AGENT, self.portal.world.now)
        letter = (await self.portal.letters())[-1]
        assert (letter.kind, letter.recipient) == ("call_code", self.who.email)
        return letter.link

    @property
    def ctx(self) -> Identity:
        return self.portal.app.identity


@pytest.fixture
async def phone(database: Database) -> AsyncIterator[Phone]:
    async with portal_of(database) as portal:
        who = await portal.subscriber(totp=True)
        async with portal.app.database.transaction() as conn:
            call = await calls.open_call(conn, who.account_id, AGENT, portal.world.now, staff_id=None)
        yield Phone(portal, who, call)


async def set_pin(phone: Phone) -> None:
    hashed = await phone.ctx.passwords.hash(PIN)
    await phone.portal.world.rows("UPDATE login SET pin_hash = %s WHERE account_id = %s", hashed, phone.who.account_id)


async def test_before_anything_is_proved_a_call_opens_nothing(phone: Phone) -> None:
    with pytest.raises(NotAllowed) as refused:
        phone.call.must_be_proved(phone.portal.world.now)
    assert refused.value.code == "caller_unknown"


async def test_a_code_to_the_contact_of_record_proves_level_one_for_half_an_hour_and_works_once(phone: Phone) -> None:
    code = await phone.mailed_code()
    proved = await phone.says(code)
    assert isinstance(proved, Call) and (proved.proved_by, proved.level) == ("mail", 1)
    proved.must_be_proved(phone.portal.world.now)
    assert isinstance(await phone.says(code), Unauthenticated)
    with pytest.raises(NotAllowed):
        proved.must_be_proved(phone.portal.world.now + timedelta(minutes=31))


async def test_a_code_from_the_portal_proves_what_the_session_proves(phone: Phone) -> None:
    browser = await phone.portal.signed_in(phone.who)
    token = SecretStr(browser.cookie("ringoff_session") or "")
    now = phone.portal.world.now
    session = await phone.run(identity.session, phone.ctx, token, now)
    assert session is not None and session.level == 2
    code = await phone.run(calls.portal_code, phone.ctx, session, now)
    proved = await phone.says(f" {code.get_secret_value()[:3]} {code.get_secret_value()[3:]} ")
    assert isinstance(proved, Call) and (proved.proved_by, proved.level) == ("portal", 2)


async def test_a_pin_is_level_one_and_never_written_down(phone: Phone) -> None:
    await set_pin(phone)
    proved = await phone.types(PIN)
    assert isinstance(proved, Call) and (proved.proved_by, proved.level) == ("pin", 1)
    assert PIN.get_secret_value() not in str(await phone.portal.world.rows("SELECT detail FROM event"))


async def test_a_code_is_too_old_after_ten_minutes(phone: Phone) -> None:
    code = await phone.mailed_code()
    phone.portal.world.clock.advance(timedelta(minutes=11))
    assert isinstance(await phone.says(code), Unauthenticated)


async def test_wrong_answers_count_lock_and_are_told_to_the_holder_once_a_call(phone: Phone) -> None:
    code = await phone.mailed_code()
    for _ in range(10):
        answer = await phone.says("000000")
        assert isinstance(answer, Unauthenticated) and answer.code == "proof_wrong"
    assert isinstance(await phone.says(code), Unauthenticated)  # right, and not taken any more
    told = [letter.recipient for letter in await phone.portal.letters() if letter.kind == "call_refused"]
    assert told == [phone.who.email]
    events = await phone.portal.events("call.")
    assert events.count("call.proof_wrong") == 11
    phone.portal.world.clock.advance(timedelta(minutes=16))
    assert isinstance(await phone.says(await phone.mailed_code()), Call)


async def test_wrong_pins_count_towards_the_same_limit_as_everywhere(phone: Phone) -> None:
    await set_pin(phone)
    for _ in range(10):
        assert isinstance(await phone.types(SecretStr("111222")), Unauthenticated)
    async with phone.portal.app.database.transaction() as conn:
        other = await calls.open_call(conn, phone.who.account_id, AGENT, phone.portal.world.now, staff_id=None)
    phone.call = other
    assert isinstance(await phone.types(PIN), Unauthenticated)


async def test_codes_are_not_sent_without_end(phone: Phone) -> None:
    for _ in range(3):
        await phone.mailed_code()
    with pytest.raises(Unavailable):
        await phone.mailed_code()


async def test_without_an_address_of_record_there_is_no_code_and_the_agent_learns_no_more(phone: Phone) -> None:
    await phone.portal.world.rows("UPDATE account SET email = NULL WHERE id = %s", phone.who.account_id)
    assert await phone.run(calls.means, phone.call) == calls.Means(pin=False, mail=False, portal=True)
    with pytest.raises(Conflict):
        await phone.run(calls.send_code, phone.ctx, phone.call, AGENT, phone.portal.world.now)


async def test_a_call_that_has_ended_proves_nothing(phone: Phone) -> None:
    code = await phone.mailed_code()
    proved = await phone.says(code)
    assert isinstance(proved, Call)
    await phone.run(calls.end_call, proved, AGENT, phone.portal.world.now)
    ended = await phone.run(calls.call_of, proved.id)
    with pytest.raises(Conflict):
        ended.must_be_proved(phone.portal.world.now)
    with pytest.raises(Conflict):
        await phone.says("000000")


async def test_neither_code_nor_what_was_typed_can_be_read_in_the_database(phone: Phone) -> None:
    code = await phone.mailed_code()
    await phone.says("135791")
    written = str(await phone.portal.world.rows("SELECT c::text FROM call_code c"))
    written += str(await phone.portal.world.rows("SELECT detail FROM event"))
    assert code not in written and "135791" not in written
