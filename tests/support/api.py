"""The API over a small carrier in a real database: keys, lines, and calls as an integrator makes them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn

from ringoff.app import App, build
from ringoff.connectors import twin
from ringoff.db.pool import Database
from ringoff.features.access import service
from ringoff.features.access.model import Scope
from ringoff.kit.actor import Actor
from ringoff.kit.clock import Clock, ManualClock
from ringoff.ports import Connector
from ringoff.settings import Settings
from ringoff.surfaces.api import create_api
from ringoff.surfaces.server import server
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.traffic import Traffic

NOW = datetime(2029, 11, 1, 12, tzinfo=UTC)
OPERATOR = Actor("operator:test", "cli")

CARRIER = """
INSERT INTO plan VALUES ('P', 'Plan', 'postpaid', 1000, 'EUR');
INSERT INTO account (account_number, holder_name, kind, email, locale, time_zone, jurisdiction, bill_cycle_day)
SELECT 'A-' || n, 'Holder ' || n, CASE WHEN n = 3 THEN 'business' ELSE 'consumer' END, 'holder' || n || '@example.net',
       'es', 'Europe/Madrid', 'neutral', 15
  FROM generate_series(1, 3) n;
INSERT INTO line (line_ref, msisdn, account_id, plan_code, service, imsi, iccid, status)
SELECT 'L-' || n, '+49151' || 20000000 + n, a.id, 'P', 'voice', '26201' || 1000000000 + n,
       '894902000000' || 1000000 + n, 'active'
  FROM generate_series(1, 60) n JOIN account a ON a.account_number = 'A-' || CASE WHEN n <= 40 THEN 1 ELSE 2 END;
INSERT INTO line (line_ref, account_id, plan_code, service, imsi, status, primary_line_id)
SELECT 'W-' || n, account_id, 'P', 'data', '26202' || 1000000000 + n, 'active', CASE WHEN n = 1 THEN id END
  FROM line, generate_series(1, 2) n WHERE line_ref = 'L-60';
"""


@dataclass(slots=True)
class Caller:
    """An integrator's program: its key, and the client it calls with."""

    app: App
    client: httpx.AsyncClient
    server: uvicorn.Server | None = None

    async def key(self, *scopes: Scope) -> str:
        async with self.app.database.transaction() as conn:
            new = await service.create_key(conn, "test", frozenset(scopes), OPERATOR, self.app.database.clock.now())
        return new.text.get_secret_value()

    async def use(self, *scopes: Scope) -> None:
        self.client.headers["Authorization"] = f"Bearer {await self.key(*scopes)}"

    async def get(self, path: str, **how: Any) -> httpx.Response:
        return await self.client.get(path, **how)

    async def post(self, path: str, body: Any = None, **how: Any) -> httpx.Response:
        return await self.client.post(path, **({} if body is None else {"json": body}), **how)

    async def close_line(self, line: str = "L-1", **body: Any) -> dict[str, Any]:
        """A new case for the line."""
        response = await self.post(f"/v1/lines/{line}/cancellation", {"when": "2030-01-01", **body})
        assert response.status_code == 201, response.text
        case: dict[str, Any] = response.json()
        return case

    async def rows(self, query: str, *values: Any) -> Sequence[Any]:
        async with self.app.database.transaction() as conn:
            cursor = await conn.execute(query, values)
            return await cursor.fetchall()

    async def rows_changed(self, statement: str, *values: Any) -> None:
        async with self.app.database.transaction() as conn:
            await conn.execute(statement, values)

    async def written(self) -> list[int]:
        """How many rows every table that a request may write to holds."""
        tables = ("cancellation", "obligation", "event", "hold", "idempotency")
        return [(await self.rows(f"SELECT count(*) FROM {table}"))[0][0] for table in tables]


@asynccontextmanager
async def calling(
    database: Database,
    connectors: dict[str, Connector],
    *,
    systems: dict[str, Any] | None = None,
    clock: Clock | None = None,
    final_bills: bool = False,
) -> AsyncIterator[Caller]:
    """An admin's Caller, at the time NOW. `connectors` by system name; `systems`: how, if not gating, in wave 1."""
    database.clock = clock or ManualClock(NOW)
    configured = systems if systems is not None else dict.fromkeys(connectors, _GATE)
    settings = Settings.model_validate({"systems": configured, "billing": {"final_bills": final_bills}})
    app = await build(settings, database, connectors=connectors).open()
    async with database.transaction() as conn:
        for statement in filter(str.strip, CARRIER.split(";\n")):
            await conn.execute(statement)
    api = create_api(app)
    transport = httpx.ASGITransport(api, client=("192.0.2.7", 1234))
    async with (
        api.router.lifespan_context(api),
        httpx.AsyncClient(transport=transport, base_url="http://api") as client,
    ):
        caller = Caller(app, client)
        await caller.use("admin")
        yield caller


_GATE = {"connector": "twin", "wave": 1, "effect": "pivot", "gates": True}


@asynccontextmanager
async def serving(caller: Caller, *, streams: int = 200) -> AsyncIterator[httpx.AsyncClient]:
    """The same over a real server and a real socket, with at most so many event streams."""
    traffic = Traffic()
    api = create_api(caller.app, traffic=traffic, streams=EventStreams(caller.app.database, traffic, most=streams))
    running = server(api, "127.0.0.1", 0)
    caller.server = running
    task = asyncio.create_task(running.serve())
    try:
        while not running.started:
            await asyncio.sleep(0.01)
        port = running.servers[0].sockets[0].getsockname()[1]
        headers = {"Authorization": caller.client.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
            yield client
    finally:
        running.should_exit = True
        await task


def trial(name: str) -> Connector:
    """A stand-in for a system; nothing is asked of it unless a test runs a worker."""
    return twin.connect(name, {}, None)
