"""Real calls from sipp: what is heard, what is typed, and how they end."""

import asyncio
import re
import signal
from pathlib import Path

import pytest

from ringoff.surfaces.phone.model import Phrase
from ringoff.surfaces.phone.voice import Voice
from tests.hotline.caller import calling, find
from tests.hotline.process import Hotline, running_hotline
from tests.hotline.scripted import AGAIN, GOODBYE, GREETING, NUMBER, TO_A_PERSON, UNANSWERED


async def test_a_caller_hears_the_greeting_types_and_hears_what_follows(
    hotline: Hotline, voice: Voice, tmp_path: Path
) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.hears(await voice.say(GREETING.say, "en"))
        await caller.type("1")
        await caller.hears(await voice.say(NUMBER.say, "en"))
        await caller.type("4711#")
        await caller.hears(await voice.say(GOODBYE.say, "zh-Hans"))
        await caller.ends()
    await hotline.told(1, "ended")
    assert hotline.typed() == ["1", "4711"]
    began, *_, ended = hotline.diary()
    assert began["caller"] == "+4915112345678"
    assert ended == {"ended": began["began"]}


async def test_another_prompt_is_not_mistaken_for_the_right_one(hotline: Hotline, voice: Voice, tmp_path: Path) -> None:
    """That the comparison of sounds can fail."""
    async with calling(hotline.address, tmp_path / "sipp", wait=5) as caller:
        await caller.hears(await voice.say(GREETING.say, "en"))
        for other in (NUMBER, AGAIN, GOODBYE, TO_A_PERSON):
            assert find(await voice.say(other.say, other.language), caller.handset.sound())[0] < 0.4
        await caller.ends()


async def test_sipps_own_digits_arrive_too(hotline: Hotline, tmp_path: Path) -> None:
    """Another's RFC 4733 than our test's."""
    async with calling(hotline.address, tmp_path / "sipp", sipp_types="2") as caller:
        await hotline.wrote(typed="2")
        await caller.ends()


async def test_typing_interrupts_what_is_said(hotline: Hotline, voice: Voice, tmp_path: Path) -> None:
    greeting = await voice.say(GREETING.say, "en")
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("1")  # with the first sound
        await caller.hears(await voice.say(NUMBER.say, "en"))
        assert find(greeting, caller.handset.sound())[0] < 0.9, "the greeting was not said to its end"
        await caller.type("5#")
        await caller.ends()


async def test_silence_is_told_once_the_words_have_ended(hotline: Hotline, voice: Voice, tmp_path: Path) -> None:
    greeting, again = await voice.say(GREETING.say, "en"), await voice.say(AGAIN.say, "es")
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        began = await caller.hears(greeting)
        heard = await caller.hears(again)
        assert heard - began >= len(greeting) / 16_000 + 3.5
        await caller.type("2")
        await caller.ends()
    assert hotline.typed() == [None, "2"]


async def test_half_a_number_and_then_silence_is_what_was_typed(hotline: Hotline, tmp_path: Path) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("1")
        await hotline.wrote(typed="1")
        await caller.interrupt("47")
        await caller.ends()
    assert hotline.typed() == ["1", "47"]


async def test_as_many_keys_as_a_number_has_need_no_hash(hotline: Hotline, tmp_path: Path) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("1471199")  # the number ahead of its question
        await caller.ends()
    assert hotline.typed() == ["1", "471199"]


async def test_a_key_that_decides_is_not_taken_ahead(hotline: Hotline, tmp_path: Path) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("922", pause=0)
        await hotline.wrote(typed="9")
        await caller.interrupt("2")
        await caller.ends()


async def test_a_hash_behind_the_last_digit_is_no_answer_to_the_next_question(hotline: Hotline, tmp_path: Path) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("1#")
        await hotline.wrote(typed="1")
        await caller.interrupt("55#")
        await caller.ends()
    assert hotline.typed() == ["1", "55"]


async def test_a_star_takes_back_what_was_typed(hotline: Hotline, tmp_path: Path) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("1")
        await hotline.wrote(typed="1")
        await caller.interrupt("47*")
        await caller.ends()
    assert hotline.typed() == ["1", "*"]


@pytest.mark.parametrize("typed", ["", "1", "47"])
async def test_a_caller_may_hang_up_at_any_moment(hotline: Hotline, tmp_path: Path, typed: str) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.handset.hears_words()
        for key in typed:
            await caller.interrupt(key)
        await caller.hang_up()
        await hotline.told(1, "ended")
    assert [line for line in hotline.diary() if "ended" in line] == [{"ended": hotline.diary()[0]["began"]}]


async def test_a_call_is_passed_on_to_the_agents_queue_with_its_reference(
    hotline: Hotline, voice: Voice, tmp_path: Path
) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("0")
        await caller.hears(await voice.say(TO_A_PERSON.say, "en"))
        await caller.ends()
    (refer,) = re.findall(r"^Refer-To: (.+?)\r?$", caller.messages(), re.MULTILINE)
    assert refer == f"<sip:care@127.0.0.1?User-to-User={b'W-17'.hex()}%3Bencoding%3Dhex>"
    await hotline.told(1, "ended")
    assert hotline.diary()[-1]["passed_on"]


