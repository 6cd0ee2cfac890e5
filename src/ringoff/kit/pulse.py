"""Waking loops of one process without losing a wake-up between a look and the wait that follows it."""

import asyncio
from contextlib import suppress


class Pulse:
    def __init__(self) -> None:
        self._next = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """Take this before looking; `wait` on it afterwards hears every pulse sent since."""
        return self._next

    def send(self) -> None:
        passed, self._next = self._next, asyncio.Event()
        passed.set()

    @staticmethod
    async def wait(heard: asyncio.Event, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), seconds)
