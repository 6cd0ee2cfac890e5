"""Real calls from sipp: what is heard, what is typed, and how they end."""

from pathlib import Path

from ringoff.surfaces.phone.voice import Voice
from tests.hotline.caller import calling
from tests.hotline.process import Hotline
from tests.hotline.scripted import GOODBYE, GREETING, NUMBER


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
    assert hotline.typed() == ["1", "4711"]
    began, *_, ended = hotline.diary()
    assert began["caller"] == "+4915112345678"
    assert ended == {"ended": began["began"]}
