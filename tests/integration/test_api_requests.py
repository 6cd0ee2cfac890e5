"""Malformed, oversized, unknown and foreign requests: each gets a precise problem, and nothing is written."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from ringoff.db.pool import Database
from ringoff.features.access import service
from ringoff.features.access.model import SCOPES, generate
from ringoff.kit.clock import ManualClock
from ringoff.kit.ids import case_number
from tests.support.api import NOW, OPERATOR, Caller, calling, trial

CANCEL = "/v1/lines/L-1/cancellation"


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    async with calling(database, {"hlr": trial("hlr")}) as made:
        yield made


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/when"),
        ({"when": "tomorrow"}, "#/when"),
        ({"when": "2026-02-30"}, "#/when"),
        ({"when": "20300101"}, "#/when"),
        ({"when": 1}, "#/when"),
        ({"when": "now", "wen": "now"}, "#/wen"),
        ({"when": "now", "reason": ""}, "#/reason"),
        ({"when": "now", "reason": "x" * 1001}, "#/reason"),
        ({"when": "now", "reason": "nul \x00 byte"}, "#/reason"),
        ({"when": "now", "external_reference": "two\nlines"}, "#/external_reference"),
        ({"when": "now", "external_reference": "x" * 256}, "#/external_reference"),
        ({"when": "now", "contact": {"email": "nobody"}}, "#/contact/email"),
        ({"when": "now", "contact": {"email": "a@b\r\nBcc: c@d"}}, "#/contact/email"),
        ({"when": "now", "contact": {"phone": "0151 1234"}}, "#/contact/phone"),
        ({"when": "now", "contact": {"fax": "1"}}, "#/contact/fax"),
        ({"when": "now", "contact": None}, "#/contact"),
        ({"when": "now", "channel": "cli"}, "#/channel"),
        ({"when": "now", "cooling_off": -1}, "#/cooling_off"),
        ({"when": "now", "cooling_off": "0"}, "#/cooling_off"),
        ({"when": "now", "cooling_off": 1e9}, "#/cooling_off"),
    ],
)
async def test_a_malformed_wish_is_pointed_at_and_nothing_is_written(
    caller: Caller, body: dict[str, Any], pointer: str
) -> None:
    before = await caller.written()
    response = await caller.post(CANCEL, body, headers={"Idempotency-Key": "k"})
    assert response.status_code == 400, response.text
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert await caller.written() == before


async def test_text_that_no_encoding_can_hold_is_refused(caller: Caller) -> None:
    before = await caller.written()
    headers = {"content-type": "application/json"}
    response = await caller.client.post(CANCEL, content=b'{"when":"now","reason":"\\ud800"}', headers=headers)
    assert response.status_code == 400
    assert await caller.written() == before


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/lines/L-999/cancellation", "line_unknown"),
        ("/v1/lines/+4915100000000/cancellation", "line_unknown"),
        ("/v1/accounts/A-999/cancellation", "account_unknown"),
        (f"/v1/cancellations/{case_number(987_654)}/withdrawal", "case_unknown"),
    ],
)
async def test_what_does_not_exist_is_said_not_to(caller: Caller, path: str, code: str) -> None:
    before = await caller.written()
    body = {} if path.endswith("withdrawal") else {"when": "now"}
    response = await caller.post(path, body)
    assert (response.status_code, response.json()["code"]) == (404, code)
    assert await caller.written() == before


@pytest.mark.parametrize("number", ["C-8K3M-V0QXT", "4711", "C", "%00", "C-8K3M-V0QXX-MORE"])
async def test_a_mistyped_case_number_is_told_from_an_unknown_one(caller: Caller, number: str) -> None:
    response = await caller.get(f"/v1/cancellations/{number}")
    assert (response.status_code, response.json()["code"]) == (400, "case_number_invalid")


@pytest.mark.parametrize("name", ["%00", "a%0ab", "x" * 65, "%20"])
async def test_a_name_that_no_line_can_have_is_refused(caller: Caller, name: str) -> None:
    for path in (f"/v1/lines/{name}", f"/v1/lines/{name}/readiness"):
        response = await caller.get(path)
        assert response.status_code in (400, 404), response.text
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("stat=closed", "stat"),
        ("state=finished", "state"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("external_reference=", "external_reference"),
        ("external_reference=%00", "external_reference"),
        ("cursor=" + "x" * 201, "cursor"),
    ],
)
async def test_a_wrong_query_is_refused_by_name(caller: Caller, query: str, parameter: str) -> None:
    response = await caller.get(f"/v1/cancellations?{query}")
    assert response.status_code == 400
    assert [error["parameter"] for error in response.json()["errors"]] == [parameter]


@pytest.mark.parametrize(
    "cursor", ["x", "!!!", "W10", "WyJhIl0", "WzEsMl0", "bnVsbA", "WzEuNV0", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"]
)
async def test_a_cursor_that_we_did_not_make_is_refused(caller: Caller, cursor: str) -> None:
    response = await caller.get(f"/v1/cancellations?cursor={cursor}")
    assert (response.status_code, response.json()["code"]) == (400, "cursor_invalid")


async def test_an_oversized_body_is_refused_and_nothing_is_written(caller: Caller) -> None:
    before = await caller.written()
    response = await caller.post(CANCEL, {"when": "now", "reason": "x" * 70_000})
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert await caller.written() == before


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer nonsense", "bearer ro_x_y", "Bearer \xe9"],
)
async def test_a_foreign_request_is_refused_before_it_is_looked_at(caller: Caller, authorization: str | None) -> None:
    del caller.client.headers["Authorization"]
    headers = {} if authorization is None else {b"Authorization": authorization.encode("latin-1")}
    before = await caller.written()
    for path in (CANCEL, "/v1/lines/L-999/cancellation", "/v1/nowhere"):
        response = await caller.client.post(path, content=b"{", headers=headers)
        assert response.status_code == 401, response.text
        assert response.headers["www-authenticate"] == 'Bearer realm="ringoff"'
    assert await caller.written() == before


async def test_a_well_formed_key_that_was_never_made_is_refused(caller: Caller) -> None:
    text = generate()[1].get_secret_value()
    response = await caller.get("/v1/lines/L-1", headers={"Authorization": f"Bearer {text}"})
    assert (response.status_code, response.json()["code"]) == (401, "key_invalid")


async def test_a_revoked_key_is_refused_within_five_seconds(database: Database) -> None:
    clock = ManualClock(NOW)
    async with calling(database, {"hlr": trial("hlr")}, clock=clock) as caller:
        text = await caller.key("lines:read")
        headers = {"Authorization": f"Bearer {text}"}
        assert (await caller.get("/v1/lines/L-1", headers=headers)).status_code == 200
        async with database.transaction() as conn:
            await service.revoke_key(conn, text.split("_")[1], OPERATOR, clock.now())
        clock.advance(timedelta(seconds=5))
        assert (await caller.get("/v1/lines/L-1", headers=headers)).status_code == 401


async def test_neither_answers_nor_logs_hold_a_key(caller: Caller) -> None:
    text = await caller.key(*SCOPES)
    headers = {"Authorization": f"Bearer {text}"}
    with capture_logs() as logs:
        answers = [
            await caller.get(path, headers=headers, params={"token": text})
            for path in ("/v1/lines/L-1", "/v1/nowhere", f"/v1/lines/{text}", "/metrics", "/readyz")
        ]
    assert len(logs) >= len(answers)
    secret = text.rpartition("_")[2]
    assert secret not in repr(logs)
    assert all(secret not in answer.text for answer in answers)
