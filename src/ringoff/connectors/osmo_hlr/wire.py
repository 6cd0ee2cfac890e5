"""One connection on which many commands are under way at once, and the few connections that share the work.

Neither retries: a command is sent once, on a connection that was open when it was asked for.
"""

import asyncio
import os
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

BUFFER_MOST = 1 << 16  # bytes of one answer


class NotReached(Exception):
    """The command was certainly never sent."""


class NoAnswer(Exception):
    """The command may have been heard, but no answer came that makes sense."""


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """`ok` False: the HLR says that it did not do it. It may hold key material, so it does not print."""

    ok: bool
    text: str


@dataclass(slots=True, repr=False, eq=False)
class Call:
    message: bytes
    answer: "asyncio.Future[Reply]"
    sent: bool = False


class Wire(asyncio.Protocol):
    """Commands leave together at the end of a turn of the loop; `seconds` without any answer end the connection.

    A caller that stops waiting does no harm: the answer still finds its place and is forgotten.
    """

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[int, Call] = {}  # in the order of asking, which is that of answering
        self._unsent: list[int] = []
        self._number = 0
        self._heard_at = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._ended = False
        self._buffer = b""

    @property
    def usable(self) -> bool:
        return self._transport is not None and not self._ended

    @abstractmethod
    def heard(self) -> None:
        """Take what is complete out of `_buffer`. A ValueError means that it is nonsense, and ends the connection."""

    def next_number(self) -> int:
        self._number += 1
        return self._number

    async def exchange(self, number: int, message: bytes) -> Reply:
        """Raises NotReached or NoAnswer."""
        if not self.usable:
            raise NotReached("the connection was closed")
        if not self._waiting:
            self._heard_at = self._loop.time()
            if self._watch is None:
                self._watch = self._loop.call_later(self._seconds, self._look)
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(number)
        call = self._waiting[number] = Call(message, self._loop.create_future())
        return await call.answer

    def answered(self, number: int, reply: Reply) -> None:
        self._heard_at = self._loop.time()
        call = self._waiting.pop(number, None)
        if call is None or not call.sent:
            raise ValueError("an answer to nothing")
        if not call.answer.done():
            call.answer.set_result(reply)

    def end(self, why: str) -> None:
        """Whatever was not sent certainly did nothing; of the rest nobody knows."""
        if self._ended:
            return
        self._ended = True
        if self._watch is not None:
            self._watch.cancel()
        if self._transport is not None:
            self._transport.abort()
        for call in self._waiting.values():
            if not call.answer.done():
                call.answer.set_exception(NoAnswer(why) if call.sent else NotReached(why))
        self._waiting.clear()
        self._unsent.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its class

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            self.heard()
            if len(self._buffer) > BUFFER_MOST:
                raise ValueError("too much")
        except ValueError:  # UnicodeDecodeError is one
            self.end("answers nonsense")

    def connection_lost(self, exc: Exception | None) -> None:
        self.end("closed the connection")

    def _flush(self) -> None:
        if self._ended or self._transport is None:
            return
        leaving: list[bytes] = []
        for number in self._unsent:
            call = self._waiting[number]
            if call.answer.cancelled():
                del self._waiting[number]
            else:
                call.sent = True
                leaving.append(call.message)
        self._unsent.clear()
        self._transport.write(b"".join(leaving))

    def _look(self) -> None:
        self._watch = None
        if not self._waiting:
            return
        left = self._heard_at + self._seconds - self._loop.time()
        if left <= 0:
            self.end(f"gave no answer in {self._seconds:g} s")
        else:
            self._watch = self._loop.call_later(left, self._look)


AnyWire = TypeVar("AnyWire", bound=Wire)


class Trunk(Generic[AnyWire]):
    """A few wires to one interface, each opened when it is first needed and again after it ended."""

    def __init__(self, count: int, open_one: Callable[[], Awaitable[AnyWire]]) -> None:
        self._open_one = open_one
        self._wires: list[AnyWire | None] = [None] * count
        self._opening: dict[int, asyncio.Task[AnyWire]] = {}
        self._turn = 0

    async def wire(self) -> AnyWire:
        """Raises NotReached; whoever waits for the same wire meanwhile hears the same."""
        place = self._turn = (self._turn + 1) % len(self._wires)
        wire = self._wires[place]
        if wire is not None and wire.usable:
            return wire
        opening = self._opening.get(place)
        if opening is None:
            opening = self._opening[place] = asyncio.create_task(self._open(place))
        return await asyncio.shield(opening)

    async def _open(self, place: int) -> AnyWire:
        try:
            wire = self._wires[place] = await self._open_one()
            return wire
        finally:
            del self._opening[place]

    async def close(self) -> None:
        opening = list(self._opening.values())
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        for wire in self._wires:
            if wire is not None:
                wire.end("is being closed")


async def dial(address: tuple[str, int], seconds: float, wire: AnyWire) -> AnyWire:
    """Raises NotReached."""
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_connection(lambda: wire, *address)
    except TimeoutError as error:
        raise NotReached(f"gave no answer in {seconds:g} s") from error
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else "is its name right?"
        raise NotReached(f"cannot be reached ({why})") from error
    return wire
