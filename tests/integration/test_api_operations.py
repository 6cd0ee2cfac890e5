"""For load balancers, monitoring and integrators: health, readiness, figures, the description of the API."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ringoff.db.pool import Database
from ringoff.surfaces.api import gauges
from tests.support.api import NOW, Caller, calling, trial

DASHBOARD = Path(__file__).parents[2] / "examples" / "grafana" / "ringoff.json"


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    async with calling(database, {"hlr": trial("hlr")}) as made:
        del made.client.headers["Authorization"]
        yield made


async def test_a_process_that_can_take_requests_says_so_and_names_its_stand_ins(caller: Caller) -> None:
    assert (await caller.get("/healthz")).json() == {"status": "alive"}
    response = await caller.get("/readyz")
    ready = response.json()
    assert (response.status_code, ready["ready"]) == (200, True), response.text
    assert ready["trial_systems"] == ["hlr"]
    assert ready["systems"]["hlr"] == {"trial": True, "breaker_open": False, "last_failure": None}
    assert all(check["ok"] for check in ready["checks"].values())


async def test_without_any_system_requests_cannot_be_taken(database: Database) -> None:
    async with calling(database, {}) as caller:
        response = await caller.get("/readyz")
        assert (response.status_code, response.json()["checks"]["systems"]["ok"]) == (503, False)


async def test_a_database_of_another_version_is_not_ready(caller: Caller) -> None:
    async with caller.app.database.transaction() as conn:
        await conn.execute("DELETE FROM migration WHERE number = 5")
    response = await caller.get("/readyz")
    assert (response.status_code, response.json()["checks"]["migrations"]["ok"]) == (503, False)
    assert "ringoff migrate" in response.json()["checks"]["migrations"]["says"]


async def test_an_open_breaker_is_told_and_requests_are_still_taken(caller: Caller) -> None:
    async with caller.app.database.transaction() as conn:
        await conn.execute(
            "UPDATE system SET failures = 9, open_until = %s + interval '1 minute', last_failure = 'timeout'", (NOW,)
        )
    response = await caller.get("/readyz")
    assert response.status_code == 200
    assert response.json()["systems"]["hlr"] == {"trial": True, "breaker_open": True, "last_failure": "timeout"}
    assert await figures(caller, "ringoff_breaker_open") == {("hlr",): 1}


async def figures(caller: Caller, name: str) -> dict[tuple[str, ...], float]:
    """By the values of their labels, in the order of the labels' names."""
    response = await caller.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if sample.name == name
    }


async def test_figures_tell_how_everything_stands(caller: Caller) -> None:
    await caller.use("admin")
    case = await caller.close_line("L-1")
    await caller.close_line("L-2")
    await caller.post(case["url"] + "/withdrawal")
    async with caller.app.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO obligation (subject_id, system, kind, priority, state, created_at, due_at) VALUES"
            " (1, 'hlr', 'release', 0, 'due', %(now)s, %(now)s - interval '42 seconds'),"
            " (1, 'hlr', 'restore', 0, 'due', %(now)s, %(now)s - interval '7 seconds'),"
            " (1, 'hlr', 'verify', 0, 'due', %(now)s, %(now)s + interval '1 day'),"
            " (2, 'hlr', 'release', 0, 'fallout', %(now)s, %(now)s)",
            {"now": NOW},
        )
    assert await figures(caller, "ringoff_database_up") == {(): 1}
    assert await figures(caller, "ringoff_open_cases") == {("scheduled",): 1}
    assert await figures(caller, "ringoff_obligations") == {("due", "hlr"): 2, ("fallout", "hlr"): 1}
    assert await figures(caller, "ringoff_oldest_due_seconds") == {("hlr",): 42}
    assert await figures(caller, "ringoff_system_trial") == {("hlr",): 1}
    requests = await figures(caller, "ringoff_http_requests_total")
    assert requests["POST", "/v1/lines/{line}/cancellation", "201"] == 2


