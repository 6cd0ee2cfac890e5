"""How near Ringoff comes to what a real home location register can do for the same operations, in the same run."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ringoff.connectors.osmo_hlr.ctrl import CtrlWire
from ringoff.connectors.osmo_hlr.options import split
from ringoff.connectors.osmo_hlr.sandbox import NewSubscriber, SandboxHlr
from ringoff.connectors.osmo_hlr.vty import VtyWire
from ringoff.kit.abreast import abreast
from ringoff.surfaces.bench import engine
from ringoff.surfaces.bench.rig import rig

_CONNECTIONS, _ABREAST = 4, 32


async def network(lines: int, url: str | None = None) -> dict[str, Any]:
    """Release `lines` subscribers directly, and as many through Ringoff; once with cores apart, once sharing them."""
    cores = sorted(os.sched_getaffinity(0))
    report: dict[str, Any] = {}
    if len(cores) > 1:
        report["a core of its own for the register"] = await _compare(lines, url, {cores[0]}, set(cores[1:2]))
    report["sharing two cores"] = await _compare(lines, url, set(cores[:2]), set(cores[:2]))
    return report


async def _compare(lines: int, url: str | None, its: set[int], ours: set[int]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _pinned(ours):
        register = SandboxHlr(Path(folder))
        register.start()
        try:
            assert register.process is not None
            os.sched_setaffinity(register.process.pid, its)
            await register.add(_subscribers(1, lines))
            raw = await _directly(register, lines)
            await register.add(_subscribers(lines + 1, lines))
            system = {"connector": "osmo_hlr", "wave": 1, "effect": "pivot", "gates": True, **register.options}
            async with rig({"hlr": system}, url=url) as one:
                ringoff = await engine.close(one, lines, first=lines + 1, workers=1)
        finally:
            register.stop()
    rate = ringoff["lines closed a second"]
    return {
        "the register itself, a second": round(raw),
        "through Ringoff, a second": rate,
        "share": round(rate / raw, 2),
    }


async def _directly(register: SandboxHlr, lines: int) -> float:
    """Read, out of service, delete, read back: the tightest loop that does what the connector does."""
    ctrl = [await CtrlWire.open(split(register.options["ctrl"]), 30) for _ in range(_CONNECTIONS)]
    vty = [await VtyWire.open(split(register.options["vty"]), 30) for _ in range(_CONNECTIONS)]

    async def release(n: int) -> None:
        imsi, one, two = _imsi(n), ctrl[n % _CONNECTIONS], vty[n % _CONNECTIONS]
        await one.get(f"subscriber.by-imsi-{imsi}.info")
        await two.command(f"subscriber imsi {imsi} update network-access-mode none")
        await one.set("subscriber.delete", imsi)
        reply = await one.get(f"subscriber.by-imsi-{imsi}.info")
        if reply.ok:
            raise RuntimeError(f"subscriber {n} is still there")

    began = time.monotonic()
    async for _ in abreast(range(1, lines + 1), _ABREAST, release):
        pass
    took = time.monotonic() - began
    for wire in (*ctrl, *vty):
        wire.end("is not needed any more")
    return lines / took


def _subscribers(first: int, count: int) -> Iterator[NewSubscriber]:
    """The same identities that population.add_lines gives to its lines."""
    return (NewSubscriber(_imsi(n), f"49151{n:08d}") for n in range(first, first + count))


def _imsi(n: int) -> str:
    return f"262{n:012d}"


@contextmanager
def _pinned(cores: set[int]) -> Iterator[None]:
    """This process, and every process that it starts meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