async def test_where_the_queue_does_not_answer_the_menu_knows_what_else_there_is(
    hotline: Hotline, voice: Voice, tmp_path: Path
) -> None:
    async with calling(hotline.address, tmp_path / "sipp", answer="486 Busy Here") as caller:
        await caller.interrupt("0")
        await caller.hears(await voice.say(UNANSWERED.say, "en"))
        await caller.ends()
    assert hotline.typed() == ["0", None]


async def test_a_menu_that_fails_costs_an_apology_and_leads_to_a_person(
    hotline: Hotline, voice: Voice, tmp_path: Path
) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("8")
        await caller.hears(await voice.say([Phrase("line_trouble"), Phrase("line_to_a_person")], "en"))
        await caller.ends()
    assert "Refer-To: <sip:care@127.0.0.1>" in caller.messages()
    assert "hotline_menu_failed" in hotline.log()
    assert "could be a PIN" not in hotline.log()


async def test_a_menu_that_hangs_holds_up_nobody_else(hotline: Hotline, voice: Voice, tmp_path: Path) -> None:
    async with calling(hotline.address, tmp_path / "one") as stuck, calling(hotline.address, tmp_path / "two") as other:
        await stuck.interrupt("7")
        await hotline.wrote(typed="7")
        await other.interrupt("2")
        await other.hears(await voice.say(GOODBYE.say, "zh-Hans"))
        await other.ends()
        await stuck.hears(await voice.say([Phrase("line_trouble")], "en"))
        await stuck.ends()
    await hotline.told(2, "ended")


async def test_the_number_that_the_carrier_asserts_goes_before_what_the_caller_says(
    hotline: Hotline, tmp_path: Path
) -> None:
    for number, asserted in (
        ("+4915112345678", "<tel:+34600111222>"),
        ("anonymous", '"Lin" <sip:+8613812345678@ims.example.net;user=phone>'),
        ("00442079460000", ""),
        ("1001", ""),
        ("anonymous", ""),
    ):
        async with calling(hotline.address, tmp_path / "sipp", wait=0.3, number=number, asserted=asserted) as caller:
            await caller.ends()
    await hotline.told(5, "began")
    told = [line["caller"] for line in hotline.diary() if "began" in line]
    assert told == ["+34600111222", "+8613812345678", "+442079460000", None, None]


async def test_what_was_typed_is_in_no_log_at_any_level(hotline: Hotline, tmp_path: Path) -> None:
    async with calling(hotline.address, tmp_path / "sipp") as caller:
        await caller.interrupt("1")
        await hotline.wrote(typed="1")
        await caller.interrupt("918273")
        await caller.ends()
    await hotline.told(1, "ended")
    assert hotline.typed() == ["1", "918273"]
    said = hotline.log()
    assert "hotline_call_ended" in said
    assert "DTMF" not in said.upper().replace("HOTLINE", "")
    assert "918273" not in said
    assert "4915112345678" not in said


async def test_a_stranger_is_not_answered_at_all(tmp_path: Path, prompts: Path) -> None:
    (tmp_path / "prompts").symlink_to(prompts)
    async with running_hotline(tmp_path, peers=["127.0.0.7", "192.0.2.0/24", "2001:db8::/32"]) as hotline:
        async with calling(hotline.address, tmp_path / "friend", wait=0.3, source="127.0.0.7") as friend:
            await friend.ends()
        async with calling(hotline.address, tmp_path / "stranger", source="127.0.0.8") as stranger:
            await asyncio.sleep(1.5)  # sipp asks twice meanwhile
            assert "SIP/2.0" in friend.messages()
            assert stranger.messages().count("INVITE sip:hotline") >= 2
            assert not re.search(r"^SIP/2.0", stranger.messages(), re.MULTILINE)
    assert sum("began" in line for line in hotline.diary()) == 1


async def test_a_call_that_takes_too_long_is_ended_with_words(tmp_path: Path, prompts: Path, voice: Voice) -> None:
    (tmp_path / "prompts").symlink_to(prompts)
    async with (
        running_hotline(tmp_path, longest_call=1) as hotline,  # in the middle of the greeting
        calling(hotline.address, tmp_path / "sipp") as caller,
    ):
        await caller.hears(await voice.say([Phrase("line_too_long")], "en"))
        await caller.ends()


async def test_a_hotline_that_is_told_to_stop_lets_a_call_finish_and_takes_no_other(
    hotline: Hotline, tmp_path: Path
) -> None:
    assert hotline.process is not None
    async with calling(hotline.address, tmp_path / "one") as caller:
        await caller.interrupt("1")
        hotline.process.send_signal(signal.SIGTERM)
        await hotline.wrote(typed="1")
        async with calling(hotline.address, tmp_path / "two") as late:
            assert late.sipp.stdout is not None
            await late.sipp.wait()
            assert "SIP/2.0 486" in late.messages()
        await caller.interrupt("4711#")
        await caller.ends()
    assert await hotline.process.wait() == 0
    assert hotline.typed() == ["1", "4711"]
