"""Known by a call back or by two people's word: level 1, with names on it, and told to the contacts of record."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features import approvals, calls
from ringoff.features.calls import Call, Callback
from ringoff.features.staff import Member
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotAllowed, Unauthenticated, Unavailable
from tests.support.people import member
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber

HOME = "+442079460018"


@dataclass(slots=True)
class Phone:
    portal: Portal
    who: Subscriber
    lin: Member
    ben: Member
    call: Call

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        async with self.portal.app.database.transaction() as conn:
            return await function(conn, self.portal.app.identity, *arguments, **named)

    async def phone_is(self, number: str | None) -> None:
        await self.portal.world.rows("UPDATE account SET phone = %s WHERE id = %s", number, self.who.account_id)

    async def can_call_back(self) -> bool:
        possible: bool = await self.run(calls.can_call_back, self.call, self.portal.world.now)
        return possible

    async def ask_callback(self, by: Member | None = None) -> Callback:
        asked: Callback = await self.run(calls.ask_callback, self.call, actor(by or self.lin), self.portal.world.now)
        return asked

    async def answered(self, confirmed: bool, by: Member | None = None) -> Any:
        now = self.portal.world.now
        return await self.run(calls.prove_by_callback, self.call, actor(by or self.lin), now, confirmed=confirmed)

    async def emergency(self, *, approve: bool = True, confidential: bool = False) -> int:
        now = self.portal.world.now
        asked = await self.run(
            calls.ask_emergency, self.call, self.lin, "abroad, and nothing at hand", now, confidential=confidential
        )
        if approve:
            await self.run(approvals.approve, asked.id, self.ben, "I heard them", now)
        return int(asked.id)

    async def prove_by_emergency(self, approval: int, by: Member | None = None, confidential: bool = False) -> Call:
        proved: Call = await self.run(
            calls.prove_by_emergency,
            self.call,
            approval,
            actor(by or self.lin),
            self.portal.world.now,
            confidential=confidential,
        )
        return proved

    async def letters(self) -> list[tuple[str, str]]:
        return [(letter.kind, letter.recipient) for letter in await self.portal.letters()]


def actor(of: Member) -> Actor:
    return of.actor("192.0.2.50")


@pytest.fixture
async def phone(database: Database) -> AsyncIterator[Phone]:
    async with portal_of(database) as portal:
        who = await portal.subscriber()
        lin, ben = await member(portal.world, "lin", "agent"), await member(portal.world, "ben")
        ((line,),) = await portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
        async with portal.app.database.transaction() as conn:
            call = await calls.open_call(
                conn, who.account_id, actor(lin), portal.world.now, staff_id=lin.id, line_id=line
            )
        opened = Phone(portal, who, lin, ben, call)
        await opened.phone_is(HOME)
        yield opened


# ── Calling back ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_who_confirms_at_the_phone_of_record_is_known_at_level_one_and_the_holder_is_told(phone: Phone) -> None:
    asked = await phone.ask_callback()
    assert (asked.masked, asked.number.get_secret_value()) == ("+44 •••••••018", HOME)
    proved = await phone.answered(True)
    assert isinstance(proved, Call) and (proved.proved_by, proved.level) == ("callback", 1)
    proved.must_be_proved(phone.portal.world.now)
    (told,) = await phone.portal.letters()
    assert (told.kind, told.recipient, told.facts["phone"]) == ("call_callback", phone.who.email, asked.masked)
    assert await phone.portal.events("call.") == ["call.opened", "call.callback_asked", "call.proved"]
    assert HOME not in str(await phone.portal.world.rows("SELECT detail FROM event"))
    assert HOME not in repr(asked)


async def test_who_denies_it_there_is_a_wrong_proof_and_is_told(phone: Phone) -> None:
    await phone.ask_callback()
    answer = await phone.answered(False)
    assert isinstance(answer, Unauthenticated)
    assert await phone.letters() == [("call_refused", phone.who.email)]
    assert (await phone.portal.events("call."))[-2:] == ["call.callback_denied", "call.proof_wrong"]
    with pytest.raises(Conflict):
        await phone.answered(True)


async def test_nobody_confirms_what_nobody_set_out_to_ask_or_too_late_or_twice(phone: Phone) -> None:
    with pytest.raises(Conflict) as refused:
        await phone.answered(True)
    assert refused.value.code == "callback_not_asked"
    await phone.ask_callback()
    phone.portal.world.clock.advance(timedelta(minutes=31))
    with pytest.raises(Conflict):
        await phone.answered(True)
    await phone.ask_callback()
    await phone.answered(True)
    with pytest.raises(Conflict):
        await phone.answered(True)


async def test_only_the_agent_who_has_the_call_vouches(phone: Phone) -> None:
    with pytest.raises(NotAllowed) as refused:
        await phone.ask_callback(by=phone.ben)
    assert refused.value.code == "call_of_another"
    await phone.ask_callback()
    with pytest.raises(NotAllowed):
        await phone.answered(True, by=phone.ben)


@pytest.mark.parametrize(
    "number",
    [None, "+449098790000", "+448448710000", "+447012345678", "+881612345678", "not a number"],
    ids=["none", "premium", "shared cost", "personal", "satellite", "unreadable"],
)
async def test_no_number_is_called_that_would_cost_or_cannot_be_read(phone: Phone, number: str | None) -> None:
    assert await phone.can_call_back()
    await phone.phone_is(number)
    assert not await phone.can_call_back()
    with pytest.raises(Conflict) as refused:
        await phone.ask_callback()
    assert refused.value.code == "no_contact"


async def test_no_line_of_the_account_is_called_nor_one_in_doubt(phone: Phone) -> None:
    world = phone.portal.world
    ((own,),) = await world.rows("SELECT msisdn FROM line WHERE line_ref = %s", phone.who.voice)
    await phone.phone_is(own)
    assert not await phone.can_call_back()
    await world.rows("UPDATE line SET msisdn = NULL WHERE line_ref = %s", phone.who.voice)
    assert await phone.can_call_back()
    await world.rows("UPDATE line SET msisdn = %s WHERE line_ref = %s", own, phone.who.data)
    assert not await phone.can_call_back(), "the proof would let that line go as well"
    await world.lines("Z")
    await world.rows("UPDATE line SET msisdn = NULL WHERE line_ref = %s", phone.who.data)
    await world.rows("UPDATE line SET msisdn = %s WHERE line_ref = 'Z-1'", own)
    assert await phone.can_call_back(), "somebody else's"
    await world.rows(
        "INSERT INTO hold (line_id, kind, why, set_by, set_at) "
        "SELECT id, 'recent_change', 'a new SIM', 'key:carrier', %s FROM line WHERE line_ref = %s",
        world.now,
        "Z-1",
    )
    assert not await phone.can_call_back(), "a SIM that was swapped may be in a thief's hand"


async def test_nobody_is_called_back_while_something_goes_on_in_confidence(phone: Phone) -> None:
    world = phone.portal.world
    await phone.ask_callback()
    ((line,),) = await world.rows("SELECT id FROM line WHERE line_ref = %s", phone.who.voice)
    await world.case(line)
    await world.rows("UPDATE cancellation SET confidential = true")
    assert not await phone.can_call_back()
    with pytest.raises(Conflict):
        await phone.answered(True)
    assert "call_callback" not in [kind for kind, _ in await phone.letters()]


async def test_a_number_that_was_changed_a_short_while_ago_proves_nothing(phone: Phone) -> None:
    await phone.ask_callback()
    await phone.portal.world.rows("UPDATE login SET changed_at = %s", phone.portal.world.now)
    with pytest.raises(Conflict):
        await phone.answered(True)
    phone.portal.world.clock.advance(timedelta(days=7))
    await phone.ask_callback()
    assert isinstance(await phone.answered(True), Call)


async def test_nobody_is_called_back_without_end(phone: Phone) -> None:
    for _ in range(3):
        await phone.ask_callback()
    with pytest.raises(Unavailable):
        await phone.ask_callback()


# ── An emergency ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_two_people_make_a_caller_known_and_the_holder_is_told(phone: Phone) -> None:
    proved = await phone.prove_by_emergency(await phone.emergency())
    assert (proved.proved_by, proved.level) == ("emergency", 1)
    assert await phone.letters() == [("call_emergency", phone.who.email)]
    ((detail,),) = await phone.portal.world.rows("SELECT detail FROM event WHERE type = 'call.proved'")
    ((approval,),) = await phone.portal.world.rows("SELECT id FROM approval WHERE state = 'used'")
    assert (detail["by"], detail["approval"]) == ("emergency", approval)


async def test_one_person_alone_makes_nobody_known(phone: Phone) -> None:
    asked = await phone.emergency(approve=False)
    with pytest.raises(NotAllowed) as refused:
        await phone.prove_by_emergency(asked)
    assert refused.value.code == "approval_missing"
    with pytest.raises(NotAllowed):
        await phone.prove_by_emergency(99)
    assert await phone.letters() == []


async def test_an_emergency_serves_one_call_of_one_agent_once_and_not_for_long(phone: Phone) -> None:
    given = await phone.emergency()
    with pytest.raises(NotAllowed):
        await phone.prove_by_emergency(given, by=phone.ben)
    first = phone.call
    async with phone.portal.app.database.transaction() as conn:
        phone.call = await calls.open_call(
            conn, phone.who.account_id, actor(phone.lin), phone.portal.world.now, staff_id=phone.lin.id
        )
    with pytest.raises(NotAllowed):
        await phone.prove_by_emergency(given)
    phone.call = first
    await phone.prove_by_emergency(given)
    with pytest.raises(NotAllowed):
        await phone.prove_by_emergency(given)
    late = await phone.emergency()
    phone.portal.world.clock.advance(timedelta(minutes=31))
    with pytest.raises(NotAllowed):
        await phone.prove_by_emergency(late)


async def test_silence_is_a_part_of_what_the_second_person_approves(phone: Phone) -> None:
    given = await phone.emergency()
    with pytest.raises(NotAllowed):
        await phone.prove_by_emergency(given, confidential=True)
    silent = await phone.emergency(confidential=True)
    await phone.prove_by_emergency(silent, confidential=True)
    assert await phone.letters() == []


async def test_only_who_has_the_call_and_may_asks_for_it(phone: Phone) -> None:
    clerk = await member(phone.portal.world, "fin", "finance")
    for other in (clerk, phone.ben):
        with pytest.raises(NotAllowed):
            await phone.run(calls.ask_emergency, phone.call, other, "why", phone.portal.world.now)
