"""Doing many things side by side, and hearing of each as it ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def abreast(
    items: Iterable[Item], width: int, act: Callable[[Item], Awaitable[Result]]
) -> AsyncIterator[tuple[Item, Result]]:
    """Act on every item, at most `width` at once, and yield each with its result in the order of their ending.

    The first exception of `act` stops all and is raised here. Leaving the iteration early cancels what still runs.
    """
    waiting = iter(items)
    ended: asyncio.Queue[tuple[Item, Result] | None] = asyncio.Queue()

    async def work() -> None:
        try:
            for item in waiting:
                ended.put_nowait((item, await act(item)))
        finally:
            ended.put_nowait(None)

    hands = [asyncio.create_task(work()) for _ in range(max(1, width))]
    try:
        for _ in hands:
            while (pair := await ended.get()) is not None:
                yield pair
            for hand in hands:
                if hand.done() and not hand.cancelled() and (error := hand.exception()) is not None:
                    raise error
    finally:
        for hand in hands:
            hand.cancel()
        await asyncio.gather(*hands, return_exceptions=True)
