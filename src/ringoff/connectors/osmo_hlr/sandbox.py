"""A throw-away osmo-hlr in a folder of its own, for the demo and the tests: started, loaded, stopped, killed.

osmo-hlr lets nobody choose its CTRL and GSUP ports, so each one gets a loopback address of its own (Linux).
"""

import errno
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ringoff.connectors.osmo_hlr.ctrl import CtrlWire
from ringoff.kit.abreast import abreast

_PORTS = {"ctrl": 4259, "vty": 4258, "gsup": 4222}
_START_SECONDS = 20
_CONFIG = """\
log stderr
 logging level set-all error
line vty
 bind {address}
ctrl
 bind {address}
hlr
 gsup
  bind ip {address}
"""


@dataclass(frozen=True, slots=True)
class NewSubscriber:
    """`aud2g` as in `comp128v3,KI`, `aud3g` as in `milenage,K,OPC,OPC`: made-up keys only."""

    imsi: str
    msisdn: str | None = None
    aud2g: str | None = None
    aud3g: str | None = None


class SandboxHlr:
    """It keeps its address and its subscribers through a kill and a new start."""

    def __init__(self, folder: Path, program: Path | None = None) -> None:
        found = program or find_program()
        if found is None:
            raise FileNotFoundError("osmo-hlr is not installed (Debian: apt-get install osmo-hlr)")
        self._program, self._folder = found, folder
        self.address = _free_address()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def options(self) -> dict[str, str]:
        """What an osmo_hlr system is configured with to reach this one."""
        return {name: f"{self.address}:{_PORTS[name]}" for name in ("ctrl", "vty")}

    def start(self) -> None:
        """Returns once it answers. Raises RuntimeError, with what it said, where it does not."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "osmo-hlr.cfg").write_text(_CONFIG.format(address=self.address))
        command = [str(self._program), "-c", "osmo-hlr.cfg", "-l", "hlr.db"]
        with (self._folder / "osmo-hlr.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                said = (self._folder / "osmo-hlr.log").read_text(errors="replace")[-1000:]
                raise RuntimeError(f"osmo-hlr did not start: {said}")
            time.sleep(0.02)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """It hangs: connections are taken, and nothing answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    async def add(self, subscribers: Iterable[NewSubscriber]) -> int:
        """Some 1,500 a second and more; how many. Raises ValueError where one cannot be added."""
        wire = await CtrlWire.open((self.address, _PORTS["ctrl"]), _START_SECONDS)
        added = 0
        try:
            async for _ in abreast(subscribers, 64, lambda subscriber: _add(wire, subscriber)):
                added += 1
        finally:
            wire.end("is not needed any more")
        return added

    async def remove(self, imsi: str) -> None:
        """Behind everybody's back; nothing happens where there is no such subscriber."""
        wire = await CtrlWire.open((self.address, _PORTS["ctrl"]), _START_SECONDS)
        await wire.set("subscriber.delete", imsi)
        wire.end("is not needed any more")

    async def info(self, imsi: str) -> str | None:
        """What it says of this subscriber, without keys; None where there is none."""
        wire = await CtrlWire.open((self.address, _PORTS["ctrl"]), _START_SECONDS)
        reply = await wire.get(f"subscriber.by-imsi-{imsi}.info")
        wire.end("is not needed any more")
        return reply.text.strip() if reply.ok else None

    def _answers(self) -> bool:
        for name in ("ctrl", "vty"):
            try:
                socket.create_connection((self.address, _PORTS[name]), 1).close()
            except OSError:
                return False
        return True

    def _end(self, by: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(by)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.process = None


def find_program() -> Path | None:
    """Also where Debian keeps programs from ordinary users' paths."""
    found = shutil.which("osmo-hlr") or shutil.which("osmo-hlr", path="/usr/bin:/usr/sbin:/usr/local/bin")
    return Path(found) if found else None


async def _add(wire: CtrlWire, subscriber: NewSubscriber) -> None:
    reply = await wire.set("subscriber.create", subscriber.imsi)
    for name in ("msisdn", "aud2g", "aud3g"):
        value = getattr(subscriber, name)
        if reply.ok and value is not None:
            reply = await wire.set(f"subscriber.by-imsi-{subscriber.imsi}.{name}", value)
    if not reply.ok:
        raise ValueError(f"{subscriber.imsi}: {reply.text}")


def _free_address() -> str:
    for _ in range(100):
        address = f"127.{64 + secrets.randbelow(128)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
        if all(_is_free(address, port) for port in _PORTS.values()):
            return address
    raise RuntimeError("no loopback address is free for an osmo-hlr")


def _is_free(address: str, port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise RuntimeError("this machine has 127.0.0.1 only; an osmo-hlr sandbox needs 127.0.0.0/8") from error
            return False
        return True
