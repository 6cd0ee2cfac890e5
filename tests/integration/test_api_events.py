"""A case followed by server-sent events, over a real server."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ringoff.db.pool import Database
from ringoff.features.proof import Event, record
from ringoff.kit.actor import SYSTEM
from ringoff.kit.ids import case_number, parse_case_number
from ringoff.reconcile.archive import archive
from ringoff.reconcile.model import Lane
from ringoff.surfaces.api import cancellations
from ringoff.surfaces.worker import Worker
from tests.support.api import NOW, Caller, calling, serving, trial


@dataclass
class Told:
    type: str
    id: int
    data: Any


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    async with calling(database, {"hlr": trial("hlr")}) as made:
        yield made


@pytest.fixture
async def client(caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(caller) as made:
        yield made


async def listen(response: httpx.Response) -> AsyncIterator[Told]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif not line and "data" in fields:
            yield Told(fields["event"], int(fields["id"]), json.loads(fields["data"]))
            fields = {}


async def happen(caller: Caller, case: dict[str, Any], *types: str) -> None:
    async with caller.app.database.transaction() as conn:
        await record(
            conn, [Event(subject_id=parse_case_number(case["id"]), type=t, actor=SYSTEM, at=NOW) for t in types]
        )


async def test_what_has_happened_is_told_then_what_happens_until_the_case_ends(
    caller: Caller, client: httpx.AsyncClient
) -> None:
    case = await caller.close_line()
    async with client.stream("GET", case["url"] + "/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        told = listen(response)
        seen = [await anext(told), await anext(told)]
        assert [event.type for event in seen] == ["case.requested", "case.scheduled"]
        await happen(caller, case, "release.discharged")
        live = await anext(told)
        assert (live.type, live.data["actor"], live.data["id"]) == ("release.discharged", "ringoff", live.id)
        await caller.post(case["url"] + "/withdrawal")
        rest = [event async for event in told]
        assert [event.type for event in rest] == ["case.withdrawn", "end"]
        assert rest[-1].data == {"state": "withdrawn"}


async def test_a_line_closes_before_the_eyes_of_who_follows_it(caller: Caller, client: httpx.AsyncClient) -> None:
    worker = Worker(caller.app, Lane("interactive"))
    running = asyncio.create_task(worker.run())
    case = (await caller.post("/v1/lines/L-1/cancellation", {"when": "now"})).json()
    async with client.stream("GET", case["url"] + "/events") as response:
        types = [event.type async for event in listen(response)]
    worker.stop()
    await running
    assert types[:2] == ["case.requested", "case.scheduled"]
    assert types.index("release.discharged") < types.index("case.closed")
    assert types[-1] == "end", "though the line is looked at again for weeks"
    read = (await caller.get(case["url"])).json()
    assert read["state"] == "closed"
    assert [(o["state"], o["evidence"] is None) for o in read["releases"]] == [("discharged", False)]
    assert [o["state"] for o in read["checks"]] == ["due"] * len(read["checks"]) != []


async def test_a_case_is_shown_whole_also_from_the_archive(caller: Caller) -> None:
    worker = Worker(caller.app, Lane("interactive"))
    running = asyncio.create_task(worker.run())
    case = (await caller.post("/v1/lines/L-1/cancellation", {"when": "now"})).json()
    async with asyncio.timeout(60):
        while (await caller.get(case["url"])).json()["state"] != "closed":
            await asyncio.sleep(0.05)
    worker.stop()
    await running
    async with caller.app.database.transaction() as conn:
        await conn.execute("UPDATE obligation SET state = 'discharged', settled_at = %s WHERE state = 'due'", (NOW,))
    before = (await caller.get(case["url"])).json()
    async with caller.app.database.transaction() as conn:
        assert await archive(conn, NOW + timedelta(days=1)) is not None
    assert await caller.rows("SELECT * FROM obligation") == []
    assert (await caller.get(case["url"])).json() == before
    assert len(before["releases"]) == 1


async def test_a_stream_resumes_after_the_last_event_seen(caller: Caller, client: httpx.AsyncClient) -> None:
    case = await caller.close_line()
    await happen(caller, case, "one", "two", "three")
    await caller.post(case["url"] + "/withdrawal")
    async with client.stream("GET", case["url"] + "/events") as response:
        everything = [event async for event in listen(response)]
    two = next(event for event in everything if event.type == "two")
    async with client.stream("GET", case["url"] + "/events", headers={"Last-Event-ID": str(two.id)}) as response:
        rest = [event.type async for event in listen(response)]
    assert rest == ["three", "case.withdrawn", "end"]
    last = {"Last-Event-ID": str(everything[-1].id)}
    assert (await client.get(case["url"] + "/events", headers=last)).status_code == 204, "do not reconnect"


async def test_a_long_history_arrives_whole_and_in_order(caller: Caller, client: httpx.AsyncClient) -> None:
    case = await caller.close_line()
    await happen(caller, case, *(f"step.{number}" for number in range(1234)))
    await caller.post(case["url"] + "/withdrawal")
    async with client.stream("GET", case["url"] + "/events") as response:
        types = [event.type async for event in listen(response)]
    assert [t for t in types if t.startswith("step.")] == [f"step.{number}" for number in range(1234)]
    assert types[-1] == "end"


async def test_each_of_many_listeners_hears_its_own_case(caller: Caller, client: httpx.AsyncClient) -> None:
    cases = [await caller.close_line(f"L-{n}") for n in range(1, 5)]

    async def follow(case: dict[str, Any]) -> list[Told]:
        async with client.stream("GET", case["url"] + "/events") as response:
            return [event async for event in listen(response)]

    listeners = [asyncio.create_task(follow(case)) for case in cases for _ in range(3)]
    await asyncio.sleep(0)
    for number, case in enumerate(cases):
        await happen(caller, case, f"own.{number}")
        await caller.post(case["url"] + "/withdrawal")
    for number, told in enumerate(await asyncio.gather(*listeners)):
        own = [event.type for event in told if event.type.startswith("own.")]
        assert own == [f"own.{number // 3}"]


async def test_a_quiet_stream_is_kept_alive(
    caller: Caller, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancellations, "HEARTBEAT", 0.05)
    case = await caller.close_line()
    async with client.stream("GET", case["url"] + "/events") as response:
        async for line in response.aiter_lines():
            if line == ": still here":
                break


async def test_a_listener_who_leaves_is_forgotten_and_makes_room(database: Database) -> None:
    async with calling(database, {"hlr": trial("hlr")}) as caller:
        case = await caller.close_line()
        async with serving(caller, streams=1) as client:
            path = case["url"] + "/events"
            async with client.stream("GET", path) as response:
                told = listen(response)
                await anext(told)
                refused = await client.get(path)
                assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
            async with asyncio.timeout(20):
                while not await opens(client, path):
                    await asyncio.sleep(0.05)


async def opens(client: httpx.AsyncClient, path: str) -> bool:
    async with client.stream("GET", path) as response:
        return response.status_code == 200


async def test_a_server_that_is_told_to_stop_ends_its_streams(caller: Caller, client: httpx.AsyncClient) -> None:
    case = await caller.close_line()
    async with client.stream("GET", case["url"] + "/events") as response:
        told = listen(response)
        await anext(told)
        assert caller.server is not None
        caller.server.should_exit = True
        with contextlib.suppress(httpx.RemoteProtocolError):  # cut short, as an EventSource expects it
            assert "end" not in [event.type async for event in told], "the case has not ended: come back"


@pytest.mark.parametrize("last", ["-1", "x", "99999999999999999999"])
async def test_an_event_id_that_cannot_be_is_refused(caller: Caller, last: str) -> None:
    case = await caller.close_line()
    response = await caller.get(case["url"] + "/events", headers={"Last-Event-ID": last})
    assert response.status_code == 400
    assert response.json()["errors"][0]["in"] == "header"


async def test_an_unknown_case_cannot_be_followed(caller: Caller) -> None:
    response = await caller.get(f"/v1/cancellations/{case_number(4711)}/events")
    assert (response.status_code, response.json()["code"]) == (404, "case_unknown")
