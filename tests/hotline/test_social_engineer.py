"""Who is not the holder learns nothing, cancels nothing, is written down, and the holder hears of it at once."""

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.surfaces.phone.model import Count, Listen, Phrase, Spelled, Transfer, Turn
from tests.hotline.social_engineer import (
    OWN_NUMBER,
    PREMIUM,
    SCRIPTS_MOST,
    Dial,
    HangUp,
    Known,
    Move,
    Press,
    Script,
    Tell,
    Wait,
    scripts,
)
from tests.support.exchange import AGENTS, Exchange, Talk, exchange_of, phrases_of
from tests.support.subscribers import Subscriber, furnish

PLAYED = range(SCRIPTS_MOST) if os.environ.get("RINGOFF_SOAK") else [n * 11 % SCRIPTS_MOST for n in range(20)]
PIN = "719024"  # which no script guesses
FORMER = "former@example.net"
NOTIFIED_WITHIN = timedelta(seconds=60)
PUBLIC = {
    *("welcome", "choose_language", "main_status", "main_cancel", "main_advice", "main_person", "main_again"),
    *("not_heard", "not_understood", "offer_person", "goodbye", "number_ask", "number_calling", "number_type"),
    *("pin_ask", "pin_again", "proof_wrong", "proof_failed", "failed_options", "too_many_tries", "stuck_options"),
    *("general_pin", "general_port_first", "general_services", "general_unpaid", "general_waits", "general_options"),
    *("general_waits_days", "queue_place", "queue_wait", "queue_callback", "queue_menu", "callback_asked"),
    *("told_options", "line_to_a_person", "line_nobody_answers"),
}
"""What everybody may hear: nothing of it comes from an account."""
_CALLERS = itertools.count(1000)


@dataclass(slots=True)
class HotlineStage:
    """`attempts`: PINs that were taken for one. `failed_calls`: those in which one was wrong."""

    exchange: Exchange
    victims_number: str
    attempts: int = 0
    failed_calls: int = 0
    calls: list[Talk] = field(default_factory=list)

    async def play(self, move: Move) -> None:
        match move:
            case Dial(language, spoofed, hidden):
                caller = self.victims_number if spoofed else None if hidden else f"+44791100{next(_CALLERS)}"
                self.calls.append(await self.exchange.call(caller, language))
            case Press(keys):
                await self._press(keys)
            case HangUp():
                await self.calls[-1].hang_up()
            case Wait(minutes):
                self.exchange.world.clock.advance(timedelta(minutes=minutes))
            case Tell():
                """Nobody at the menu hears it."""

    async def _press(self, keys: Sequence[str | None]) -> None:
        talk, wrong = self.calls[-1], 0
        for key in keys:
            if talk.over:
                break
            guesses = isinstance(talk.then, Listen) and talk.then.secret and key not in (None, "", "0", "1", "*")
            await talk.press(key)
            wrong += guesses and talk.phrases[:1] == ["proof_wrong"]
        self.attempts += wrong
        self.failed_calls += wrong > 0

    @property
    def heard(self) -> list[Turn]:
        """Without the references of waiting calls, which are another one each time."""
        turns = [turn for talk in self.calls for turn in talk.turns]
        return [replace(turn, then=Transfer("")) if isinstance(turn.then, Transfer) else turn for turn in turns]


async def victim(exchange: Exchange, setting: str) -> Subscriber:
    who = await exchange.subscriber("en", pin=None if setting == "no_pin" else PIN)
    await furnish(exchange.app.database, who)
    world, account = exchange.world, who.account_id
    await world.rows("UPDATE account SET phone = '+442079460018' WHERE id = %s", account)
    match setting:
        case "leaving":
            await world.case(await exchange.line(who.voice))
        case "in_confidence":
            await world.case(await exchange.line(who.voice), confidential=True, contact_email="safe@example.net")
        case "new_contact":
            replaced = world.now - timedelta(days=2)
            await world.rows("INSERT INTO former_contact VALUES (%s, %s, %s)", account, FORMER, replaced)
        case "premium_phone":
            await world.rows("UPDATE account SET phone = %s WHERE id = %s", PREMIUM, account)
    return who


async def known_of(exchange: Exchange, who: Subscriber) -> Known:
    number = (await exchange.number(who)).replace("+", "00")
    return Known(number, who.account_number.removeprefix("A-"), "24071984", "2000")


