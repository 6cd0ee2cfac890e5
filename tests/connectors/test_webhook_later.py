"""Work that the carrier accepts now and does later."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ringoff.connectors.webhook import connect
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome
from tests.connectors.webhook import (
    LINE,
    RELEASE,
    connected,
    discharge_one,
    effects_of,
    line_at,
)
from tests.support.carrier import SampleCarrier, sample_carrier


@pytest.fixture
def slow_carrier(tmp_path: Path) -> Iterator[SampleCarrier]:
    """It answers every release later."""
    with sample_carrier(tmp_path / "carrier", [LINE], later=0.1) as running:
        yield running


async def test_accepted_work_is_asked_about_until_it_is_done(slow_carrier: SampleCarrier) -> None:
    connector = connect("prov", slow_carrier.options())
    accepted = await discharge_one(connector, RELEASE)
    assert accepted == Accepted("R-1", timedelta(seconds=0.2))
    outcome: Outcome = accepted
    while isinstance(outcome, Accepted):
        await asyncio.sleep(0.05)
        outcome = await discharge_one(connector, replace(RELEASE, attempt=2, reference="R-1"))
    assert isinstance(outcome, Done)
    (effect,) = slow_carrier.effects()
    assert (effect["asked"], effect["effects"]) == (1, 1)
    await connector.close()


async def test_accepted_work_that_fails_later_goes_to_a_person(slow_carrier: SampleCarrier) -> None:
    connector = connect("prov", slow_carrier.options())
    assert isinstance(await discharge_one(connector, RELEASE), Accepted)
    line_at(slow_carrier, imsi="262019999999999")
    outcome: Outcome = Accepted("R-1", timedelta(0))
    while isinstance(outcome, Accepted):
        await asyncio.sleep(0.05)
        outcome = await discharge_one(connector, replace(RELEASE, attempt=2, reference="R-1"))
    assert isinstance(outcome, NeedsPerson)
    assert "imsi" in outcome.why
    await connector.close()


async def test_accepted_work_survives_the_death_of_the_system(slow_carrier: SampleCarrier) -> None:
    connector = connect("prov", slow_carrier.options())
    assert isinstance(await discharge_one(connector, RELEASE), Accepted)
    slow_carrier.kill()
    slow_carrier.start()
    outcome: Outcome = Accepted("R-1", timedelta(0))
    while isinstance(outcome, Accepted):
        await asyncio.sleep(0.05)
        outcome = await discharge_one(connector, replace(RELEASE, attempt=2, reference="R-1"))
    assert isinstance(outcome, Done)
    await connector.close()


async def test_a_line_that_is_still_there_proves_nothing_while_its_release_is_accepted(
    tmp_path: Path,
) -> None:
    with sample_carrier(tmp_path / "carrier", [LINE], later=60) as carrier:
        connector = connect("prov", carrier.options())
        assert (await connector.read_back(RELEASE))[0] == "present"
        assert isinstance(await discharge_one(connector, RELEASE), Accepted)
        assert (await connector.read_back(RELEASE))[0] == "unsure"
        await connector.close()


async def test_the_system_calls_back_until_it_is_heard_and_names_its_work(tmp_path: Path) -> None:
    heard: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
    answers = [b"500 Not now", b"204 Thanks"]

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        heard.put_nowait((headers, await reader.readexactly(int(headers["Content-Length"]))))
        writer.write(b"HTTP/1.1 " + answers.pop(0) + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/callbacks/prov"
    with sample_carrier(tmp_path / "carrier", [LINE], later=0, callback=url) as carrier:
        connector = connect("prov", carrier.options())
        accepted = await discharge_one(connector, RELEASE)
        assert isinstance(accepted, Accepted)
        for _ in range(2):
            assert connector.callback(*await heard.get()) == accepted.reference
        assert isinstance(await discharge_one(connector, replace(RELEASE, attempt=2, reference="R-1")), Done)
        await connector.close()
    server.close()
    assert answers == []


async def test_work_that_the_system_accepted_and_forgot_is_never_repeated(
    slow_carrier: SampleCarrier,
) -> None:
    async with connected(slow_carrier) as connector:
        outcome = await discharge_one(connector, replace(RELEASE, attempt=2, reference="R-9"))
    assert isinstance(outcome, NeedsPerson)
    assert effects_of(slow_carrier) == {}
