"""An HLR on its bad days: killed, hanging, hung up on, answering nonsense."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from ringoff.connectors.conformance import Line, discharge, new_line, settle, task_of
from ringoff.connectors.osmo_hlr import connect
from ringoff.connectors.osmo_hlr.connector import OsmoHlrConnector
from ringoff.connectors.osmo_hlr.sandbox import SandboxHlr
from ringoff.ports import Done, Outcome, RetryAfter, Task, Unknown
from tests.support.hlr import subscriber


def frame(text: str) -> bytes:
    return struct.pack(">HBB", len(text) + 1, 0xEE, 0) + text.encode()


def info(imsi: str, *, number: int = 1, msisdn: str = "491711", rest: str = "\nnam_cs\t1\nnam_ps\t1") -> bytes:
    said = f"\nid\t1\nimsi\t{imsi}\nmsisdn\t{msisdn}{rest}"
    return frame(f"GET_REPLY {number} subscriber.by-imsi-{imsi}.info {said}")


LINE = Line("L-1", "+491711", "262421000000001", "8949")
NONSENSE: dict[str, bytes] = {
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "noise": bytes(range(256)) * 4,
    "an endless frame": struct.pack(">HBB", 65535, 0xEE, 0) + b"x" * 70000,
    "an empty frame": struct.pack(">HB", 0, 0xEE),
    "an answer to nothing": info(LINE.imsi, number=99),
    "a number that is none": frame("GET_REPLY one subscriber x"),
    "an error about nothing": frame("ERROR err Request type unknown"),
    "an unknown verb": frame("HELLO 1"),
    "not ASCII": frame("GET_REPLY 1 x \x80\xff"),
    "another subscriber": info("262421000000002"),
    "no flags": info(LINE.imsi, rest=""),
    "odd flags": info(LINE.imsi, rest="\nnam_cs\tyes\nnam_ps\t1"),
    "an odd number": info(LINE.imsi, msisdn="49x"),
    "an unknown refusal": frame("ERROR 1 Command not found"),
    "a closed connection": b"",
}


@asynccontextmanager
async def server(say: bytes | None, *, greeting: bytes = b"") -> AsyncIterator[str]:
    """A server that answers the first thing it hears with `say`: hangs up for b"", does nothing for None."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        if await reader.read(1024) and say is not None:
            writer.write(say)
            if not say:
                writer.close()
                return
        await reader.read()
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"127.0.0.1:{running.sockets[0].getsockname()[1]}"
    running.close()


