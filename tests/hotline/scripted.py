"""A hotline with a small menu of its own, as a process: `python -m tests.hotline.scripted FOLDER SETTINGS`.

What the menu is told it writes into FOLDER/diary, a line of JSON each; it is a test, so digits too.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from ringoff.kit import log
from ringoff.kit.msisdn import Numbering
from ringoff.kit.secrets import SecretStr
from ringoff.settings import HotlineSettings
from ringoff.surfaces.phone.model import Amount, HangUp, Listen, Phrase, Spelled, Transfer, Turn
from ringoff.surfaces.phone.sip.server import SipServer
from ringoff.surfaces.phone.voice import Voice

GREETING = Turn("en", [Phrase("line_nobody_answers")], Listen(seconds=4))
NUMBER = Turn("en", [Phrase("line_to_a_person"), Spelled("42")], Listen(most=6, seconds=4, secret=True))
AGAIN = Turn("es", [Phrase("line_call_again")], Listen(seconds=4))
GOODBYE = Turn("zh-Hans", [Phrase("line_call_again"), Amount(74, "EUR")], HangUp())
UNANSWERED = Turn("en", [Phrase("line_nobody_answers"), Phrase("line_call_again")], HangUp())
TO_A_PERSON = Turn("en", [Phrase("line_to_a_person")], Transfer("W-17"))


class ScriptedMenu:
    """1: a number is asked for; 2: goodbye; 0: a person; 7: it hangs; 8: it fails; 9: it stays; silence: once more."""

    def __init__(self, diary: Path) -> None:
        self._diary = diary
        self._passed_on = False

    def write(self, **what: object) -> None:
        with self._diary.open("a") as words:
            words.write(json.dumps(what) + "\n")

    async def begin(self, conversation: str, caller: str | None) -> Turn:
        self.write(began=conversation, caller=caller)
        return GREETING

    async def typed(self, conversation: str, digits: SecretStr | None) -> Turn:
        typed = digits.get_secret_value() if digits else None
        self.write(typed=typed, of=conversation)
        match typed:
            case "1":
                return NUMBER
            case "0":
                self._passed_on = True
                return TO_A_PERSON
            case "7":
                await asyncio.sleep(600)
            case "8":
                raise RuntimeError(f"{typed} could be a PIN")
            case "9":
                return GREETING
            case None:
                return UNANSWERED if self._passed_on else AGAIN
        return GOODBYE

    async def ended(self, conversation: str) -> None:
        self.write(ended=conversation, passed_on=True)

    async def gone(self, conversation: str) -> None:
        self.write(ended=conversation)


async def main(folder: Path, settings: HotlineSettings) -> None:
    log.set_up("debug", "json")
    voice = Voice(folder / "prompts")
    await voice.prepare()
    await SipServer(settings, ScriptedMenu(folder / "diary"), voice, Numbering()).run()


if __name__ == "__main__":
    if "RINGOFF_PARENT" in os.environ:
        from ringoff.surfaces.child import follow_parent

        follow_parent(int(os.environ["RINGOFF_PARENT"]))
    asyncio.run(main(Path(sys.argv[1]), HotlineSettings.model_validate_json(sys.argv[2])))
