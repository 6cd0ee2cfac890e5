"""Keeps child processes running, and ends them in order."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from ringoff.kit.errors import Unavailable
from ringoff.surfaces.child import PARENT

log = structlog.get_logger(__name__)

_PAUSE_FIRST, _PAUSE_MOST = 0.2, 15.0  # seconds before a child is started again
_SETTLED = 10.0  # seconds after which a child counts as having come up
_TRIES, _TRY_FOR = 3, 20.0  # a child that never came up: how often, and how long (s), before the whole is given up


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    command: Sequence[str]
    patience: float = 15.0
    """Seconds from being asked to end until being killed."""
    essential: bool = True
    """Whether all is given up where it never comes up; if not, it is tried for ever."""


class Supervisor:
    """Starts every child, and again whenever it ends, until `stop`; then ends them one after the other.

    Children have sessions of their own: a Ctrl-C in the terminal reaches only this process, which decides the order.
    """

    def __init__(self) -> None:
        self._environment: dict[str, str] = {}
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._hurried = asyncio.Event()

    def stop(self) -> None:
        """The first call asks the children to end; a second one does not wait for them."""
        (self._hurried if self._stopping.is_set() else self._stopping).set()

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._processes.items()}

    async def run(self, children: Sequence[Child], environment: Mapping[str, str]) -> None:
        """Until `stop`. Raises Unavailable, with everything ended, when a child cannot be brought up at all."""
        self._environment = {**os.environ, **environment, PARENT: str(os.getpid())}
        keepers = [asyncio.create_task(self._keep(child)) for child in children]
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stop, *keepers], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            for child in children:
                await self._end(child)
            for task in (stop, *keepers):
                task.cancel()
            results = await asyncio.gather(*keepers, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _keep(self, child: Child) -> None:
        began, tries, settled, pause = time.monotonic(), 0, False, _PAUSE_FIRST
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._run_once(child)
            if self._stopping.is_set():
                return
            now, tries = time.monotonic(), tries + 1
            if now - started >= _SETTLED:
                settled, pause = True, _PAUSE_FIRST
            if child.essential and not settled and tries >= _TRIES and now - began >= _TRY_FOR:
                raise Unavailable("child_does_not_start", f"{child.name} does not come up; it ended with {_how(code)}.")
            log.warning("restarting", process=child.name, ended=_how(code), in_seconds=pause)
            await self._pause(pause)
            pause = min(2 * pause, _PAUSE_MOST)

    async def _run_once(self, child: Child) -> int:
        process = await asyncio.create_subprocess_exec(
            *child.command, env=self._environment, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        self._processes[child.name] = process
        try:
            return await process.wait()
        finally:
            del self._processes[child.name]
            if process.returncode is None:
                process.kill()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _end(self, child: Child) -> None:
        process = self._processes.get(child.name)
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        hurried, ended = asyncio.create_task(self._hurried.wait()), asyncio.create_task(process.wait())
        await asyncio.wait([hurried, ended], timeout=child.patience, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if process.returncode is None:
            log.warning("killing", process=child.name, after_seconds=child.patience)
            process.kill()
        await ended


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
