"""What a release keeps is sealed, and a restore puts back every bit of it."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from ringoff.connectors.conformance import Line, new_line, settle, task_of
from ringoff.connectors.osmo_hlr import connect
from ringoff.connectors.osmo_hlr.connector import OsmoHlrConnector
from ringoff.connectors.osmo_hlr.sandbox import NewSubscriber, SandboxHlr
from ringoff.kit.errors import InvalidInput
from ringoff.kit.secrets import Seal
from ringoff.ports import Done, NeedsPerson, Task
from tests.connectors.hlr_harness import SEAL
from tests.support.hlr import KEYS, KI, K, subscriber, terminal


@pytest.fixture
async def connector(hlr: SandboxHlr) -> AsyncIterator[OsmoHlrConnector]:
    connected = connect("hlr", {**hlr.options, "keep": True}, SEAL)
    yield connected
    await connected.close()


def shown(hlr: SandboxHlr, line: Line) -> list[str]:
    """Everything that the HLR itself shows of a subscriber, keys too, but the number of its row."""
    said = terminal(hlr, f"subscriber imsi {line.imsi} show").splitlines()
    return [text for text in said if text.startswith("    ") and not text.startswith("    ID:")]


async def released(connector: OsmoHlrConnector, line: Line) -> Task:
    """The restore that would undo it."""
    outcome = await settle(connector, task_of(line))
    assert isinstance(outcome, Done) and outcome.keepsake is not None, outcome
    return replace(task_of(line, "restore"), keepsake=outcome.keepsake)


@pytest.mark.parametrize("mode", ["cs+ps", "ps", "cs", "none"])
async def test_a_restored_subscriber_is_what_it_was(hlr: SandboxHlr, connector: OsmoHlrConnector, mode: str) -> None:
    line = new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    terminal(
        hlr,
        f"subscriber imsi {line.imsi} update imei 35761300444848",
        f"subscriber imsi {line.imsi} update network-access-mode {mode}",
    )
    before = shown(hlr, line)
    assert any(K in text for text in before) and any("IMEI" in text for text in before)
    restore = await released(connector, line)
    assert shown(hlr, line) == []
    assert isinstance(await settle(connector, restore), Done)
    assert shown(hlr, line) == before


@pytest.mark.parametrize(
    ("aud2g", "aud3g"),
    [
        (None, None),
        (f"xor,{KI}", None),
        (None, f"xor,{K},OPC,{'0' * 32},5"),
        (f"comp128v1,{KI}", f"milenage,{K},OP,{KI},0"),
    ],
)
async def test_every_kind_of_key_comes_back(
    hlr: SandboxHlr, connector: OsmoHlrConnector, aud2g: str | None, aud3g: str | None
) -> None:
    line = new_line(number=False)
    await hlr.add([NewSubscriber(line.imsi, None, aud2g, aud3g)])
    before = shown(hlr, line)
    assert isinstance(await settle(connector, await released(connector, line)), Done)
    assert shown(hlr, line) == before


async def test_what_is_kept_is_sealed_and_no_key_is_said_anywhere(
    hlr: SandboxHlr, connector: OsmoHlrConnector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    line = new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    restore = await released(connector, line)
    outcome = await settle(connector, restore)
    assert isinstance(outcome, Done)
    said = (caplog.text + repr(outcome) + repr(restore) + repr(vars(connector))).lower()
    for key in KEYS:
        assert key not in said
    assert K in SEAL.open(restore.keepsake or b"").decode()


async def test_without_anything_kept_a_restore_needs_a_person(hlr: SandboxHlr) -> None:
    connector = connect("hlr", hlr.options)
    line = new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    outcome = await settle(connector, task_of(line))
    assert isinstance(outcome, Done) and outcome.keepsake is None
    assert isinstance(await settle(connector, task_of(line, "restore")), NeedsPerson)
    await connector.close()


async def test_what_another_secret_sealed_needs_a_person(hlr: SandboxHlr, connector: OsmoHlrConnector) -> None:
    line = new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    restore = await released(connector, line)
    other = connect("hlr", {**hlr.options, "keep": True}, Seal(SecretStr("quite another secret")))
    assert isinstance(await settle(other, restore), NeedsPerson)
    assert shown(hlr, line) == []
    await other.close()


async def test_a_number_that_is_on_another_sim_by_now_is_left_there(
    hlr: SandboxHlr, connector: OsmoHlrConnector
) -> None:
    line, next_holder = new_line(), new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    restore = await released(connector, line)
    await hlr.add([subscriber(next_holder.imsi, line.msisdn)])
    assert isinstance(await settle(connector, restore), NeedsPerson)
    assert shown(hlr, line) == []


async def test_a_restore_that_died_half_way_is_completed(hlr: SandboxHlr, connector: OsmoHlrConnector) -> None:
    line = new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    before = shown(hlr, line)
    restore = await released(connector, line)
    await hlr.add([NewSubscriber(line.imsi)])  # this far the first try came
    assert isinstance(await settle(connector, restore), NeedsPerson)  # but whoever comes first cannot know that
    assert isinstance(await settle(connector, replace(restore, attempt=2)), Done)
    assert shown(hlr, line) == before


async def test_half_a_restore_with_a_number_is_completed_too(hlr: SandboxHlr, connector: OsmoHlrConnector) -> None:
    line = new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    before = shown(hlr, line)
    restore = await released(connector, line)
    await hlr.add([NewSubscriber(line.imsi, str(line.msisdn).removeprefix("+"))])
    assert isinstance(await settle(connector, replace(restore, attempt=2)), Done)
    assert shown(hlr, line) == before


async def test_a_disabled_line_comes_back_into_the_service_it_had(hlr: SandboxHlr) -> None:
    connector = connect("hlr", {**hlr.options, "keep": True, "retire": "disable"}, SEAL)
    line = new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    terminal(hlr, f"subscriber imsi {line.imsi} update network-access-mode ps")
    before = shown(hlr, line)
    restore = await released(connector, line)
    assert shown(hlr, line) != before
    assert isinstance(await settle(connector, restore), Done)
    assert shown(hlr, line) == before
    await connector.close()


async def test_a_line_found_out_of_service_at_a_second_try_comes_back_before_a_person(
    hlr: SandboxHlr, connector: OsmoHlrConnector
) -> None:
    """Nobody can tell any more whether the first try or somebody before it took it out of service."""
    line = new_line()
    await hlr.add([subscriber(line.imsi, line.msisdn)])
    terminal(hlr, f"subscriber imsi {line.imsi} update network-access-mode none")
    outcome = await settle(connector, task_of(line, attempt=2))
    assert isinstance(outcome, Done)
    restore = replace(task_of(line, "restore"), keepsake=outcome.keepsake)
    assert isinstance(await settle(connector, restore), NeedsPerson)
    assert any(K in text for text in shown(hlr, line))


def test_nothing_is_kept_unsealed() -> None:
    with pytest.raises(InvalidInput):
        connect("hlr", {"keep": True}, None)
