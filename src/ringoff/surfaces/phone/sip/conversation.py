"""One call: what the menu says is played, what the caller types is brought to it, until one of them ends it.

What is typed goes to the menu alone: no log, no error and no trace has it, for it may be a PIN.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog

from ringoff.kit.i18n import Language
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.phone.model import HangUp, Listen, Part, Phrase, Transfer, Turn

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_MENU_PATIENCE = 10.0  # seconds for the menu's answer; a database that hangs costs this call, and no other
_DIGITS = frozenset("0123456789")
_END, _STAR = "#", "*"
_TROUBLE, _PERSON = Phrase("line_trouble"), Phrase("line_to_a_person")
_NOBODY, _LATER, _TOO_LONG = Phrase("line_nobody_answers"), Phrase("line_call_again"), Phrase("line_too_long")


class Menu(Protocol):
    async def begin(self, conversation: str, caller: str | None) -> Turn: ...
    async def typed(self, conversation: str, digits: SecretStr | None) -> Turn: ...
    async def ended(self, conversation: str) -> None: ...
    async def gone(self, conversation: str) -> None: ...


class Speaker(Protocol):
    async def say(self, parts: Sequence[Part], language: Language) -> bytes: ...


class NotTransferred(Exception):
    """Nobody took the call; it is still ours, or the caller has hung up."""


class Line(Protocol):
    """The telephone as the conversation needs it. `keys`: what was pressed, one by one."""

    keys: "asyncio.Queue[str]"

    async def play(self, sound: bytes) -> None:
        """Returns when it has been heard; cancelled, it is silent at once."""

    async def transfer(self, reference: str | None) -> None:
        """Returns when another has the call. Raises NotTransferred."""

    async def hang_up(self) -> None: ...


@dataclass(slots=True)
class Conversation:
    """`id` is ours, and what logs may tell of the call. `agents`: whether there is a queue of people."""

    id: str
    caller: str | None
    line: Line
    menu: Menu
    voice: Speaker
    agents: bool
    longest: float
    _language: Language = "en"
    _passed: bool = field(default=False, init=False)
    """Another has the call: whoever hangs up now still waits, or talks, there."""
    _full: bool = field(default=False, init=False)
    """The last answer ended with its last digit: a `#` behind it, typed by habit, answers nothing."""

    async def talk(self) -> None:
        """To its end. Cancelled when the caller has hung up: what they had typed still counts."""
        try:
            async with asyncio.timeout(self.longest) as limit:
                await self._turns()
        except Exception as error:
            if limit.expired():
                await self._end_with(_TOO_LONG)
            else:
                await self._apologize(error)

    async def end(self) -> None:
        """Once, whatever became of it."""
        try:
            async with asyncio.timeout(_MENU_PATIENCE):
                await (self.menu.ended if self._passed else self.menu.gone)(self.id)
        except Exception as error:
            _tell("hotline_end_failed", self.id, error)

    async def _turns(self) -> None:
        turn = await self._ask(self.menu.begin(self.id, self.caller))
        while True:
            self._language = turn.language
            match turn.then:
                case Listen() as listen:
                    turn = await self._ask(self.menu.typed(self.id, await self._hear(turn.say, listen)))
                case Transfer(reference):
                    await self._say(turn.say)
                    if await self._passed_on(reference):
                        return
                    turn = await self._ask(self.menu.typed(self.id, None))
                case HangUp():
                    await self._say(turn.say)
                    await self.line.hang_up()
                    return

    async def _ask(self, question: Coroutine[Any, Any, _T]) -> _T:
        """Of the menu. It is let finish when the caller hangs up meanwhile: no wrong PIN goes uncounted."""
        answer = asyncio.create_task(question)
        try:
            done, _ = await asyncio.wait([answer], timeout=_MENU_PATIENCE)
        except asyncio.CancelledError:
            await asyncio.wait([answer], timeout=_MENU_PATIENCE)
            raise
        finally:
            if not answer.done():
                answer.cancel()
        if not done:
            raise TimeoutError
        return answer.result()

    async def _hear(self, parts: Sequence[Part], listen: Listen) -> SecretStr | None:
        """What was typed; None where nothing was. Typing interrupts the words.

        Numbers may be typed ahead, by who knows the way; a single key decides something, and counts only once its
        question has begun. A `*` answers at once, alone: no number has one, and it takes back what was typed before.
        """
        sound = await self.voice.say(parts, self._language)
        while listen.most == 1 and not self.line.keys.empty():
            self._full &= self.line.keys.get_nowait() != _END
        playing, typed = asyncio.create_task(self.line.play(sound)), ""
        try:
            while len(typed) < listen.most:
                key = await self._key(playing, listen.seconds)
                if key is None or (key == _END and (typed or not self._full)):
                    self._full = False
                    return SecretStr(typed) if typed or key else None
                self._full = False
                if key == _STAR:
                    return SecretStr(key)
                if key in _DIGITS:
                    await _cancel(playing)
                    typed += key
        finally:
            await _cancel(playing)
        self._full = True
        return SecretStr(typed)

    async def _key(self, playing: "asyncio.Task[None]", seconds: float) -> str | None:
        """The next one; None when nothing came for so long since the words had ended."""
        pressed = asyncio.create_task(self.line.keys.get())
        try:
            await asyncio.wait([pressed, playing], return_when=asyncio.FIRST_COMPLETED)
            if not pressed.done():
                if not playing.cancelled():
                    playing.result()  # raises what went wrong with it
                await asyncio.wait([pressed], timeout=seconds)
            return pressed.result() if pressed.done() else None
        finally:
            pressed.cancel()

    async def _say(self, parts: Sequence[Part]) -> None:
        await self.line.play(await self.voice.say(parts, self._language))

    async def _passed_on(self, reference: str | None) -> bool:
        """Whether another has the call now; if not, the menu knows what else there is."""
        try:
            await self.line.transfer(reference)
        except NotTransferred as refused:
            log.warning("hotline_not_transferred", conversation=self.id, why=str(refused))
            return False
        self._passed = True
        return True

    async def _apologize(self, error: Exception) -> None:
        _tell("hotline_menu_failed", self.id, error)
        if not self.agents:
            await self._end_with(_TROUBLE, _LATER)
            return
        try:
            await self._say([_TROUBLE, _PERSON])
        except Exception as speechless:
            _tell("hotline_speechless", self.id, speechless)
        if not await self._passed_on(None):
            await self._end_with(_NOBODY, _LATER)

    async def _end_with(self, *phrases: Phrase) -> None:
        try:
            await self._say(phrases)
        except Exception as speechless:
            _tell("hotline_speechless", self.id, speechless)
        await self.line.hang_up()


async def _cancel(task: "asyncio.Task[None]") -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait([task])


def _tell(what: str, conversation: str, error: Exception) -> None:
    """Where it went wrong, without the error's own words: they could quote what was typed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
    log.error(what, conversation=conversation, error=type(error).__name__, where=where)
