"""The hotline's own voice: real renderings, a studio's recordings, and what is kept of them."""

import asyncio
import stat
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest

from ringoff.kit.errors import InvalidInput, Unavailable
from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.surfaces.phone.model import Amount, Part, Phrase, Spelled
from ringoff.surfaces.phone.speech import phrases
from ringoff.surfaces.phone.voice import RATE, Voice, espeak
from ringoff.surfaces.phone.voice.pinyin import numeral, pinyin
from ringoff.surfaces.phone.voice.shelf import Shelf
from ringoff.surfaces.phone.voice.sound import seconds, write_wav


def record(file: Path, rate: int = RATE, channels: int = 1, width: int = 2, samples: int = 800) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    frames = bytes([7, 30] * (samples * channels * width // 2))
    with wave.open(str(file), "wb") as opened:
        opened.setnchannels(channels)
        opened.setsampwidth(width)
        opened.setframerate(rate)
        opened.writeframes(frames)
    return frames


@pytest.fixture
def renderings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What espeak-ng was asked to render, in its order."""
    asked: list[str] = []
    real = espeak.render

    async def counting(text: str, language: Language) -> bytes:
        asked.append(text)
        return await real(text, language)

    monkeypatch.setattr(espeak, "render", counting)
    return asked


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_phrase_can_be_heard(voice: Voice, language: Language) -> None:
    for name in phrases(language):
        assert 0.3 < seconds(await voice.say([Phrase(name)], language)) < 30, name


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_varies_can_be_heard_among_phrases(voice: Voice, language: Language) -> None:
    turn: Sequence[Part] = [Phrase("line_trouble"), Spelled("C-8K3M-V0QXX"), Amount(1274, "EUR")]
    assert seconds(await voice.say(turn, language)) > 7


async def test_what_was_rendered_once_is_not_rendered_again_by_the_next_process(
    tmp_path: Path, renderings: list[str], prompts: Path
) -> None:
    first, second = Voice(tmp_path), Voice(tmp_path)
    await first.prepare()
    heard = await first.say([Phrase("line_trouble"), Spelled("42")], "en")
    once = 1 + sum(len(set(phrases(language).values())) for language in LANGUAGES)
    assert len(renderings) == once
    await second.prepare()
    assert await second.say([Phrase("line_trouble"), Spelled("42")], "en") == heard
    assert len(renderings) == once


async def test_two_callers_who_want_the_same_at_once_have_it_rendered_once(
    tmp_path: Path, renderings: list[str], prompts: Path
) -> None:
    voice = Voice(tmp_path)
    asked = [asyncio.create_task(voice.say([Spelled("777")], "es")) for _ in range(20)]
    await asyncio.sleep(0)
    asked[0].cancel()  # who hangs up takes nothing from the others
    heard = await asyncio.gather(*asked[1:])
    assert len(set(heard)) == 1
    assert renderings == ["siete siete siete"]


async def test_a_studios_recording_takes_the_place_of_the_rendering(tmp_path: Path, prompts: Path) -> None:
    frames = record(tmp_path / "studio/es/line_trouble.wav")
    voice = Voice(prompts, tmp_path / "studio")
    assert await voice.prepare() == 1
    assert (await voice.say([Phrase("line_trouble")], "es")).startswith(frames)
    assert not (await voice.say([Phrase("line_trouble")], "en")).startswith(frames)


async def test_a_wideband_recording_is_brought_to_the_telephone(tmp_path: Path, prompts: Path) -> None:
    record(tmp_path / "studio/en/line_trouble.wav", rate=16_000, samples=16_000)
    voice = Voice(prompts, tmp_path / "studio")
    await voice.prepare()
    assert 0.9 < seconds(await voice.say([Phrase("line_trouble")], "en")) < 1.5


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"rate": 44_100}, "it has 1 channels of 16 bit and 44100 Hz"),
        ({"channels": 2}, "it has 2 channels"),
        ({"width": 1}, "of 8 bit"),
        ({"samples": 0}, "it is empty"),
    ],
)
async def test_a_recording_that_cannot_be_played_is_named_with_its_remedy(
    tmp_path: Path, prompts: Path, wrong: dict[str, int], told: str
) -> None:
    file = tmp_path / "studio/zh-Hans/line_trouble.wav"
    record(file, **wrong)
    with pytest.raises(InvalidInput, match=r"sox IN\.wav") as refused:
        await Voice(prompts, tmp_path / "studio").prepare()
    assert str(file) in refused.value.message
    assert told in refused.value.message


async def test_what_is_no_wav_at_all_is_named_too(tmp_path: Path, prompts: Path) -> None:
    file = tmp_path / "studio/en/line_trouble.wav"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"ID3 a song")
    with pytest.raises(InvalidInput, match="cannot be read"):
        await Voice(prompts, tmp_path / "studio").prepare()


async def test_a_rendering_cut_off_by_a_crash_is_made_again(tmp_path: Path, prompts: Path) -> None:
    heard = await Voice(tmp_path).say([Spelled("42")], "en")
    (kept,) = (tmp_path / "spoken").glob("*.wav")
    kept.write_bytes(kept.read_bytes()[:30])
    assert await Voice(tmp_path).say([Spelled("42")], "en") == heard


async def test_renderings_are_their_owners_alone_and_their_names_tell_nothing(tmp_path: Path, prompts: Path) -> None:
    await Voice(tmp_path).say([Spelled("4711")], "en")
    (kept,) = (tmp_path / "spoken").glob("*.wav")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert "4711" not in kept.name


def test_what_nobody_asked_for_the_longest_goes_first(tmp_path: Path) -> None:
    sound = bytes(2000)
    shelf = Shelf(tmp_path / "spoken", most=3 * len(write_wav(sound)))
    for name in ("a", "b", "c"):
        shelf.put(name, sound)
    assert shelf.take("a") == sound
    shelf.put("d", sound)
    assert sorted(file.stem for file in (tmp_path / "spoken").glob("*.wav")) == ["a", "c", "d"]
    assert shelf.take("b") is None


async def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "PROGRAM", "espeak-of-nowhere")
    with pytest.raises(Unavailable, match="espeak-of-nowhere cannot be started"):
        await Voice(tmp_path).prepare()


async def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 600\n")
    slow.chmod(0o755)
    monkeypatch.setattr(espeak, "PROGRAM", str(slow))
    monkeypatch.setattr(espeak, "_PATIENCE", 0.2)
    with pytest.raises(Unavailable, match="did not answer in time"):
        await Voice(tmp_path).say([Spelled("1")], "en")


async def test_what_is_said_is_never_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even as an argument, where anybody on the machine could read it."""
    heard = tmp_path / "heard"
    spy = tmp_path / "spy"
    spy.write_text(f'#!/bin/sh\necho "$@" > {heard}\ncat >> {heard}\n')
    spy.chmod(0o755)
    monkeypatch.setattr(espeak, "PROGRAM", str(spy))
    with pytest.raises(Unavailable, match="no sound"):
        await espeak.render("$(touch /tmp/x) [[h@l'oU]] -f /etc/passwd", "en")
    command, said = heard.read_text().splitlines()
    assert command == "--stdin --stdout -b 1 -v en-us -s 150"
    assert said == "$(touch /tmp/x) h@l'oU -f /etc/passwd"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "零"),
        (10, "十"),
        (15, "十五"),
        (101, "一百零一"),
        (110, "一百一十"),
        (1010, "一千零一十"),
        (10_020, "一万零二十"),
        (101_010, "十万一千零一十"),
        (1_000_000, "一百万"),
        (100_000_001, "一亿零一"),
    ],
)
def test_chinese_numerals_are_those_people_say(number: int, told: str) -> None:
    assert numeral(number) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("您好，请按一。", "nin2 hao3, qing3 an4 yi1."),
        ("2027年1月1日星期五0点整", "er4 ling2 er4 qi1 nian2 yi1 yue4 yi1 ri4 xing1 qi1 wu3 ling2 dian3 zheng3"),
        ("12欧元74分", "shi2 er4 ou1 yuan2 qi1 shi2 si4 fen1"),
        ("12.74瑞士法郎", "shi2 er4 dian3 qi1 si4 rui4 shi4 fa3 lang2"),
        ("重庆的行长在银行，不要", "chong2 qing4 de5 hang2 zhang3 zai4 yin2 hang2, bu2 yao4"),
        ("编号为幺零七", "bian1 hao4 wei2 yao1 ling2 qi1"),
    ],
)
def test_chinese_becomes_pinyin_with_its_tones(text: str, told: str) -> None:
    assert pinyin(text) == told