@asynccontextmanager
async def terminal_server(say: bytes) -> AsyncIterator[str]:
    """A terminal as the HLR's, but for its answer to the first command."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for saying in (b"hello\r\n\xff\xfb\x01HLR> ", b"enable\r\nHLR# ", say):
            writer.write(saying)
            if not await reader.read(1024):
                break
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"127.0.0.1:{running.sockets[0].getsockname()[1]}"
    running.close()


async def held(hlr: SandboxHlr, count: int) -> list[Line]:
    lines = [new_line() for _ in range(count)]
    await hlr.add(subscriber(line.imsi, line.msisdn) for line in lines)
    return lines


def at(command: int, act: Callable[[], None]) -> Callable[[Task], bool]:
    """A `still_ours` that does something right before the nth command of a single task."""
    asked = 0

    def still_ours(_: Task) -> bool:
        nonlocal asked
        asked += 1
        if asked == command:
            act()
        return True

    return still_ours


def hlr_connector(hlr: SandboxHlr, **options: Any) -> OsmoHlrConnector:
    return connect("hlr", {**hlr.options, **options})


async def test_an_hlr_killed_amid_a_batch_loses_nothing_and_repeats_nothing(hlr: SandboxHlr) -> None:
    lines = await held(hlr, 300)
    connector, tasks = hlr_connector(hlr), [task_of(line) for line in lines]
    outcomes: dict[int, Outcome] = {}
    async for task, outcome in connector.discharge(tasks, lambda _: True):
        outcomes[task.subject_id] = outcome
        if len(outcomes) == 100:
            hlr.kill()
    assert len(outcomes) == 300
    failed = [(task, outcome) for task in tasks if not isinstance(outcome := outcomes[task.subject_id], Done)]
    assert failed and all(isinstance(o, RetryAfter | Unknown) and o.system_failed for _, o in failed)
    hlr.start()
    second = [replace(task, attempt=2 if isinstance(outcome, Unknown) else 1) for task, outcome in failed]
    assert all(isinstance(outcome, Done) for outcome in await discharge(connector, *second))
    assert [line for line in lines if await hlr.info(line.imsi) is not None] == []
    await connector.close()


async def test_a_hanging_hlr_did_nothing_if_nothing_was_changed(hlr: SandboxHlr) -> None:
    connector, [line, other] = hlr_connector(hlr, timeout_seconds=0.3), await held(hlr, 2)
    assert isinstance(await settle(connector, task_of(other)), Done)
    hlr.pause()
    for _ in range(2):  # on a connection that was open, and on one that never greets
        outcome = await settle(connector, task_of(line))
        assert isinstance(outcome, RetryAfter) and outcome.system_failed, outcome
    assert (await connector.read_back(task_of(line)))[0] == "unsure"
    assert not (await connector.health()).ok
    hlr.resume()
    assert isinstance(await settle(connector, task_of(line)), Done)
    await connector.close()


@pytest.mark.parametrize("command", [2, 3, 4])
@pytest.mark.parametrize("fault", ["hangs", "dies"])
async def test_what_an_hlr_did_before_it_failed_is_not_known(hlr: SandboxHlr, command: int, fault: str) -> None:
    connector, [line, other] = hlr_connector(hlr, timeout_seconds=0.3, connections=1), await held(hlr, 2)
    assert isinstance(await settle(connector, task_of(other)), Done)  # so that both interfaces are connected
    task = task_of(line)
    [outcome] = await discharge(connector, task, ours=at(command, hlr.pause if fault == "hangs" else hlr.kill))
    assert isinstance(outcome, Unknown) and outcome.system_failed, outcome
    if fault == "hangs":
        hlr.resume()
    else:
        hlr.start()
    assert isinstance(await settle(connector, replace(task, attempt=2)), Done)
    assert await hlr.info(line.imsi) is None
    await connector.close()


async def test_a_terminal_that_cannot_be_reached_leaves_the_line_untouched(hlr: SandboxHlr) -> None:
    [line] = await held(hlr, 1)
    connector = hlr_connector(hlr, vty="127.0.0.1:1")
    outcome = await settle(connector, task_of(line))
    assert isinstance(outcome, RetryAfter) and outcome.system_failed
    assert "nam_cs\t1" in str(await hlr.info(line.imsi))
    await connector.close()


@pytest.mark.parametrize("say", NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_on_ctrl_is_a_failed_system_and_nothing_is_touched(hlr: SandboxHlr, say: bytes) -> None:
    async with server(say) as ctrl:
        connector = hlr_connector(hlr, ctrl=ctrl, timeout_seconds=1)
        outcome = await settle(connector, task_of(LINE))
        assert isinstance(outcome, RetryAfter) and outcome.system_failed, outcome
        assert (await connector.read_back(task_of(LINE)))[0] == "unsure"
        assert not (await connector.health()).ok
        await connector.close()


async def test_an_endless_flood_is_cut_off() -> None:
    async with server(struct.pack(">HBB", 65535, 0xEE, 0) + b"x" * 200_000) as ctrl:
        connector = connect("hlr", {"ctrl": ctrl, "timeout_seconds": 60})
        async with asyncio.timeout(20):
            assert isinstance(await settle(connector, task_of(LINE)), RetryAfter)
        await connector.close()


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH\r\n", b"Password: ", b"\xff\xfb\x01", b"", b"x" * 70_000])
async def test_a_terminal_that_is_none_is_never_written_a_command_to(hlr: SandboxHlr, greeting: bytes) -> None:
    [line] = await held(hlr, 1)
    async with server(None, greeting=greeting) as vty:
        connector = hlr_connector(hlr, vty=vty, timeout_seconds=0.3)
        outcome = await settle(connector, task_of(line))
        assert isinstance(outcome, RetryAfter) and outcome.system_failed, outcome
        assert not (await connector.health()).ok
        await connector.close()
    assert "nam_cs\t1" in str(await hlr.info(line.imsi))


async def test_a_terminal_that_echoes_something_else_leaves_it_unknown(hlr: SandboxHlr) -> None:
    [line] = await held(hlr, 1)
    async with terminal_server(b"something else\r\nHLR# ") as vty:
        connector = hlr_connector(hlr, vty=vty)
        outcome = await settle(connector, task_of(line))
        assert outcome == Unknown("the HLR answers nonsense", system_failed=True)
        await connector.close()
    assert await hlr.info(line.imsi) is not None


async def test_a_terminal_that_refuses_is_told_with_its_words(hlr: SandboxHlr) -> None:
    [line] = await held(hlr, 1)
    said = f"subscriber imsi {line.imsi} update network-access-mode none\r\n% Error: disk full\r\nHLR# "
    async with terminal_server(said.encode()) as vty:
        connector = hlr_connector(hlr, vty=vty, timeout_seconds=0.5)
        outcome = await settle(connector, task_of(line))
        assert isinstance(outcome, Unknown) and "disk full" in outcome.why, outcome
        await connector.close()
    assert await hlr.info(line.imsi) is not None


async def test_those_who_left_early_do_not_confuse_those_who_stay(hlr: SandboxHlr) -> None:
    lines = await held(hlr, 60)
    connector = hlr_connector(hlr, connections=1)
    tasks = [task_of(line) for line in lines]

    async def leave() -> None:
        leaving = connector.discharge(tasks[:30], lambda _: True)
        async for _ in leaving:
            break
        await leaving.aclose()  # type: ignore[attr-defined]

    _, stayed = await asyncio.gather(leave(), discharge(connector, *tasks[30:]))
    assert all(isinstance(outcome, Done) for outcome in stayed)
    again = await discharge(connector, *(replace(task, attempt=2) for task in tasks[:30]))
    assert all(isinstance(outcome, Done) for outcome in again)
    await connector.close()
