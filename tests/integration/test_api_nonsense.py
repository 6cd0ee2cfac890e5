"""Whatever is sent, the answer is a success or a precise problem, and never our own failure."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringoff.db.pool import Database
from ringoff.kit.ids import case_number
from ringoff.surfaces.api.paging import to_cursor
from tests.support.api import Caller, calling, trial

CASE = case_number(1)
NASTY = (
    *("\x00", "%", "..", "L-1", "A-1", "+4915120000001", "iccid:", "imsi:1", "'; --", "{}", "𐀀", "٣", "C-", CASE),
    *(f"{CASE}.hlr.release.1", f"{CASE}.\x00.release.1", f"{CASE}.hlr.release.٣", f"{CASE}.hlr.release.9999"),
)
TEXT = st.sampled_from(NASTY) | st.text(max_size=80).filter(
    lambda text: not any("\ud800" <= c <= "\udfff" for c in text)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
NAMES = ("when", "reason", "contact", "external_reference", "channel", "cooling_off", "why", "decision", "status")
BODY = JSON | st.dictionaries(st.sampled_from((*NAMES, "resolved_as")), JSON | st.just("now"), max_size=5)
CURSOR = st.builds(to_cursor, st.integers(0, 2**64 - 1)) | st.builds(
    to_cursor, st.integers(0, 2**64 - 1), TEXT, TEXT, st.integers(0, 2**64 - 1)
)
QUERY = st.dictionaries(st.sampled_from(("state", "line", "account", "system", "limit", "x")), TEXT, max_size=3)
OPERATIONS = (
    ("GET", "/v1/lines/{}"),
    ("GET", "/v1/lines/{}/readiness"),
    ("POST", "/v1/lines/{}/cancellation"),
    ("POST", "/v1/accounts/{}/cancellation"),
    ("PUT", "/v1/lines/L-1/holds/{}"),
    ("DELETE", "/v1/lines/L-1/holds/{}"),
    ("POST", "/v1/lines/{}/port-out"),
    ("GET", "/v1/cancellations"),
    ("GET", "/v1/cancellations/{}"),
    ("POST", "/v1/cancellations/{}/withdrawal"),
    ("POST", "/v1/cancellations/{}/reschedule"),
    ("POST", "/v1/cancellations/{}/review"),
    ("POST", "/v1/callbacks/{}"),
    ("GET", "/v1/obligations"),
    ("POST", "/v1/obligations/{}/retry"),
    ("POST", "/v1/obligations/{}/resolve"),
)
PLAUSIBLE: tuple[dict[str, str], ...] = (
    {"when": "now"},
    {},
    {"why": "x"},
    {"decision": "approve", "why": "x"},
    {"resolved_as": "void", "why": "x"},
)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(
        st.tuples(st.sampled_from(OPERATIONS), TEXT, BODY, QUERY, CURSOR | st.none()), min_size=20, max_size=20
    )
)
def test_nonsense_never_becomes_our_failure(
    shared_caller: Caller, runner: asyncio.Runner, calls: list[tuple[Any, ...]]
) -> None:
    async def all_of_them() -> None:
        for operation, name, body, query, cursor in calls:
            params = query if cursor is None else {**query, "cursor": cursor}
            with suppress(ValueError):  # NaN cannot even be sent
                await withstands(shared_caller, operation, name, body, params)

    runner.run(all_of_them())


def test_every_operation_withstands_every_nasty_name(shared_caller: Caller, runner: asyncio.Runner) -> None:
    async def all_of_them() -> None:
        for operation, name, body in product(OPERATIONS, NASTY, PLAUSIBLE):
            await withstands(
                shared_caller, operation, name, body, {"line": name, "cursor": to_cursor(1, name, name, 1)}
            )

    runner.run(all_of_them())


async def withstands(caller: Caller, operation: tuple[str, str], name: str, body: Any, params: dict[str, str]) -> None:
    method, path = operation
    address = path.format(quote(name, safe=""))
    response = await caller.client.request(method, address, json=None if method == "GET" else body, params=params)
    assert response.status_code < 500, (method, address, body, params, response.text)
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"


@pytest.fixture
def shared_caller(runner: asyncio.Runner, database_url: str) -> Iterator[Caller]:
    async def start() -> tuple[Database, Any, Caller]:
        database = await Database(database_url).open()
        context = calling(database, {"hlr": trial("hlr")})
        return database, context, await context.__aenter__()

    database, context, caller = runner.run(start())
    yield caller

    async def stop() -> None:
        await context.__aexit__(None, None, None)
        await database.close()

    runner.run(stop())
