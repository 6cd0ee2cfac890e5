"""Answers of every kind, and what each of them is taken to mean."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from ringoff.connectors.webhook import connect
from ringoff.connectors.webhook.answers import line_seen, release_asked, release_posted
from ringoff.connectors.webhook.client import Answer
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Task, Unknown

ASK_IN = timedelta(seconds=60)
BRIEF: dict[str, Any] = {"line_ref": "L-1", "msisdn": "+4915112345671", "imsi": "262011234567891", "iccid": None}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


def posted(status: int, said: Mapping[str, Any] | None = None, retry_after: timedelta | None = None) -> Outcome:
    return release_posted(Answer(status, said, retry_after), "p-1-release-1", ASK_IN)


def failed(outcome: object) -> bool:
    return isinstance(outcome, RetryAfter | Unknown) and outcome.system_failed


@pytest.mark.parametrize("status", [401, 403, 407, 301, 302, 307, 308, 429])
def test_what_every_call_would_meet_is_the_systems_failure_and_nothing_happened(status: int) -> None:
    outcome = posted(status, {"status": "done"})
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed


@pytest.mark.parametrize("status", [400, 404, 409, 410, 413, 422])
def test_any_other_refusal_goes_to_a_person_with_the_systems_reason(status: int) -> None:
    assert posted(status, {"why": "no such line"}) == NeedsPerson("no such line", {"status": status})
    assert isinstance(posted(status), NeedsPerson)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_system_may_have_done_it(status: int) -> None:
    assert isinstance(posted(status), Unknown)
    assert failed(posted(status))


@pytest.mark.parametrize("said", [None, {}, {"status": "maybe"}, {"status": 1}, {"status": "unknown"}])
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_is_not_in_the_protocol_may_have_done_it(status: int, said: Mapping[str, Any] | None) -> None:
    assert isinstance(posted(status, said), Unknown)
    assert not failed(posted(status, said))


def test_accepted_work_without_a_reference_is_known_by_its_id() -> None:
    assert posted(202, {"status": "accepted"}) == Accepted("p-1-release-1", ASK_IN)
    assert posted(202, {"status": "accepted", "reference": "R-1", "ask_in_seconds": 5}) == Accepted(
        "R-1", timedelta(seconds=5)
    )


@pytest.mark.parametrize("wrong", [-1, True, "5", None, [5]])
def test_an_impossible_time_to_ask_is_ignored(wrong: Any) -> None:
    assert posted(202, {"status": "accepted", "ask_in_seconds": wrong}) == Accepted("p-1-release-1", ASK_IN)


def test_asking_in_a_thousand_years_is_asking_in_a_week() -> None:
    outcome = posted(202, {"status": "accepted", "ask_in_seconds": 3e10})
    assert isinstance(outcome, Accepted)
    assert outcome.ask_in == timedelta(days=7)


def test_evidence_is_kept_while_it_is_small() -> None:
    small = posted(200, {"status": "done", "reference": "R-1", "evidence": {"hlr": "gone"}, "more": "x"})
    assert small == Done({"status": 200, "reference": "R-1", "system": {"hlr": "gone"}})
    large = posted(200, {"status": "done", "evidence": {"hlr": "x" * 5000}})
    assert large == Done({"status": 200})


def test_only_the_word_unknown_means_that_the_system_never_heard_of_it() -> None:
    assert release_asked(Answer(404, {"status": "unknown"}, None), "p", ASK_IN) == "never heard"
    for answer in (Answer(404, None, None), Answer(404, {"detail": "Not Found"}, None), Answer(200, {}, None)):
        assert isinstance(release_asked(answer, "p", ASK_IN), RetryAfter)
    assert failed(release_asked(Answer(502, None, None), "p", ASK_IN))


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"state": "present", **{k: v for k, v in BRIEF.items() if v}}, "ours"),
        ({"state": "present", "imsi": BRIEF["imsi"]}, "ours"),
        ({"state": "present", "imsi": BRIEF["imsi"], "iccid": "8949"}, "ours"),
        ({"state": "present", "imsi": BRIEF["imsi"], "msisdn": "+4915199999999"}, "stranger"),
        ({"state": "present", "iccid": "8949"}, "unsure"),
        ({"state": "present"}, "unsure"),
        ({"state": "absent"}, "absent"),
        ({"state": "absent", "msisdn": "+4915199999999"}, "absent"),
        ({"state": "absent", "msisdn": BRIEF["msisdn"]}, "ours"),
        ({"state": "gone"}, "unsure"),
        ({}, "unsure"),
        (None, "unsure"),
    ],
)
def test_a_line_is_gone_only_when_nothing_of_its_identity_is_left(said: Mapping[str, Any] | None, state: str) -> None:
    assert line_seen(Answer(200, said, None), BRIEF).state == state


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_a_look_that_was_not_answered_is_unsure(status: int) -> None:
    assert line_seen(Answer(status, {"state": "absent"}, None), BRIEF).state == "unsure"


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that gives the same answer to everything, and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    server.close()


async def release(url: str) -> Outcome:
    connector = connect("prov", {"url": url, "secret": SECRET, "timeout_seconds": 30})
    task = Task(subject_id=7, kind="release", cycle=1, attempt=1, brief=BRIEF)
    (outcome,) = [outcome async for _, outcome in connector.discharge([task], lambda _: True)]
    await connector.close()
    return outcome


async def test_a_redirect_is_never_followed() -> None:
    async with answering(b"") as (elsewhere, asked_there):
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere}/releases\r\nContent-Length: 0\r\n\r\n"
        async with answering(moved.encode()) as (url, _):
            assert failed(await release(url))
    assert asked_there == []


async def test_an_answer_of_more_than_64_kib_is_no_answer() -> None:
    body = json.dumps({"status": "done", "more": "x" * 64 * 1024}).encode()
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)) as (url, asked):
        assert isinstance(await release(url), Unknown)
    assert len(asked) == 1, "what it seemed to say was believed enough to be read back"


async def test_a_time_to_come_back_may_be_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    answer = f"HTTP/1.1 503 Busy\r\nRetry-After: {when}\r\nContent-Length: 0\r\n\r\n"
    async with answering(answer.encode()) as (url, _):
        outcome = await release(url)
    assert isinstance(outcome, RetryAfter)
    assert outcome.delay is not None
    assert timedelta(minutes=9) < outcome.delay <= timedelta(minutes=10)


@pytest.mark.parametrize("said", ["soon", "", "-5", "٣"])
async def test_a_busy_system_that_names_no_time_may_have_done_it(said: str) -> None:
    answer = f"HTTP/1.1 503 Busy\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n"
    async with answering(answer.encode()) as (url, _):
        assert isinstance(await release(url), Unknown)
