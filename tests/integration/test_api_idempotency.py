"""An Idempotency-Key over HTTP: one effect, one answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ringoff.db.pool import Database
from ringoff.kit.clock import ManualClock
from tests.support.api import NOW, Caller, calling, trial

CANCEL = "/v1/lines/L-1/cancellation"
WISH = {"when": "2030-01-01", "reason": "moving"}


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    async with calling(database, {"hlr": trial("hlr")}) as made:
        yield made


async def ask(caller: Caller, body: Any, key: str = "k-1", path: str = CANCEL, **headers: str) -> httpx.Response:
    return await caller.post(path, body, headers={"Idempotency-Key": key, **headers})


async def test_a_repeated_request_gets_the_first_answer_word_for_word(caller: Caller) -> None:
    first = await ask(caller, WISH)
    assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False)
    before = await caller.written()
    again = await ask(caller, WISH)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert await caller.written() == before


async def test_the_answer_stays_the_first_also_after_things_have_moved_on(caller: Caller) -> None:
    first = await ask(caller, WISH)
    await caller.post(first.json()["url"] + "/withdrawal")
    assert (await ask(caller, WISH)).content == first.content
    assert (await caller.rows("SELECT count(*) FROM cancellation"))[0][0] == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [({**WISH, "reason": "other"}, CANCEL), (WISH, "/v1/lines/L-2/cancellation"), (WISH, CANCEL + "?x=1")],
)
async def test_the_same_key_for_another_request_is_refused(caller: Caller, body: dict[str, Any], path: str) -> None:
    await ask(caller, WISH)
    before = await caller.written()
    response = await ask(caller, body, path=path)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert await caller.written() == before


async def test_fifty_concurrent_requests_with_one_key_get_one_answer(caller: Caller) -> None:
    answers = await asyncio.gather(*(ask(caller, WISH) for _ in range(50)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert (await caller.rows("SELECT count(*) FROM cancellation"))[0][0] == 1


async def test_a_refusal_is_not_kept(caller: Caller) -> None:
    assert (await ask(caller, {"when": "2019-01-01"})).status_code == 400
    assert (await ask(caller, {"when": "sometime"})).status_code == 400
    assert (await ask(caller, WISH)).status_code == 201
    assert (await ask(caller, {"when": "2030-02-02"}, key="k-2")).status_code == 409
    assert (await caller.rows("SELECT key FROM idempotency")) == [("k-1",)]


async def test_another_program_may_use_the_same_idempotency_key(caller: Caller) -> None:
    await ask(caller, WISH)
    await caller.use("admin")
    response = await ask(caller, {"when": "2030-01-01"}, path="/v1/lines/L-2/cancellation")
    assert response.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel"])
async def test_a_key_that_is_not_one_is_refused(caller: Caller, key: str) -> None:
    before = await caller.written()
    headers = {"Idempotency-Key": key.encode()}
    response = await caller.post(CANCEL, WISH, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_invalid")
    assert await caller.written() == before


async def test_answers_are_replayed_for_as_long_as_the_rule_pack_says(database: Database) -> None:
    clock = ManualClock(NOW)
    async with calling(database, {"hlr": trial("hlr")}, clock=clock) as caller:
        first = await ask(caller, WISH)
        clock.advance(timedelta(hours=47))
        assert (await ask(caller, WISH)).content == first.content
        clock.advance(timedelta(hours=2))
        later = await ask(caller, WISH)
        assert (later.status_code, later.json()["id"]) == (200, first.json()["id"]), "the same terms, asked anew"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/lines/L-1/holds/legal", {"why": "court order"}),
        ("POST", "/v1/lines/L-1/port-out", {"status": "pending"}),
        ("POST", "/v1/accounts/A-1/cancellation", {"when": "2030-01-01"}),
        ("POST", "/v1/cancellations/{case}/withdrawal", {}),
        ("POST", "/v1/cancellations/{case}/reschedule", {"when": "2030-02-02"}),
    ],
)
async def test_every_change_takes_a_key(caller: Caller, method: str, path: str, body: dict[str, Any]) -> None:
    case = await caller.close_line("L-50")
    path = path.format(case=case["id"])
    first = await caller.client.request(method, path, json=body, headers={"Idempotency-Key": "k"})
    assert first.status_code in (200, 201), first.text
    before = await caller.written()
    again = await caller.client.request(method, path, json=body, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert await caller.written() == before
