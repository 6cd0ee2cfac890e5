"""The VTY interface: a terminal. Each command is echoed, then come its lines, then the prompt.

Nothing secret is ever sent by it: it would be echoed, and kept in the terminal's history.
"""

import asyncio
import re

from ringoff.connectors.osmo_hlr.wire import NotReached, Reply, Wire, dial

_TELNET = re.compile(rb"\xff[\xfb-\xfe].", re.DOTALL)
_GREETED = re.compile(rb"(?:\A|\n)([^\r\n]{1,64})> \Z")


class VtyWire(Wire):
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self._prompt: bytes | None = None
        self._enabled: asyncio.Future[None] = self._loop.create_future()

    @classmethod
    async def open(cls, address: tuple[str, int], seconds: float) -> "VtyWire":
        """Connected, greeted and enabled. Raises NotReached."""
        wire = await dial(address, seconds, cls(seconds))
        try:
            async with asyncio.timeout(seconds):
                await wire._enabled
        except TimeoutError as error:
            wire.end("did not greet")
            raise NotReached(f"did not greet in {seconds:g} s") from error
        except asyncio.CancelledError:
            wire.end("is being closed")
            raise
        return wire

    async def command(self, line: str) -> str:
        """What the terminal prints; most of what begins with % is a refusal. Raises NotReached or NoAnswer."""
        message = line.encode("ascii")
        if re.search(rb"[^ -~]|\?", message):
            raise ValueError("a terminal command is one printable line without ?")
        return (await self.exchange(self.next_number(), message + b"\n")).text

    def heard(self) -> None:
        if not self._enabled.done():
            self._greet()
            return
        assert self._prompt is not None
        while (end := self._buffer.find(self._prompt)) >= 0:
            answer, self._buffer = self._buffer[:end], self._buffer[end + len(self._prompt) :]
            number = next(iter(self._waiting), None)
            if number is None:
                raise ValueError("an answer to nothing")
            echo = self._waiting[number].message.removesuffix(b"\n") + b"\r"
            if not answer.startswith(echo):
                raise ValueError("an answer to something else")
            text = answer[len(echo) :].decode("ascii").strip()
            self.answered(number, Reply(True, text))

    def end(self, why: str) -> None:
        super().end(why)
        if not self._enabled.done():
            self._enabled.set_exception(NotReached(why))
            self._enabled.exception()  # nobody may be waiting for it

    def _greet(self) -> None:
        self._buffer = _TELNET.sub(b"", self._buffer)
        if self._prompt is None:
            if self._buffer.rstrip().endswith(b"assword:"):
                self.end("asks for a password")
            elif found := _GREETED.search(self._buffer):
                self._prompt, self._buffer = b"\n" + found[1] + b"# ", b""
                assert self._transport is not None
                self._transport.write(b"enable\n")
        elif self._buffer == b"enable\r" + self._prompt:
            self._buffer = b""
            self._enabled.set_result(None)
        elif self._buffer.rstrip().endswith(b"assword:"):
            self.end("asks for a password to enable")
