"""The hotline's own voice: what is said, as sound for the telephone (8 kHz, 16 bit, mono: G.711 carries no more).

Fixed phrases are made ready before the first call: a studio's recording where the carrier has put one, else what
espeak-ng renders. What varies is rendered when it is said. Both are kept on disk.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.surfaces.phone.model import Part, Phrase
from ringoff.surfaces.phone.speech import phrases, spoken
from ringoff.surfaces.phone.voice import espeak
from ringoff.surfaces.phone.voice.shelf import Shelf
from ringoff.surfaces.phone.voice.sound import RATE, read_recording, silence

__all__ = ["RATE", "Voice"]

log = structlog.get_logger(__name__)

_MOST_KEPT = 64 << 20  # bytes of what varies: some thousand case numbers and sums
_RENDER_AT_ONCE = 2
_PAUSES = {**dict.fromkeys(".?!。？！", 0.35), **dict.fromkeys(";；", 0.25), **dict.fromkeys(",，", 0.15)}  # seconds
_PAUSE = 0.06  # between parts of one sentence


class Voice:
    """`folder`: where renderings are kept. `recordings`: the carrier's, as LANGUAGE/PHRASE.wav."""

    def __init__(self, folder: Path, recordings: Path | None = None) -> None:
        self._recordings = recordings
        self._fixed = Shelf(folder / "phrases")
        self._varying = Shelf(folder / "spoken", most=_MOST_KEPT)
        self._phrases: dict[tuple[Language, str], bytes] = {}
        self._rendering: dict[str, asyncio.Task[bytes]] = {}
        self._slots = asyncio.Semaphore(_RENDER_AT_ONCE)

    async def prepare(self) -> int:
        """Make every phrase ready; how many are a studio's.

        Raises InvalidInput (`recording_invalid`), Unavailable (`espeak_missing`, `voice_failed`).
        """
        recorded = await asyncio.to_thread(self._read_recordings)
        wanted = [(language, name) for language in LANGUAGES for name in phrases(language)]
        lacking = [key for key in wanted if key not in recorded]
        rendered = await asyncio.gather(
            *(self._sound(self._fixed, phrases(language)[name], language) for language, name in lacking)
        )
        self._phrases = {**recorded, **dict(zip(lacking, rendered, strict=True))}
        if strangers := [f"{language}/{name}.wav" for language, name in recorded.keys() - set(wanted)]:
            log.warning("recordings_of_no_phrase", files=sorted(strangers))
        return len(recorded.keys() & set(wanted))

    async def say(self, parts: Sequence[Part], language: Language) -> bytes:
        """All of it as one sound. Raises Unavailable (`voice_failed`), KeyError for an unknown phrase."""
        said = await asyncio.gather(*(self._part(part, language) for part in parts))
        return b"".join(said)

    async def _part(self, part: Part, language: Language) -> bytes:
        text = spoken(part, language)
        pause = silence(_PAUSES.get(text[-1:], _PAUSE))
        if isinstance(part, Phrase) and (ready := self._phrases.get((language, part.name))) is not None:
            return ready + pause
        return await self._sound(self._varying, text, language) + pause

    async def _sound(self, shelf: Shelf, text: str, language: Language) -> bytes:
        """Kept, or rendered now; whoever wants the same meanwhile waits for the same rendering."""
        name = espeak.name_of(text, language)
        if (kept := await asyncio.to_thread(shelf.take, name)) is not None:
            return kept
        if name not in self._rendering:
            self._rendering[name] = asyncio.create_task(self._render(shelf, name, text, language))
            self._rendering[name].add_done_callback(lambda _: self._rendering.pop(name, None))
        return await asyncio.shield(self._rendering[name])  # one caller's hanging up is not the other's

    async def _render(self, shelf: Shelf, name: str, text: str, language: Language) -> bytes:
        async with self._slots:
            sound = await espeak.render(text, language)
        await asyncio.to_thread(shelf.put, name, sound)
        return sound

    def _read_recordings(self) -> dict[tuple[Language, str], bytes]:
        if self._recordings is None:
            return {}
        found = [(language, file) for language in LANGUAGES for file in (self._recordings / language).glob("*.wav")]
        return {(language, file.stem): read_recording(file) for language, file in sorted(found)}
