"""Somebody who calls: sipp speaks SIP, and a socket of ours is the handset that hears, and that types by RFC 4733."""

import asyncio
import random
import socket
import struct
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.real import require_program

SCENARIO = Path(__file__).parent / "sipp" / "call.xml"
PATIENCE = 20.0  # seconds for whatever has to happen
_PACKET = 0.02
_EVENTS = "0123456789*#"
_PCMA, _TYPED = 8, 96  # sipp's own digits are always 96
_LOUD = 500
_CALL_ID = "the-call@the.test"
_NOW = (
    "INFO sip:caller@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKnow\r\n"
    f"From: <sip:test@127.0.0.1>;tag=1\r\nTo: <sip:caller@127.0.0.1>;tag=2\r\nCall-ID: {_CALL_ID}\r\n"
    "CSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n"
).encode()


class Handset(asyncio.DatagramProtocol):
    """Keeps what it hears, in the order of its making, from the first packet on."""

    def __init__(self) -> None:
        self.heard: dict[int, bytes] = {}
        self.words = asyncio.Event()
        self._transport: Any = None
        self._hotline: Any = None
        self._sequence, self._time = 1000, 160_000

    @property
    def port(self) -> int:
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        kind, _, stamp = struct.unpack("!xBHI", data[:8])
        if kind & 0x7F == _PCMA:
            self._hotline = addr
            self.heard.setdefault(stamp, data[12:])
            if np.abs(_LOUDNESS[np.frombuffer(data[12:], dtype=np.uint8)]).max() > _LOUD:
                self.words.set()

    async def hears_words(self) -> None:
        """From now on: what was just interrupted is still on its way."""
        await asyncio.sleep(0.1)
        self.words.clear()
        async with asyncio.timeout(PATIENCE):
            await self.words.wait()

    async def type(self, digits: str, pause: float) -> None:
        """Each key for 60 ms, its end told three times."""
        for digit in digits:
            event, first = _EVENTS.index(digit), True
            for step in (1, 2, 3, 3, 3):
                told = struct.pack("!BBH", event, (0x80 if step == 3 else 0) | 10, 160 * step)
                self._send(told, marker=first)
                first = False
                if step < 3:
                    await asyncio.sleep(_PACKET)
            self._time += 160 * 5
            await asyncio.sleep(pause)

    def sound(self) -> "np.ndarray[Any, Any]":
        """All that was heard, each packet at its own time."""
        if not self.heard:
            return np.zeros(0)
        first = min(self.heard)
        whole = np.zeros(max(self.heard) - first + 160)
        for stamp, packet in self.heard.items():
            whole[stamp - first : stamp - first + len(packet)] = _LOUDNESS[np.frombuffer(packet, dtype=np.uint8)]
        return whole

    def forget(self) -> None:
        self.heard.clear()

    def _send(self, payload: bytes, marker: bool) -> None:
        kind = _TYPED | (0x80 if marker else 0)
        header = struct.pack("!BBHII", 0x80, kind, self._sequence & 0xFFFF, self._time & 0xFFFFFFFF, 0x5150)
        self._sequence += 1
        self._transport.sendto(header + payload, self._hotline)


