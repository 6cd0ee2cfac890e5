"""The osmo-hlr connector against a real osmo-hlr: the suite of all connectors, and who is touched and who is not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from pydantic import ValidationError

from ringoff.connectors.conformance import Conformance, Harness, Line, discharge, new_line, settle, task_of
from ringoff.connectors.osmo_hlr import connect
from ringoff.connectors.osmo_hlr.connector import OsmoHlrConnector
from ringoff.connectors.osmo_hlr.sandbox import SandboxHlr
from ringoff.ports import Done, NeedsPerson, RetryAfter
from tests.connectors.hlr_harness import HlrHarness, hlr_harness
from tests.support.hlr import running_hlr, subscriber, terminal


class TestOsmoHlr(Conformance):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async with hlr_harness(tmp_path) as harness:
            yield harness


class TestOsmoHlrOverOneConnection(Conformance):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async with hlr_harness(tmp_path, connections=1) as harness:
            yield harness


@pytest.fixture
async def connector(hlr: SandboxHlr) -> AsyncIterator[OsmoHlrConnector]:
    connected = connect("hlr", hlr.options)
    yield connected
    await connected.close()


async def held(hlr: SandboxHlr, *, number: bool = True) -> Line:
    line = new_line(number=number)
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    return line


async def test_the_proof_says_what_was_there_and_that_it_is_gone(hlr: SandboxHlr, connector: OsmoHlrConnector) -> None:
    line = await held(hlr)
    outcome = await settle(connector, task_of(line))
    assert outcome == Done(
        {
            "read_before": {
                "imsi": line.imsi,
                "msisdn": str(line.msisdn).removeprefix("+"),
                "network_access_mode": "cs+ps",
            },
            "read_back": "absent",
        }
    )


async def test_a_strangers_number_is_shown_masked_only(hlr: SandboxHlr, connector: OsmoHlrConnector) -> None:
    line = new_line()
    await hlr.add([subscriber(line.imsi, "4915155512345")])
    outcome = await settle(connector, task_of(line))
    assert isinstance(outcome, NeedsPerson)
    assert "345" in outcome.why and "55512345" not in repr(outcome)
    assert "4915155512345" in str(await hlr.info(line.imsi))
    assert "nam_cs\t1" in str(await hlr.info(line.imsi))


@pytest.mark.parametrize(("ours", "theirs"), [(None, "4915155512345"), ("+4915155512345", None)])
async def test_a_number_on_one_side_only_is_not_the_same_line(
    hlr: SandboxHlr, connector: OsmoHlrConnector, ours: str | None, theirs: str | None
) -> None:
    line = new_line()
    await hlr.add([subscriber(line.imsi, theirs)])
    task = task_of(Line(line.line_ref, ours, line.imsi, line.iccid))
    assert isinstance(await settle(connector, task), NeedsPerson)
    assert "nam_cs\t1" in str(await hlr.info(line.imsi))


@pytest.mark.parametrize(
    "imsi",
    [None, "", "12345", "1234567890123456", "26242 1", "262421000000001\nsubscriber imsi 1 delete", "२६२४२१०००", "?"],
)
async def test_what_is_no_imsi_never_becomes_part_of_a_command(imsi: Any) -> None:
    connector = connect("hlr", {"ctrl": "127.0.0.1:1", "vty": "127.0.0.1:1"})  # an attempt to connect would be seen
    line = new_line()
    for kind in ("release", "restore", "verify"):
        task = task_of(Line(line.line_ref, line.msisdn, imsi, line.iccid), kind)
        assert isinstance(await settle(connector, task), NeedsPerson)
        assert (await connector.read_back(task))[0] == "unsure"


async def test_a_line_out_of_service_is_neither_surely_there_nor_gone(
    hlr: SandboxHlr, connector: OsmoHlrConnector
) -> None:
    line = await held(hlr)
    terminal(hlr, f"subscriber imsi {line.imsi} update network-access-mode none")
    assert (await connector.read_back(task_of(line)))[0] == "unsure"
    assert isinstance(await settle(connector, task_of(line, attempt=2)), Done)
    assert await hlr.info(line.imsi) is None


async def test_where_it_is_only_disabled_the_number_stays_and_the_line_is_dead(hlr: SandboxHlr) -> None:
    connector = connect("hlr", {**hlr.options, "retire": "disable"})
    line = await held(hlr)
    outcome = await settle(connector, task_of(line))
    assert isinstance(outcome, Done) and outcome.evidence["read_back"] == "out of service"
    info = str(await hlr.info(line.imsi))
    assert "nam_cs\t0" in info and "nam_ps\t0" in info and str(line.msisdn).removeprefix("+") in info
    verified = await settle(connector, task_of(line, "verify"))
    assert isinstance(verified, Done) and not verified.leftover
    assert (await connector.read_back(task_of(line)))[0] == "absent"
    await connector.close()


@pytest.mark.parametrize("stops_at", [1, 2, 3, 4])
async def test_a_lease_that_runs_out_between_two_commands_stops_there(
    hlr: SandboxHlr, connector: OsmoHlrConnector, stops_at: int
) -> None:
    task = task_of(line := await held(hlr))
    asked = iter(range(1, 100))
    assert await discharge(connector, task, ours=lambda _: next(asked) < stops_at) == [None]
    info = await hlr.info(line.imsi)
    assert (info is None) == (stops_at == 4)
    assert info is None or ("nam_cs\t0" in info) == (stops_at == 3)
    assert isinstance(await settle(connector, task_of(line, attempt=2)), Done)


async def test_an_hlr_that_was_started_anew_meanwhile_is_simply_asked_again(
    hlr: SandboxHlr, connector: OsmoHlrConnector
) -> None:
    lines = [await held(hlr) for _ in range(12)]
    assert isinstance(await settle(connector, task_of(lines[0])), Done)
    hlr.stop()
    hlr.start()
    await asyncio.sleep(0.05)
    outcomes = await discharge(connector, *(task_of(line) for line in lines[1:]))
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes


async def test_a_refused_connection_did_nothing(hlr: SandboxHlr, connector: OsmoHlrConnector) -> None:
    line = await held(hlr)
    hlr.kill()
    outcome = await settle(connector, task_of(line))
    assert outcome == RetryAfter("the HLR cannot be reached (connection refused)", system_failed=True)
    health = await connector.health()
    assert not health.ok and hlr.options["ctrl"] in health.says


async def test_other_work_is_not_for_an_hlr(connector: OsmoHlrConnector) -> None:
    assert isinstance(await settle(connector, task_of(new_line(), "notify")), NeedsPerson)


def test_it_works_on_uvloop_as_well(tmp_path: Path) -> None:
    async def release(harness: HlrHarness) -> None:
        await TestOsmoHlr().test_what_was_let_go_can_be_given_back_or_a_person_is_asked(harness)

    async def run() -> None:
        async with hlr_harness(tmp_path) as harness:
            await release(harness)

    uvloop.run(run())


@pytest.mark.parametrize("option", [{"ctrl": "localhost"}, {"vty": ":4258"}, {"connections": 0}, {"ctr": "a:1"}])
def test_an_impossible_option_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        connect("hlr", option)


def test_a_second_sandbox_does_not_meet_the_first(tmp_path: Path) -> None:
    with running_hlr(tmp_path / "one") as one, running_hlr(tmp_path / "two") as two:
        assert one.address != two.address
