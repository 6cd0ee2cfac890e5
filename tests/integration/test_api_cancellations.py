"""A line's cancellation over the API: asked, read, found, changed, decided."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from ringoff.db.pool import Database
from tests.support.api import NOW, Caller, calling, trial


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    async with calling(database, {"hlr": trial("hlr")}) as made:
        yield made


async def test_a_wish_becomes_a_case_that_can_be_read_at_its_location(caller: Caller) -> None:
    wish = {
        "when": "2030-01-01",
        "reason": "moving abroad",
        "contact": {"email": "lin@example.net", "phone": "+34 612-345-678"},
        "external_reference": "CRM-4711",
    }
    response = await caller.post("/v1/lines/L-1/cancellation", wish)
    assert response.status_code == 201, response.text
    case = response.json()
    assert response.headers["location"] == case["url"] == f"/v1/cancellations/{case['id']}"
    read = (await caller.get(case["url"])).json()
    assert read.items() >= case.items()
    assert (read["state"], read["when"], read["channel"], read["trial"]) == ("scheduled", "2030-01-01", "api", True)
    assert read["effective_at"] == "2030-01-01T22:59:59Z", "the end of that day in Madrid"
    assert read["contact"] == {"email": "lin@example.net", "phone": "+34612345678"}
    assert read["line"]["msisdn"] == "+4915120000001"
    assert read["requested_by"].startswith("key:")
    (release,) = read["releases"]
    assert (release["system"], release["state"], release["gates"], release["evidence"]) == (
        "hlr",
        "planned",
        True,
        None,
    )
    assert [event["type"] for event in read["timeline"]] == ["case.requested", "case.scheduled"]
    assert {event["address"] for event in read["timeline"]} == {"192.0.2.7"}


async def test_the_same_terms_asked_again_return_the_first_case(caller: Caller) -> None:
    case = await caller.close_line()
    before = await caller.written()
    again = await caller.post("/v1/lines/L-1/cancellation", {"when": "2030-01-01", "reason": "asked twice"})
    assert (again.status_code, again.json()["id"]) == (200, case["id"])
    assert await caller.written() == before


async def test_other_terms_are_a_conflict_that_names_reschedule(caller: Caller) -> None:
    case = await caller.close_line()
    response = await caller.post("/v1/lines/L-1/cancellation", {"when": "2030-02-02"})
    problem = response.json()
    assert (response.status_code, problem["code"], problem["case"]) == (409, "open_case_other_terms", case["id"])
    assert "reschedule" in problem["detail"]


async def test_two_hundred_concurrent_wishes_with_same_and_different_keys_make_one_case(caller: Caller) -> None:
    async def ask(number: int) -> tuple[int, str]:
        headers = {"Idempotency-Key": f"k-{number % 50}"} if number % 4 else {}
        response = await caller.post("/v1/lines/L-7/cancellation", {"when": "2030-01-01"}, headers=headers)
        return response.status_code, response.json()["id"]

    answers = await asyncio.gather(*(ask(number) for number in range(200)))
    assert {status for status, _ in answers} <= {200, 201}
    assert len({case for _, case in answers}) == 1
    assert (await caller.rows("SELECT count(*) FROM cancellation"))[0][0] == 1


async def test_a_hold_that_a_rule_refuses_by_is_named(caller: Caller) -> None:
    response = await caller.post("/v1/lines/L-1/cancellation", {"when": "2019-01-01"})
    assert (response.status_code, response.json()["code"]) == (400, "when_past")
    response = await caller.post("/v1/lines/L-1/cancellation", {"when": "2099-01-01"})
    assert (response.status_code, response.json()["code"]) == (400, "when_too_far")


async def test_without_any_system_nothing_is_promised(database: Database) -> None:
    async with calling(database, {}) as caller:
        before = await caller.written()
        response = await caller.post("/v1/lines/L-1/cancellation", {"when": "now"})
        assert (response.status_code, response.json()["code"]) == (503, "no_system_configured")
        assert "retry-after" in response.headers
        assert await caller.written() == before


async def test_only_an_admin_shortens_cooling_off(caller: Caller) -> None:
    wish = {"when": "now", "channel": "web", "cooling_off": 0}
    case = (await caller.post("/v1/lines/L-1/cancellation", wish)).json()
    assert datetime.fromisoformat(case["ripe_at"]) == NOW
    await caller.use("cancellations:write")
    response = await caller.post("/v1/lines/L-2/cancellation", wish)
    assert (response.status_code, response.json()["scope"]) == (403, "admin")


async def test_the_channel_that_the_holder_used_decides_the_cooling_off(caller: Caller) -> None:
    case = (await caller.post("/v1/lines/L-1/cancellation", {"when": "now", "channel": "phone"})).json()
    waits = datetime.fromisoformat(case["ripe_at"]) - datetime.fromisoformat(case["requested_at"])
    assert (case["channel"], waits.total_seconds()) == ("phone", 900)


@pytest.mark.parametrize(
    "name", ["L-1", "+4915120000001", "+49 (151) 2000-0001", "004915120000001", "iccid:8949020000001000001"]
)
async def test_a_line_is_found_under_each_of_its_names(caller: Caller, name: str) -> None:
    response = await caller.get(f"/v1/lines/{name}")
    assert (response.status_code, response.json()["line_ref"]) == (200, "L-1"), response.text


async def test_a_line_tells_its_cases_and_its_readiness(caller: Caller) -> None:
    case = await caller.close_line("L-60")
    line = (await caller.get("/v1/lines/L-60")).json()
    assert [shown["id"] for shown in line["cancellations"]] == [case["id"]]
    assert (line["status"], line["account_number"], line["holds"]) == ("active", "A-2", [])
    readiness = (await caller.get("/v1/lines/L-60/readiness")).json()
    assert readiness["ready"] is True
    assert {"secondary_lines", "keep_number"} <= {finding["code"] for finding in readiness["findings"]}


async def test_an_account_closes_with_a_case_for_each_living_line(caller: Caller) -> None:
    first = await caller.close_line("L-41", when="2030-02-02")
    response = await caller.post("/v1/accounts/A-2/cancellation", {"when": "2030-01-01"})
    assert response.status_code == 201, response.text
    told = {line["line_ref"]: line for line in response.json()["lines"]}
    assert len(told) == 22
    assert told["L-41"]["problem"]["code"] == "open_case_other_terms"
    assert told["L-41"]["problem"]["case"] == first["id"]
    assert all(line["cancellation"]["state"] == "scheduled" for ref, line in told.items() if ref != "L-41")
    listed = (await caller.get(response.headers["location"])).json()
    assert len(listed["cancellations"]) == 22
    again = await caller.post("/v1/accounts/A-2/cancellation", {"when": "2030-01-01"})
    assert again.status_code == 200


async def test_an_account_none_of_whose_lines_can_close_is_refused_whole(caller: Caller) -> None:
    await caller.post("/v1/accounts/A-2/cancellation", {"when": "2030-01-01"})
    before = await caller.written()
    response = await caller.post("/v1/accounts/A-2/cancellation", {"when": "2030-02-02"})
    assert (response.status_code, response.json()["code"]) == (409, "open_case_other_terms")
    assert await caller.written() == before
    assert (await caller.post("/v1/accounts/A-3/cancellation", {"when": "now"})).status_code == 409, "no line at all"


async def test_a_case_is_withdrawn_once_however_often_it_is_asked(caller: Caller) -> None:
    case = await caller.close_line()
    for _ in range(2):
        response = await caller.post(case["url"] + "/withdrawal", {"reason": "found a better plan here"})
        assert (response.status_code, response.json()["state"]) == (200, "withdrawn")
    assert (await caller.post(case["url"] + "/withdrawal")).status_code == 200, "a body is not needed"
    assert (await caller.close_line())["id"] != case["id"], "the line is free for another case"


async def test_a_case_is_rescheduled_only_while_it_waits(caller: Caller) -> None:
    case = await caller.close_line()
    response = await caller.post(case["url"] + "/reschedule", {"when": "2030-03-03"})
    assert (response.status_code, response.json()["when"]) == (200, "2030-03-03")
    await caller.post(case["url"] + "/withdrawal")
    response = await caller.post(case["url"] + "/reschedule", {"when": "2030-04-04"})
    assert (response.status_code, response.json()["code"]) == (409, "too_late_to_reschedule")


async def test_a_person_decides_what_a_rule_would_not(caller: Caller) -> None:
    async with caller.app.database.transaction() as conn:
        await conn.execute("UPDATE line SET status = 'suspended' WHERE line_ref IN ('L-1', 'L-2')")
    for line, decision, state in (("L-1", "approve", "scheduled"), ("L-2", "decline", "declined")):
        case = await caller.close_line(line)
        assert case["state"] == "in_review"
        response = await caller.post(case["url"] + "/review", {"decision": decision, "why": "called back"})
        assert (response.status_code, response.json()["state"]) == (200, state)
        response = await caller.post(case["url"] + "/review", {"decision": decision, "why": "again"})
        assert (response.status_code, response.json()["code"]) == (409, "not_in_review")


async def test_a_hold_is_set_once_shown_to_whom_it_concerns_and_lifted(caller: Caller) -> None:
    path = "/v1/lines/L-1/holds/fraud"
    assert [(await caller.client.put(path, json={"why": "case 118"})).status_code for _ in range(2)] == [201, 200]
    assert (await caller.get("/v1/lines/L-1")).json()["holds"] == ["fraud"]
    admin = caller.client.headers["Authorization"]
    await caller.use("lines:read")
    assert (await caller.get("/v1/lines/L-1")).json()["holds"] == [], "not public"
    readiness = await caller.get("/v1/lines/L-1/readiness")
    assert (readiness.json()["ready"], "fraud" in readiness.text) == (False, False)
    caller.client.headers["Authorization"] = admin
    assert (await caller.client.delete(path)).json()["stands"] is False
    assert (await caller.client.delete(path)).json()["code"] == "hold_not_set"
    assert (await caller.client.put("/v1/lines/L-1/holds/mood", json={"why": "x"})).json()["code"] == "hold_unknown"


async def test_a_completed_port_out_closes_the_line_as_ported(caller: Caller) -> None:
    pending = await caller.post("/v1/lines/L-1/port-out", {"status": "pending"})
    assert (pending.status_code, pending.json()["cancellation"]) == (200, None)
    assert (await caller.get("/v1/lines/L-1")).json()["holds"] == ["port_pending"]
    done = await caller.post("/v1/lines/L-1/port-out", {"status": "completed"})
    assert (done.status_code, done.json()["cancellation"]["cause"]) == (201, "ported"), done.text
    assert done.headers["location"] == done.json()["cancellation"]["url"]


async def test_pages_neither_repeat_nor_skip_while_cases_come_and_go(caller: Caller) -> None:
    first = [(await caller.close_line(f"L-{n}"))["id"] for n in range(1, 21)]
    seen: list[str] = []
    path = "/v1/cancellations?limit=7"
    for turn in range(10):
        page = (await caller.get(path)).json()
        seen += [case["id"] for case in page["cancellations"]]
        if page["next_cursor"] is None:
            break
        path = f"/v1/cancellations?limit=7&cursor={page['next_cursor']}"
        await caller.close_line(f"L-{30 + turn}")
        await caller.post(f"/v1/cancellations/{first[turn]}/withdrawal")
    assert seen == first[::-1]


async def test_cases_are_found_by_state_reference_line_and_account(caller: Caller) -> None:
    cases = [await caller.close_line(f"L-{n}", external_reference=f"R-{n % 2}") for n in (1, 2, 3, 41)]
    await caller.post(cases[0]["url"] + "/withdrawal")
    ids = [case["id"] for case in cases]

    async def found(query: str) -> list[int]:
        page = (await caller.get(f"/v1/cancellations?{query}")).json()
        return sorted(ids.index(case["id"]) for case in page["cancellations"])

    assert await found("state=scheduled") == [1, 2, 3]
    assert await found("state=withdrawn") == [0]
    assert await found("state=closed") == []
    assert await found("external_reference=R-1") == [0, 2, 3]
    assert await found("external_reference=R-1&state=scheduled") == [2, 3]
    assert await found("line=%2B4915120000002") == [1]
    assert await found("account=A-2") == [3]
    assert (await caller.get("/v1/cancellations?line=L-999")).status_code == 404
