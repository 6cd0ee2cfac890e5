"""Problem documents, and what surrounds every request, without a database."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from ringoff.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    RingoffError,
    Unauthenticated,
    Unavailable,
)
from ringoff.surfaces.api.middleware import BODY_MOST, BodyLimit, Envelope
from ringoff.surfaces.api.problems import answer_problem
from ringoff.surfaces.traffic import Traffic

SECRET = "ro_abcdefghij_topsecrettopsecret"


class Contact(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: str = Field(max_length=5)


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")
    when: str
    contact: Contact | None = None
    counts: list[int] = []


def application(error: BaseException | None = None) -> FastAPI:
    api = FastAPI(
        middleware=[Middleware(Envelope, traffic=Traffic()), Middleware(BodyLimit)],
        exception_handlers={RequestValidationError: answer_problem, HTTPException: answer_problem},
        redirect_slashes=False,
    )

    @api.post("/wish")
    async def wish(body: Wish) -> dict[str, str]:
        return {"when": body.when}

    @api.get("/raise")
    async def fail(limit: Annotated[int, Query(ge=1)] = 1) -> None:
        if error is not None:
            raise error

    return api


async def call(api: Any, method: str, path: str, **how: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://ringoff") as client:
        return await client.request(method, path, **how)


def problem(response: httpx.Response) -> dict[str, Any]:
    """Every problem has this shape, whoever made it."""
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == response.status_code
    assert document["type"] == "urn:ringoff:problem:" + document["code"]
    assert document["instance"] == "urn:ringoff:request:" + response.headers["x-request-id"]
    assert document["title"]
    assert document["detail"].endswith((".", "…`.", "?"))
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    return document


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("when_invalid", "No such day."), 400),
        (Unauthenticated("key_invalid", "Not valid."), 401),
        (NotAllowed("scope_missing", "Lacks it.", scope="holds"), 403),
        (NotFound("line_unknown", "No such line."), 404),
        (Conflict("case_ended", "It has ended.", state="closed"), 409),
        (Refused("hold", "It is held.", rule="hold:legal"), 422),
        (Unavailable("no_system_configured", "None."), 503),
    ],
)
async def test_each_error_of_the_tree_has_its_status_and_keeps_its_code_and_details(
    error: RingoffError, status: int
) -> None:
    response = await call(application(error), "GET", "/raise")
    document = problem(response)
    assert response.status_code == status
    assert (document["code"], document["detail"]) == (error.code, error.message)
    assert document.items() >= error.details.items()


async def test_a_stranger_is_told_how_to_authenticate_and_a_weak_key_which_scope_it_lacks() -> None:
    stranger = await call(application(Unauthenticated("key_missing", "Send one.")), "GET", "/raise")
    assert stranger.headers["www-authenticate"].startswith("Bearer")
    weak = await call(application(NotAllowed("scope_missing", "No.", scope="holds")), "GET", "/raise")
    assert 'scope="holds"' in weak.headers["www-authenticate"]
    later = await call(application(Unavailable("busy", "Later.", retry_after=7)), "GET", "/raise")
    assert later.headers["retry-after"] == "7"


async def test_details_never_replace_the_members_that_every_problem_has() -> None:
    document = problem(await call(application(Conflict("odd", "It is odd.", type="x", title="y")), "GET", "/raise"))
    assert document["title"] == "Odd"


async def test_an_unexpected_error_tells_the_caller_a_reference_and_the_log_the_story() -> None:
    with capture_logs() as logs:
        response = await call(application(RuntimeError("the password is xyzzy")), "GET", "/raise")
    document = problem(response)
    assert response.status_code == 500
    assert set(document) == {"type", "title", "status", "detail", "instance", "code"}
    assert "xyzzy" not in response.text
    assert "RuntimeError" not in response.text
    (told,) = [entry for entry in logs if entry["event"] == "unexpected error"]
    assert told["request_id"] == response.headers["x-request-id"]
    assert "test_problems.py" in told["traceback"]


@pytest.mark.parametrize("error", [psycopg.OperationalError("gone"), psycopg.errors.DeadlockDetected("again")])
async def test_a_database_that_does_not_answer_is_not_the_callers_fault(error: psycopg.Error) -> None:
    response = await call(application(error), "GET", "/raise")
    assert (response.status_code, problem(response)["code"]) == (503, "database_unavailable")
    assert "retry-after" in response.headers


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["#/when"]),
        ({"when": 3}, ["#/when"]),
        ({"when": "now", "contact": {"email": "too-long"}}, ["#/contact/email"]),
        ({"when": "now", "counts": [1, "x", 2]}, ["#/counts/1"]),
        ({"when": "now", "a/b~c": 1, "extra": 2}, ["#/a~1b~0c", "#/extra"]),
        ([], ["#"]),
        ("now", ["#"]),
        (None, ["#"]),
    ],
)
async def test_a_wrong_body_is_pointed_at_member_by_member(body: Any, pointers: list[str]) -> None:
    response = await call(application(), "POST", "/wish", json=body)
    document = problem(response)
    assert (response.status_code, document["code"]) == (400, "request_invalid")
    assert [error["pointer"] for error in document["errors"]] == pointers


async def test_a_wrong_parameter_is_named() -> None:
    response = await call(application(), "GET", "/raise?limit=none")
    assert problem(response)["errors"][0].items() >= {"parameter": "limit", "in": "query"}.items()


async def test_what_was_sent_is_never_echoed() -> None:
    wrong = {"when": [SECRET], "contact": {"email": SECRET}, "counts": [SECRET]}
    for response in (
        await call(application(), "POST", "/wish", json=wrong),
        await call(application(), "POST", "/wish", json=SECRET),
        await call(application(), "POST", "/wish", content=f'{{"when": {SECRET}', headers=JSON),
        await call(application(), "GET", f"/raise?limit={SECRET}"),
        await call(application(), "GET", f"/{SECRET}"),
    ):
        assert problem(response)["status"] in (400, 404)
        assert SECRET not in response.text


async def test_at_most_twenty_faults_are_listed() -> None:
    document = problem(await call(application(), "POST", "/wish", json={"when": "now", "counts": ["x"] * 500}))
    assert len(document["errors"]) == 20


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"\xff\xfe", b"nul", b'{"when": "now"', b"[" * 60_000, b'{"when": ' + b"9" * 5_000 + b"}"],
    ids=["open", "empty", "not-utf8", "word", "cut", "deep", "long-number"],
)
async def test_a_body_that_is_not_json_is_refused(content: bytes) -> None:
    response = await call(application(), "POST", "/wish", content=content, headers=JSON)
    assert (response.status_code, problem(response)["code"][-4:]) in ((400, "able"), (400, "alid"))


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_only_plain_json_is_taken(headers: dict[str, str]) -> None:
    response = await call(application(), "POST", "/wish", content=b'{"when": "now"}', headers=headers)
    assert (response.status_code, problem(response)["code"]) == (415, "media_type_unsupported")


async def test_unknown_addresses_and_methods_are_problems_too() -> None:
    assert problem(await call(application(), "GET", "/nowhere"))["code"] == "address_unknown"
    assert problem(await call(application(), "GET", "/wish/"))["code"] == "address_unknown"
    response = await call(application(), "GET", "/wish")
    assert (problem(response)["code"], response.headers["allow"]) == ("method_not_allowed", "POST")


async def chunks(size: int, count: int) -> AsyncIterator[bytes]:
    yield b'{"when": "'
    for _ in range(count):
        yield b"x" * size
    yield b'"}'


async def test_the_largest_body_passes_and_one_byte_more_does_not() -> None:
    frame = len(json.dumps({"when": ""}))
    fits = json.dumps({"when": "x" * (BODY_MOST - frame)})
    assert (await call(application(), "POST", "/wish", content=fits, headers=JSON)).status_code == 200
    response = await call(application(), "POST", "/wish", content=fits + " ", headers=JSON)
    assert (response.status_code, problem(response)["code"]) == (413, "body_too_large")


async def test_a_chunked_body_is_measured_while_it_arrives() -> None:
    assert (await call(application(), "POST", "/wish", content=chunks(1000, 60), headers=JSON)).status_code == 200
    response = await call(application(), "POST", "/wish", content=chunks(1000, 70), headers=JSON)
    assert (response.status_code, problem(response)["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("length", ["-5", "many", "99999999999999999999"])
async def test_a_length_that_lies_is_refused_unread(length: str) -> None:
    response = await call(application(), "POST", "/wish", content=b"", headers={**JSON, "content-length": length})
    assert problem(response)["status"] == 413


async def test_a_caller_who_hangs_up_midway_is_not_answered_and_nothing_is_done() -> None:
    sent: list[Message] = []

    async def reached(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("half a request was passed on")

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"transfer-encoding", b"chunked"), (b"content-type", b"application/json")]
    await BodyLimit(reached)({"type": "http", "method": "POST", "headers": headers}, receive, send)
    assert sent == []


async def test_the_callers_request_id_is_kept_where_it_is_harmless() -> None:
    kept = await call(application(), "GET", "/raise", headers={"x-request-id": "crm-4711-ab"})
    assert kept.headers["x-request-id"] == "crm-4711-ab"
    for odd in ("short", "x" * 65, "two words", "new%0aline;"):
        replaced = await call(application(), "GET", "/raise", headers={"x-request-id": odd})
        assert replaced.headers["x-request-id"] != odd


async def test_the_log_names_the_route_and_neither_query_nor_headers() -> None:
    with capture_logs() as logs:
        await call(application(), "GET", f"/raise?limit=1&token={SECRET}", headers={"authorization": SECRET})
        await call(application(), "GET", "/v1/+4915112345678")
    assert [entry["route"] for entry in logs] == ["/raise", "unmatched"]
    assert SECRET not in repr(logs)
    assert "4915112345678" not in repr(logs)
