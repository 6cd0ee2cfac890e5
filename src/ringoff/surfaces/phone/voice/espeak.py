"""Rendering by espeak-ng, a program of its own: text goes in by a pipe, never by a command line or a shell."""

import asyncio
import hashlib
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterator, Mapping

from ringoff.kit.errors import Unavailable
from ringoff.kit.i18n import Language
from ringoff.surfaces.phone.voice.sound import for_telephone, read_wav, silence

PROGRAM = "espeak-ng"
_VERSION = "1"  # raise it when the same text comes to sound otherwise
_VOICES: Mapping[Language, str] = {"en": "en-us", "zh-Hans": "cmn-latn-pinyin", "es": "es-419"}
_WORDS_A_MINUTE: Mapping[str, int] = {"en-us": 150, "cmn-latn-pinyin": 140, "es-419": 150}
_PATIENCE = 10.0  # seconds for one text; it takes some hundredths
_TEXT_MOST = 2000
_LATIN = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_PAUSE = re.compile(r"^[，。；：、\s]")


def name_of(text: str, language: Language) -> str:
    """The same for the same sound, and it tells nothing of the text."""
    voice = _VOICES[language]
    about = "\n".join((_VERSION, voice, str(_WORDS_A_MINUTE[voice]), text))
    return hashlib.sha256(about.encode()).hexdigest()[:40]


async def render(text: str, language: Language) -> bytes:
    """Raises Unavailable (`espeak_missing`, `voice_failed`)."""
    sounds = [await _spoken(voice, piece) for voice, piece in _pieces(text[:_TEXT_MOST], language)]
    return b"".join(sounds)


def _pieces(text: str, language: Language) -> Iterator[tuple[str, str]]:
    """Mandarin is read from pinyin, in which a Latin letter would be a syllable: those an English voice says."""
    if language != "zh-Hans":
        yield _VOICES[language], text
        return
    from ringoff.surfaces.phone.voice.pinyin import pinyin

    at = 0
    for found in _LATIN.finditer(text):
        if before := text[at : found.start()].strip():
            yield _VOICES[language], pinyin(before)
        yield _VOICES["en"], found[0]
        at = found.end()
    if rest := text[at:].strip():
        yield _VOICES[language], pinyin(rest)


async def _spoken(voice: str, text: str) -> bytes:
    pause = silence(0.15) if _PAUSE.match(text) or text[:1] in ",.;:" else b""
    if not any(character.isalnum() for character in text):
        return pause
    content = await _run(voice, text)
    try:
        samples, rate = read_wav(content)
    except Exception as error:
        raise Unavailable("voice_failed", f"{PROGRAM} answered with no sound.") from error
    return pause + await asyncio.to_thread(for_telephone, samples, rate)


async def _run(voice: str, text: str) -> bytes:
    command = (PROGRAM, "--stdin", "--stdout", "-b", "1", "-v", voice, "-s", str(_WORDS_A_MINUTE[voice]))
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    except OSError as error:
        raise Unavailable("espeak_missing", f"{PROGRAM} cannot be started; install it (Debian: espeak-ng).") from error
    try:
        async with asyncio.timeout(_PATIENCE):
            content, _ = await process.communicate(_plain(text).encode())
    except TimeoutError as error:
        raise Unavailable("voice_failed", f"{PROGRAM} did not answer in time.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Unavailable("voice_failed", f"{PROGRAM} ended with {process.returncode}.")
    return content


def _plain(text: str) -> str:
    """Without its markup for phonemes, `[[…]]`, and as one line: it says each as soon as it has read it."""
    return re.sub(r"[\[\]<>\s]+", " ", text) + "\n"
