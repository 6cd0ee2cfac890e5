"""A real osmo-hlr for tests, and a relay before its CTRL interface that counts what it did and can lose an answer."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from ringoff.connectors.osmo_hlr.sandbox import NewSubscriber, SandboxHlr
from tests.support.real import require_program

# Made up. Every subscriber of a test has them, so that a test can look for them where they must not be.
KI = "beefedcafefaceacedaddeddecadefee"
K = "c01ffedc1cadaeac1d1f1edacac1ab0a"
OPC = "cededeffacedacefacedbadfadedbeef"
KEYS = (KI, K, OPC)


def subscriber(imsi: str, msisdn: str | None = None) -> NewSubscriber:
    """With 2G and 3G keys; the MSISDN in E.164 or as the HLR writes it."""
    number = msisdn.removeprefix("+") if msisdn else None
    return NewSubscriber(imsi, number, f"comp128v3,{KI}", f"milenage,{K},OPC,{OPC},7")


@contextmanager
def running_hlr(folder: Path) -> Iterator[SandboxHlr]:
    """Started, and gone at the end whatever befell it."""
    hlr = SandboxHlr(folder, require_program("osmo-hlr", "apt-get install osmo-hlr"))
    hlr.start()
    try:
        yield hlr
    finally:
        hlr.kill()


def terminal(hlr: SandboxHlr, *commands: str) -> str:
    """What the VTY prints for these commands, keys and all."""
    host, _, port = hlr.options["vty"].rpartition(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        connection.settimeout(5)
        said = _until(connection, b"> ")
        for command in ("enable", *commands):
            connection.sendall(command.encode() + b"\n")
            said += _until(connection, b"# ")
    return said.decode("ascii", "replace").replace("\r", "")


def _until(connection: socket.socket, prompt: bytes) -> bytes:
    said = b""
    while not said.endswith(prompt):
        piece = connection.recv(65536)
        assert piece, said
        said += piece
    return said


class Relay:
    """`deletions` counts what the HLR confirmed since it last created the IMSI. `lose_next`: the next such answer is
    swallowed, with the connection."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.deletions: Counter[str] = Counter()
        self.lose_next = False

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*self._serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
        with suppress(OSError, asyncio.IncompleteReadError):
            there, back = await asyncio.open_connection(*self._target)
            self._open.add(back)
            asked: dict[bytes, tuple[bytes, str]] = {}
            asking = asyncio.create_task(self._ask(reader, back, asked))
            try:
                await self._answer(there, writer, asked)
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
                back.transport.abort()
        writer.transport.abort()

    async def _ask(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, asked: dict[bytes, tuple[bytes, str]]
    ) -> None:
        while True:
            frame = await _frame(reader)
            words = frame[4:].split(b" ")
            if words[0] == b"SET":
                asked[words[1]] = words[2], words[3].decode()
            back.write(frame)
            await back.drain()

    async def _answer(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: dict[bytes, tuple[bytes, str]]
    ) -> None:
        while True:
            frame = await _frame(there)
            words = frame[4:].split(b" ")
            what, imsi = asked.pop(words[1], (b"", ""))
            if words[0] == b"SET_REPLY" and what == b"subscriber.create":
                self.deletions.pop(imsi, None)
            if words[0] == b"SET_REPLY" and what == b"subscriber.delete":
                self.deletions[imsi] += 1
                if self.lose_next:
                    self.lose_next = False
                    return
            writer.write(frame)
            await writer.drain()


@asynccontextmanager
async def relay(target: str) -> AsyncIterator[Relay]:
    running = Relay(target)
    await running.start()
    yield running
    await running.stop()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(3)
    return head + await reader.readexactly(struct.unpack(">H", head[:2])[0])
