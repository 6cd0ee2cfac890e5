"""The hotline with its scripted menu, as a process of its own; it would not outlive the test."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.hotline.caller import PATIENCE, free_port


class Hotline:
    def __init__(self, folder: Path, address: str, settings: dict[str, Any]) -> None:
        self.folder, self.address, self.settings = folder, address, settings
        self.process: Process | None = None

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.hotline.scripted", str(self.folder), json.dumps(self.settings)]

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def diary(self) -> list[dict[str, Any]]:
        file = self.folder / "diary"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def typed(self) -> list[str | None]:
        return [line["typed"] for line in self.diary() if "typed" in line]

    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def wrote(self, **what: Any) -> None:
        """Until the menu has been told so."""
        async with asyncio.timeout(PATIENCE):
            while not any(what.items() <= line.items() for line in self.diary()):
                await asyncio.sleep(0.02)

    async def told(self, lines: int, kind: str) -> None:
        """Until the menu has been told of so many beginnings, keys or endings."""
        async with asyncio.timeout(2 * PATIENCE):
            while sum(kind in line for line in self.diary()) < lines:
                await asyncio.sleep(0.02)

    async def answers(self, times: int = 1) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.log().count("hotline_answers") < times:
                assert self.process is None or self.process.returncode is None, self.log()
                await asyncio.sleep(0.02)

    def open_files(self) -> int:
        return len(list(Path("/proc", str(self.pid), "fd").iterdir()))


@asynccontextmanager
async def running_hotline(folder: Path, **more: Any) -> AsyncIterator[Hotline]:
    hotline = planned_hotline(folder, **more)
    with (folder / "log").open("wb") as log:
        hotline.process = await asyncio.create_subprocess_exec(
            *hotline.command, stdout=log, stderr=log, env=_environment()
        )
    try:
        await hotline.answers()
        yield hotline
    finally:
        if hotline.process.returncode is None:
            hotline.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(PATIENCE):
                    await hotline.process.wait()
            finally:
                if hotline.process.returncode is None:
                    hotline.process.kill()


def planned_hotline(folder: Path, **more: Any) -> Hotline:
    """One that is not started."""
    address = f"127.0.0.1:{free_port()}"
    first = 20_000 + os.getpid() % 30 * 400  # workers of one run have their own; the kernel gives those above
    settings = {"sip": address, "media_ports": f"{first}-{first + 398}", "agents": "sip:care@127.0.0.1", **more}
    return Hotline(folder, address, settings)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("RINGOFF_")}
