"""One SIP call of baresip's, as the conversation's line."""

import asyncio
from urllib.parse import quote

from baresip.call import Call, CallState
from baresip.errors import AudioNotActive, AudioRestarted, BaresipError, StaleHandleError, TransferFailed
from baresip.events import Event, StackEvent

from ringoff.surfaces.phone.sip.conversation import NotTransferred
from ringoff.surfaces.phone.voice.sound import RATE

_READY_WITHIN = 5.0  # seconds from our answer to the first sound
_LOOK = 0.02  # one packet
_AHEAD = 0.5  # seconds; the stack keeps two
_BYTES_A_SECOND = 2 * RATE
_KEYS_KEPT = 64
_TRANSFER_PATIENCE = 30.0


class Telephone:
    def __init__(self, call: Call, agents: str | None) -> None:
        self.keys: asyncio.Queue[str] = asyncio.Queue(_KEYS_KEPT)
        self.closed = asyncio.Event()
        self._call, self._agents = call, agents
        self._silent_from = 0.0
        call.on(self._heard)

    async def answer(self) -> None:
        """Raises BaresipError where the caller was quicker."""
        # With video "on" nothing is offered that the caller has not; "off" makes baresip negotiate a second time.
        await self._call.answer(video=True)
        async with asyncio.timeout(_READY_WITHIN):
            while not self._is_ready():  # noqa: ASYNC110  # the stack has no event for it
                await asyncio.sleep(_LOOK)

    async def play(self, sound: bytes) -> None:
        rest = memoryview(sound)
        await asyncio.sleep(self._silent_from - asyncio.get_running_loop().time())
        try:
            while rest and not self.closed.is_set():
                try:
                    rest = rest[self._call.audio.write(rest) :]
                except AudioRestarted:
                    continue
                if rest:
                    await asyncio.sleep(_AHEAD)
            while left := self._waiting():  # noqa: ASYNC110
                await asyncio.sleep(max(left / _BYTES_A_SECOND, _LOOK))
        except AudioNotActive:
            await self.closed.wait()  # the call is ending; whoever watches it ends us
        except asyncio.CancelledError:
            self._hush()
            raise

    async def transfer(self, reference: str | None) -> None:
        if self._agents is None:
            raise NotTransferred("no queue is configured")
        try:
            await self._call.transfer(refer_to(self._agents, reference), timeout=_TRANSFER_PATIENCE)
        except TransferFailed as error:
            raise NotTransferred(str(error.status or "no answer")) from None
        except BaresipError as error:
            raise NotTransferred(type(error).__name__) from None

    async def hang_up(self) -> None:
        if self._call.state is CallState.CLOSED:
            return
        try:
            await self._call.hangup()
        except StaleHandleError:
            return

    def _heard(self, event: StackEvent) -> None:
        """On the loop. A key counts when it is pressed, not when it is let go: words stop at once."""
        if event.event is Event.CALL_CLOSED:
            self.closed.set()
        elif event.event is Event.CALL_DTMF_START and event.text and not self.keys.full():
            self.keys.put_nowait(event.text)

    def _is_ready(self) -> bool:
        if self.closed.is_set():
            raise StaleHandleError("the caller has hung up")
        try:
            return self._call.state is CallState.ESTABLISHED and self._call.audio.info().tx_ready
        except AudioNotActive:
            return False

    def _waiting(self) -> int:
        return 0 if self.closed.is_set() else self._call.audio.info().tx_buffered

    def _hush(self) -> None:
        """The stack throws away what waits at its next packet: whatever is written before that would go too."""
        self._silent_from = asyncio.get_running_loop().time() + 3 * _LOOK
        try:
            self._call.audio.flush_tx()
        except (AudioNotActive, AudioRestarted):
            return  # nothing is playing any more


def refer_to(agents: str, reference: str | None) -> str:
    """What the REFER names: the queue, and the waiting call at the desk.

    The reference stands where the setting has `{reference}`, else as User-to-User (RFC 7433), which the caller's side
    puts into its INVITE to the queue.
    """
    if "{reference}" in agents:
        return f"<{agents.replace('{reference}', quote(reference or '', safe=''))}>"
    if reference is None:
        return f"<{agents}>"
    mark = "&" if "?" in agents else "?"
    return f"<{agents}{mark}User-to-User={reference.encode().hex()}%3Bencoding%3Dhex>"
