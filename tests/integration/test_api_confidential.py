"""A closing in confidence, asked through the API: by few keys, and only where somebody is told."""

from collections.abc import AsyncIterator

import pytest

from ringoff.db.pool import Database
from tests.support.api import Caller, calling, trial

SAFE = {"when": "2030-01-01", "confidential": True, "contact": {"email": "safe@example.org"}}
OF_LINE, OF_ACCOUNT = "/v1/lines/L-1/cancellation", "/v1/accounts/A-2/cancellation"


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    async with calling(database, {"hlr": trial("hlr")}) as made:
        yield made


@pytest.mark.parametrize("path", [OF_LINE, OF_ACCOUNT])
async def test_it_needs_a_scope_of_its_own(caller: Caller, path: str) -> None:
    await caller.use("cancellations:write", "review", "holds", "fallout")
    response = await caller.post(path, SAFE)
    assert (response.status_code, response.json()["scope"]) == (403, "confidential")
    await caller.use("confidential")
    response = await caller.post(path, SAFE)
    assert (response.status_code, response.json()["scope"]) == (403, "cancellations:write")
    assert (await caller.written())[0] == 0
    await caller.use("cancellations:write", "confidential")
    assert (await caller.post(path, SAFE)).status_code == 201


async def test_the_case_says_so_and_its_silence_is_on_record(caller: Caller) -> None:
    case = (await caller.post(OF_LINE, SAFE)).json()
    assert (case["state"], case["confidential"], case["contact"]["email"]) == ("scheduled", True, "safe@example.org")
    seen = (await caller.get(case["url"])).json()
    assert seen["timeline"][0]["detail"]["confidential"] is True
    assert (await caller.close_line("L-2"))["confidential"] is False


async def test_every_line_of_an_account_that_closes_in_confidence_does(caller: Caller) -> None:
    lines = (await caller.post(OF_ACCOUNT, SAFE)).json()["lines"]
    assert {line["cancellation"]["confidential"] for line in lines} == {True}


@pytest.mark.parametrize("contact", [{}, {"phone": "+34612345678"}])
async def test_without_an_address_nobody_would_be_told_so_it_is_refused(
    caller: Caller, contact: dict[str, str]
) -> None:
    response = await caller.post(OF_LINE, {**SAFE, "contact": contact})
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == ["#/confidential"]


@pytest.mark.parametrize("channel", ["care", "phone", "web"])
async def test_what_people_pass_on_waits_for_a_second_person(caller: Caller, channel: str) -> None:
    case = (await caller.post(OF_LINE, {**SAFE, "channel": channel})).json()
    assert (case["state"], case["review_rule"]) == ("in_review", "confidential")


async def test_the_documentation_tells_of_it(caller: Caller) -> None:
    document = (await caller.get("/openapi.json")).json()
    told = document["components"]["schemas"]["CancellationRequest"]["properties"]["confidential"]
    assert "Scope `confidential`" in told["description"]