async def test_what_is_tried_again_soon_is_owed_and_after_care_to_come_is_not(caller: Caller) -> None:
    async with caller.app.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO obligation (subject_id, system, kind, priority, state, created_at, due_at)"
            " SELECT n, 'hlr', kind, 10, 'due', %(now)s, %(now)s + interval '1 minute'"
            "   FROM generate_series(1, 5) n, unnest(ARRAY['release', 'verify']) kind",
            {"now": NOW},
        )
    assert await figures(caller, "ringoff_obligations") == {("due", "hlr"): 5}
    assert await figures(caller, "ringoff_oldest_due_seconds") == {("hlr",): 0}


async def test_a_database_that_cannot_count_in_time_is_up_and_tells_the_rest(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "LIMIT_TIME", "SET LOCAL statement_timeout = '100ms'")
    async with caller.app.database.transaction() as conn:
        await conn.execute("LOCK TABLE obligation IN ACCESS EXCLUSIVE MODE")
        assert await figures(caller, "ringoff_database_up") == {(): 1}
        assert await figures(caller, "ringoff_obligations") == {}
        assert await figures(caller, "ringoff_breaker_open") == {("hlr",): 0}


async def test_a_database_that_is_gone_is_a_figure_and_a_problem_and_no_crash(database_url: str) -> None:
    database = Database(database_url)
    async with database, calling(database, {"hlr": trial("hlr")}) as caller:
        await database.close()
        assert (await caller.get("/healthz")).status_code == 200
        ready = await caller.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]["ok"]) == (503, False)
        assert await figures(caller, "ringoff_database_up") == {(): 0}
        del caller.client.headers["Authorization"]
        response = await caller.get("/v1/lines/L-1", headers={"Authorization": f"Bearer ro_{'a' * 10}_{'a' * 52}"})
        assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")


async def test_the_description_is_complete(caller: Caller) -> None:
    document = (await caller.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    assert document["components"]["securitySchemes"]["API key"]["scheme"] == "bearer"
    assert "HTTPValidationError" not in schemas
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert len(operation["description"]) > 40, path
            assert operation["tags"], path
            responses = operation["responses"]
            success = [status for status in responses if status < "300"]
            assert success, path
            if path.startswith("/v1/"):
                assert {"400", "401", "503"} <= set(responses), (method, path)
            for status, response in responses.items():
                assert response["description"], (path, status)
                if status >= "400" and path != "/readyz":
                    (media_type,) = response["content"]
                    assert media_type == "application/problem+json", (path, status)


async def test_the_page_needs_nothing_from_the_internet(caller: Caller) -> None:
    page = await caller.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/docs/assets/{asset}" in page.text
        assert (await caller.get(f"/docs/assets/{asset}")).status_code == 200
    missing = await caller.get("/docs/assets/../../../etc/passwd")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")


async def test_what_waits_for_a_person_is_counted_by_queue(caller: Caller) -> None:
    async with caller.app.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO obligation (subject_id, system, kind, priority, state, created_at, due_at) VALUES"
            " (2, 'hlr', 'release', 0, 'fallout', %(now)s - interval '90 seconds', %(now)s)",
            {"now": NOW},
        )
    assert (await figures(caller, "ringoff_queue_items"))["fallout",] == 1
    assert (await figures(caller, "ringoff_queue_oldest_seconds"))["fallout",] == 90
    assert set(await figures(caller, "ringoff_ended_last_hour")) == {("closed",), ("withdrawn",), ("declined",)}


async def test_the_dashboard_asks_for_nothing_that_is_not_told(caller: Caller) -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"ringoff_[a-z_]+", target["expr"])
    }
    assert len(asked) > 10
    told = (await caller.client.get("/metrics")).text
    families = {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE")}
    bare = {re.sub("_total$", "", name) for name in families}
    assert {re.sub("_(total|bucket)$", "", name) for name in asked} <= bare