def nobody(known: Known) -> Known:
    """The same for an account that there is not, as long digit by digit."""
    return Known(known.number[:-3] + "999", "9" + known.account_number[1:], known.birth_date, known.last_bill)


async def plays(exchange: Exchange, script: Script, victims_number: str) -> HotlineStage:
    stage = HotlineStage(exchange, victims_number)
    for move in script.moves:
        await stage.play(move)
    return stage


@pytest.mark.parametrize("n", PLAYED)
async def test_a_script_learns_nothing_cancels_nothing_and_is_told(database: Database, n: int) -> None:
    async with exchange_of(database, billing={"final_bills": True}, hotline=AGENTS) as exchange:
        about = await victim(exchange, scripts(lambda _: Known("0", "0", "0", "0"))[n].setting)
        known = await known_of(exchange, about)
        script = scripts(lambda _: known)[n]
        before, letters = await exchange.cases(), len(await exchange.portal.letters())
        stage = await plays(exchange, script, await exchange.number(about))
        _discloses_nothing(stage.heard, script)
        assert await exchange.cases() == before, script.title
        await _is_written_down(exchange, stage, script)
        await _is_told(exchange, about, stage, script, letters)
        await _calls_back_nobody_but_the_holder(exchange, script)
        await exchange.world.rows("UPDATE waiting_caller SET left_at = %s", exchange.world.now)
        other = await plays(exchange, scripts(lambda _: nobody(known))[n], OWN_NUMBER)
        if "spoofs" not in script.title:  # a number that is nobody's has no language, and no account
            assert other.heard == stage.heard, f"{script.title}: an account that there is sounds otherwise"


def _discloses_nothing(heard: Sequence[Turn], script: Script) -> None:
    for turn in heard:
        assert not set(phrases_of(turn.say)) - PUBLIC, script.title
        assert all(isinstance(part, Phrase | Count) for part in turn.say), script.title
        assert not any(isinstance(part, Spelled) for part in turn.say), script.title


async def _is_written_down(exchange: Exchange, stage: HotlineStage, script: Script) -> None:
    events = await exchange.portal.events("call.")
    assert events.count("call.proof_wrong") == stage.attempts, script.title
    named = sum("pin_ask" in phrases_of(turn.say) for turn in stage.heard)
    assert events.count("call.opened") + events.count("call.named_nobody") >= min(named, 1), script.title


async def _is_told(exchange: Exchange, who: Subscriber, stage: HotlineStage, script: Script, before: int) -> None:
    """The contacts of record, the former ones too, once a call and at once; in confidence nobody."""
    told = [one for one in (await exchange.portal.letters())[before:] if one.kind == "call_refused"]
    if script.setting == "in_confidence":
        assert told == [], script.title
        return
    ((failed,),) = await exchange.world.rows(
        "SELECT count(*) FROM call WHERE failures > 0 AND account_id = %s", who.account_id
    )
    if "out of order" not in script.title:  # by chance other accounts are named as well
        assert failed == stage.failed_calls, script.title
    expected = sorted([who.email, *([FORMER] if script.setting == "new_contact" else [])] * failed)
    assert sorted(one.recipient for one in told) == expected, script.title
    late = await exchange.world.rows(
        "SELECT 1 FROM obligation WHERE kind = 'deliver' AND due_at > created_at + %s", NOTIFIED_WITHIN
    )
    assert late == []


async def _calls_back_nobody_but_the_holder(exchange: Exchange, script: Script) -> None:
    rows = await exchange.world.rows(
        "SELECT a.phone FROM waiting_caller w JOIN call c ON c.id = w.call_id JOIN account a ON a.id = c.account_id "
        "WHERE w.callback"
    )
    assert {phone for (phone,) in rows} <= {"+442079460018"}, script.title


def test_there_are_two_hundred_scripts_and_no_two_are_the_same() -> None:
    made = scripts(lambda _: Known("00447700900123", "4171", "24071984", "2000"))
    assert len({script.title for script in made}) == SCRIPTS_MOST
    assert len({(script.moves, script.setting) for script in made}) > SCRIPTS_MOST * 0.9
    assert made == scripts(lambda _: Known("00447700900123", "4171", "24071984", "2000"))
