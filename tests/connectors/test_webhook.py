"""The webhook connector against the sample carrier, a real process on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ringoff.connectors.webhook import connect
from ringoff.connectors.webhook.connector import WebhookConnector
from ringoff.ports import Done, NeedsPerson, RetryAfter, Unknown
from tests.connectors.webhook import (
    BRIEF,
    LINE,
    RELEASE,
    SECRET,
    connected,
    discharge,
    discharge_one,
    effects_of,
    line_at,
)
from tests.support.carrier import SampleCarrier, sample_carrier


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[SampleCarrier]:
    with sample_carrier(tmp_path / "carrier", [LINE]) as running:
        yield running


@pytest.fixture
async def connector(carrier: SampleCarrier) -> AsyncIterator[WebhookConnector]:
    async with connected(carrier, timeout_seconds=30) as connector:
        yield connector


async def test_a_release_is_done_once_the_line_is_read_back_absent(
    connector: WebhookConnector, carrier: SampleCarrier
) -> None:
    outcome = await discharge_one(connector, RELEASE)
    assert isinstance(outcome, Done)
    assert outcome.evidence["line"] == {"state": "absent"}
    assert effects_of(carrier) == {"prov-7-release-1": 1}
    assert (await connector.read_back(RELEASE))[0] == "absent"


async def test_a_restore_brings_the_line_back_under_an_id_of_its_own(
    connector: WebhookConnector, carrier: SampleCarrier
) -> None:
    await discharge_one(connector, RELEASE)
    outcome = await discharge_one(connector, replace(RELEASE, kind="restore"))
    assert isinstance(outcome, Done)
    assert outcome.evidence["line"] == {"state": "present"} | {k: v for k, v in LINE.items() if k != "line_ref"}
    assert effects_of(carrier) == {"prov-7-release-1": 1, "prov-7-restore-1": 1}


@pytest.mark.parametrize("changed", [{"imsi": "262019999999999"}, {"msisdn": "+4915199999999"}, {"state": "absent"}])
async def test_a_line_that_is_not_the_one_meant_goes_to_a_person_untouched(
    connector: WebhookConnector, carrier: SampleCarrier, changed: dict[str, str]
) -> None:
    line_at(carrier, **changed)
    assert isinstance(await discharge_one(connector, RELEASE), NeedsPerson)
    assert effects_of(carrier) == {}


async def test_a_system_that_lies_is_not_believed(connector: WebhookConnector, carrier: SampleCarrier) -> None:
    carrier.fault("lies", on="/releases", times=1)
    assert isinstance(await discharge_one(connector, RELEASE), Unknown)
    assert isinstance(await discharge_one(connector, replace(RELEASE, attempt=2)), Done)
    assert effects_of(carrier) == {"prov-7-release-1": 1}


async def test_a_stranger_found_after_the_release_goes_to_a_person(
    connector: WebhookConnector, carrier: SampleCarrier
) -> None:
    carrier.fault("lies", on="/releases", times=1)
    line_at(carrier, imsi="262019999999999")
    outcome = await discharge_one(connector, RELEASE)
    assert isinstance(outcome, NeedsPerson)
    assert "imsi" in outcome.why


async def test_a_lost_answer_is_asked_about_and_the_effect_happens_once(
    connector: WebhookConnector, carrier: SampleCarrier
) -> None:
    carrier.fault("hangs_up", on="/releases", times=1)
    first = await discharge_one(connector, RELEASE)
    assert isinstance(first, Unknown)
    assert first.system_failed
    assert isinstance(await discharge_one(connector, replace(RELEASE, attempt=2)), Done)
    (effect,) = carrier.effects()
    assert (effect["asked"], effect["effects"]) == (1, 1), "it was asked about, not posted again"


async def test_a_system_that_dies_after_the_effect_has_it_once(
    connector: WebhookConnector, carrier: SampleCarrier
) -> None:
    carrier.fault("dies_after_effect", on="/releases", times=1)
    assert isinstance(await discharge_one(connector, RELEASE), Unknown)
    carrier.died()
    refused = await discharge_one(connector, replace(RELEASE, attempt=2))
    assert isinstance(refused, RetryAfter)
    assert refused.system_failed
    carrier.start()
    assert isinstance(await discharge_one(connector, replace(RELEASE, attempt=2)), Done)
    assert effects_of(carrier) == {"prov-7-release-1": 1}


async def test_a_call_that_was_never_heard_is_made_again(connector: WebhookConnector, carrier: SampleCarrier) -> None:
    carrier.fault("down", on="/releases", times=1)
    first = await discharge_one(connector, RELEASE)
    assert isinstance(first, Unknown)
    assert first.system_failed
    assert isinstance(await discharge_one(connector, replace(RELEASE, attempt=2)), Done)
    assert effects_of(carrier) == {"prov-7-release-1": 1}


async def test_a_system_too_slow_to_answer_leaves_it_unknown(carrier: SampleCarrier) -> None:
    carrier.fault("slow", on="/releases", times=1, seconds=60)
    async with connected(carrier, timeout_seconds=2) as connector:
        outcome = await discharge_one(connector, RELEASE)
    assert isinstance(outcome, Unknown)
    assert outcome.system_failed


async def test_a_busy_system_says_when_to_come_back(connector: WebhookConnector, carrier: SampleCarrier) -> None:
    carrier.fault("busy", times=1, seconds=7)
    assert await discharge_one(connector, RELEASE) == RetryAfter(
        "asks to come back later (503)", timedelta(seconds=7), system_failed=True
    )


async def test_nonsense_is_not_an_answer(connector: WebhookConnector, carrier: SampleCarrier) -> None:
    carrier.fault("nonsense")
    assert isinstance(await discharge_one(connector, RELEASE), Unknown)
    assert isinstance(await discharge_one(connector, replace(RELEASE, attempt=2)), RetryAfter)
    assert isinstance(await discharge_one(connector, replace(RELEASE, kind="verify")), RetryAfter)
    assert (await connector.read_back(RELEASE))[0] == "unsure"
    assert effects_of(carrier) == {}


async def test_a_system_that_is_not_there_has_not_been_touched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    connector = connect("prov", {"url": f"http://127.0.0.1:{port}", "secret": SECRET})
    outcome = await discharge_one(connector, RELEASE)
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed
    assert (await connector.read_back(RELEASE))[0] == "unsure"
    assert not (await connector.health()).ok
    await connector.close()


async def test_verifying_finds_the_line_gone_back_or_anothers(
    connector: WebhookConnector, carrier: SampleCarrier
) -> None:
    verify = replace(RELEASE, kind="verify")
    leftover = await discharge_one(connector, verify)
    assert isinstance(leftover, Done)
    assert leftover.leftover
    line_at(carrier, imsi="262019999999999")
    assert isinstance(await discharge_one(connector, verify), NeedsPerson)
    line_at(carrier, state="absent")
    gone = await discharge_one(connector, verify)
    assert isinstance(gone, Done)
    assert not gone.leftover


async def test_an_sms_repeated_is_one_sms(connector: WebhookConnector, carrier: SampleCarrier) -> None:
    brief = {"to": "+4915112345671", "text": "您的号码将被关闭", "case_number": "C-1"}
    sms = replace(RELEASE, kind="notify", brief=brief)
    carrier.fault("hangs_up", on="/messages", method="POST", times=1)
    assert isinstance(await discharge_one(connector, sms), Unknown)
    assert isinstance(await discharge_one(connector, replace(sms, attempt=2)), Done)
    (message,) = carrier.messages()
    assert message["text"] == "您的号码将被关闭"


async def test_an_sms_to_nobody_goes_to_a_person(connector: WebhookConnector) -> None:
    outcome = await discharge_one(connector, replace(RELEASE, kind="notify", brief={"text": "x", "to": None}))
    assert isinstance(outcome, NeedsPerson)
    assert "address" in outcome.why


@pytest.mark.parametrize("line_ref", ["a/b c", "..", "L.1", "号码?#1"])
async def test_any_line_ref_finds_its_way(connector: WebhookConnector, carrier: SampleCarrier, line_ref: str) -> None:
    line_at(carrier, line_ref=line_ref)
    task = replace(RELEASE, brief={**BRIEF, "line_ref": line_ref})
    assert (await connector.read_back(task))[0] == "present"
    assert isinstance(await discharge_one(connector, task), Done)
    assert (await connector.read_back(task))[0] == "absent"


async def test_a_task_whose_lease_ran_out_is_left_alone(connector: WebhookConnector, carrier: SampleCarrier) -> None:
    other = replace(RELEASE, subject_id=8)
    line_at(carrier, line_ref="L-8", msisdn=None, imsi="262011234567898", iccid=None)
    other = replace(other, brief={**BRIEF, "line_ref": "L-8", "imsi": "262011234567898"})
    batch = [RELEASE, other]
    answered = [task async for task, _ in connector.discharge(batch, lambda task: task is not RELEASE)]
    assert answered == [other]
    assert list(effects_of(carrier)) == ["prov-8-release-1"]


async def test_a_wrong_secret_is_the_systems_failure_not_the_lines(carrier: SampleCarrier) -> None:
    connector = connect("prov", carrier.options(secret=SECRET))
    outcome = await discharge_one(connector, RELEASE)
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed
    health = await connector.health()
    assert not health.ok
    assert "secret" in health.advice
    assert effects_of(carrier) == {}
    await connector.close()


async def test_five_hundred_releases_at_once_have_one_effect_each(tmp_path: Path) -> None:
    lines = [{"line_ref": f"L-{n}", "msisdn": f"+4915{n:08}", "imsi": f"26201{n:010}"} for n in range(500)]
    tasks = [replace(RELEASE, subject_id=n, brief={**BRIEF, "iccid": None, **line}) for n, line in enumerate(lines)]
    with sample_carrier(tmp_path / "carrier", lines) as carrier:
        connector = connect("prov", carrier.options(timeout_seconds=30))
        both = await asyncio.gather(discharge(connector, *tasks), discharge(connector, *tasks))
        await connector.close()
        effects = carrier.effects()
    assert {type(outcome) for outcomes in both for outcome in outcomes} == {Done}
    assert len(effects) == 500
    assert {(effect["asked"], effect["effects"]) for effect in effects} == {(2, 1)}


async def test_a_well_system_is_healthy(connector: WebhookConnector) -> None:
    assert (await connector.health()).ok
