"""A turn as TwiML: the vendor says it, listens for keys, and brings what was typed to our next address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never
from urllib.parse import quote

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ringoff.kit.i18n import Language
from ringoff.settings import HotlineSettings
from ringoff.surfaces.phone.model import HangUp, Listen, Part, Phrase, Transfer, Turn
from ringoff.surfaces.phone.speech import words

PREFIX = "/phone/twiml"
_TONGUES: Mapping[Language, tuple[str, str]] = {
    "en": ("en-US", "Polly.Joanna"),
    "zh-Hans": ("cmn-CN", "Polly.Zhiyu"),
    "es": ("es-MX", "Polly.Mia"),
}
_RINGS = 30  # seconds for an agent to answer


@dataclass(frozen=True, slots=True)
class Answers:
    """`base`: how the vendor reaches us. `recordings` are played where there is one, the rest is said by its voice."""

    base: str
    hotline: HotlineSettings

    def answer(self, turn: Turn) -> str:
        response = VoiceResponse()
        match turn.then:
            case Listen(most, seconds):
                gather = Gather(
                    input="dtmf",
                    action=f"{self.address('typed')}?turn={turn.number}",
                    method="POST",
                    num_digits=most,
                    timeout=round(seconds),
                    finish_on_key="#",
                    action_on_empty_result=True,
                )
                self._say(gather, turn)
                response.append(gather)
            case Transfer(reference):
                self._say(response, turn)
                self._pass_on(response, reference)
            case HangUp():
                self._say(response, turn)
                response.hangup()
            case _:
                assert_never(turn.then)
        return str(response)

    def address(self, what: str) -> str:
        return f"{self.base}{PREFIX}/{what}"

    def _say(self, verb: VoiceResponse | Gather, turn: Turn) -> None:
        language, voice = _TONGUES[turn.language]
        for recorded, parts in self._runs(turn.say, turn.language):
            if recorded is not None:
                verb.play(self.address(f"recordings/{turn.language}/{recorded}.wav"))
            elif said := words(parts, turn.language):
                verb.say(said, language=language, voice=voice)

    def _runs(self, parts: Sequence[Part], language: Language) -> Iterator[tuple[str | None, Sequence[Part]]]:
        """Recordings one by one, and between them as much as can be said in one go."""
        spoken: list[Part] = []
        for part in parts:
            if isinstance(part, Phrase) and self.recording(language, part.name) is not None:
                yield None, spoken
                yield part.name, ()
                spoken = []
            else:
                spoken.append(part)
        yield None, spoken

    def recording(self, language: Language, name: str) -> Path | None:
        """The studio's, where there is one."""
        if self.hotline.recordings is None:
            return None
        file = self.hotline.recordings / language / f"{name}.wav"
        return file if file.is_file() else None

    def _pass_on(self, response: VoiceResponse, reference: str) -> None:
        """To the vendor's queue, or to the people's SIP address; either tells how it ended."""
        if self.hotline.twiml_queue is not None:
            response.enqueue(self.hotline.twiml_queue, action=self.address("passed"), method="POST")
            return
        dial = Dial(action=self.address("passed"), method="POST", timeout=_RINGS, answer_on_bridge=True)
        dial.sip(_named(self.hotline.agents or "", reference))
        response.append(dial)


def _named(agents: str, reference: str) -> str:
    """With the waiting call's reference: where the setting has `{reference}`, else as a header of the call."""
    if "{reference}" in agents:
        return agents.replace("{reference}", quote(reference, safe=""))
    return f"{agents}{'&' if '?' in agents else '?'}X-Ringoff-Reference={quote(reference, safe='')}"