@dataclass
class Caller:
    handset: Handset
    sipp: Process
    port: int
    folder: Path
    _output: bytes = field(default=b"", init=False)
    _heard: int = field(default=0, init=False)

    async def ends(self) -> None:
        """The call came to the end that its scenario names."""
        async with asyncio.timeout(PATIENCE):
            self._output, _ = await self.sipp.communicate()
        assert self.sipp.returncode == 0, self._output.decode(errors="replace")[-3000:] + self.messages()

    def messages(self) -> str:
        """What was said in SIP."""
        file = self.folder / "messages"
        return file.read_text(errors="replace") if file.exists() else ""

    async def type(self, digits: str, pause: float = 0.04) -> None:
        await self.handset.type(digits, pause)

    async def interrupt(self, digits: str, pause: float = 0.04) -> None:
        """Type as soon as words are heard."""
        await self.handset.hears_words()
        await self.handset.type(digits, pause)

    async def hears(self, prompt: bytes, patience: float = PATIENCE) -> float:
        """Waits until the prompt was heard to its end, behind what was heard before; when it began, in seconds."""
        async with asyncio.timeout(patience):
            while (found := find(prompt, self.handset.sound()[self._heard :]))[0] < 0.9:
                await asyncio.sleep(0.1)
        began = self._heard + int(found[1] * 8000)
        self._heard = began + len(prompt) // 4  # its second half: what the comparison saw may begin with silence
        return began / 8000

    async def hang_up(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as beside:
            beside.sendto(_NOW, ("127.0.0.1", self.port))
        await self.ends()
        assert "BYE sip:hotline" in self.messages()


@asynccontextmanager
async def calling(
    hotline: str,
    folder: Path,
    *,
    wait: float = 100.0,
    number: str = "+4915112345678",
    asserted: str = "",
    answer: str = "200 OK",
    source: str = "127.0.0.1",
    sipp_types: str = "",
) -> AsyncIterator[Caller]:
    """A call that has begun. `wait`: after how many seconds the caller hangs up. `sipp_types`: with its own handset."""
    loop = asyncio.get_running_loop()
    transport, handset = await loop.create_datagram_endpoint(Handset, local_addr=("127.0.0.1", 0))
    own_digits = f'<pause milliseconds="1000"/><nop><action><exec play_dtmf="{sipp_types}"/></action></nop>'
    words = {
        "WAIT": str(int(wait * 1000)),
        "FROM": number,
        "ASSERTED": f"P-Asserted-Identity: {asserted}\n" if asserted else "",
        "HANDSET": "[media_port]" if sipp_types else str(handset.port),
        "ANSWER": answer,
        "DIGITS": own_digits if sipp_types else "",
    }
    port = free_port()
    process = await start(hotline, folder, words, "-m", "1", "-i", source, "-p", str(port), "-cid_str", _CALL_ID)
    try:
        yield Caller(handset, process, port, folder)
    finally:
        transport.close()
        if process.returncode is None:
            process.kill()
            await process.wait()


async def start(hotline: str, folder: Path, words: dict[str, str], *more: str) -> Process:
    program = require_program("sipp", "apt-get install sip-tester")
    _write_scenario(folder, words)
    command = [
        str(program),
        hotline,
        "-sf",
        "call.xml",
        "-nostdin",
        "-trace_msg",
        "-message_file",
        "messages",
        "-trace_err",
    ]
    command += ["-error_file", "errors", "-timeout", "120", "-timeout_error", *more]
    return await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=PIPE, stderr=STDOUT)


def _write_scenario(folder: Path, words: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scenario = SCENARIO.read_text()
    for name, word in words.items():
        scenario = scenario.replace(f"@{name}@", word)
    (folder / "call.xml").write_text(scenario)


def free_port() -> int:
    """For UDP and TCP; below those that the kernel gives to connections, or one could take it meanwhile."""
    while True:
        port = random.randrange(10_000, 20_000)
        kinds = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        with ExitStack() as probes, suppress(OSError):
            for kind in kinds:
                probes.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            return port


def find(prompt: bytes, heard: "np.ndarray[Any, Any]") -> tuple[float, float]:
    """How alike the likest stretch of what was heard is to the prompt (1: the same), and when it begins (s)."""
    wanted = np.frombuffer(prompt, dtype="<i2").astype(float)
    loud = np.flatnonzero(np.abs(wanted) > 200)
    wanted = wanted[loud[0] : loud[-1] + 1]
    if len(heard) < len(wanted):
        return 0.0, 0.0
    size = len(heard) + len(wanted)
    products = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    power = np.concatenate(([0.0], np.cumsum(heard**2)))
    stretches = power[len(wanted) :] - power[: -len(wanted)]
    alike = products[: len(stretches)] / (np.sqrt(np.maximum(stretches, 1.0)) * np.linalg.norm(wanted))
    at = int(np.argmax(alike))
    return float(alike[at]), at / 8000


def _expand(code: int) -> int:
    """A-law (G.711)."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    size = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
    return size if code & 0x80 else -size


_LOUDNESS = np.array([_expand(code) for code in range(256)], dtype=float)
