"""For load balancers and monitoring: is this process alive, can it serve, how does everything stand?"""

from collections.abc import Mapping
from typing import Any

import psycopg
import psycopg_pool
from fastapi import APIRouter
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import Response

from ringoff.db import migrate
from ringoff.db.pool import Connection
from ringoff.features.cancellation.model import plan_problem
from ringoff.surfaces.answers import Answer
from ringoff.surfaces.api.commands import read_response
from ringoff.surfaces.api.context import Context, Shared

router = APIRouter(tags=["Operations"])

LIMIT_TIME = "SET LOCAL statement_timeout = '3s'"
BREAKERS = "SELECT name, coalesce(open_until > %(now)s, false), last_failure FROM system"


class Alive(Answer):
    status: str


class Check(Answer):
    ok: bool
    says: str


class SystemShown(Answer):
    trial: bool
    breaker_open: bool
    last_failure: str | None


class ReadyShown(Answer):
    """`ready`: requests can be taken. A system that is unwell makes work wait, and does not make us unready."""

    ready: bool
    checks: Mapping[str, Check]
    systems: Mapping[str, SystemShown]
    trial_systems: list[str]


@router.get("/healthz", summary="Is the process alive?", response_model=Alive)
async def healthz() -> Response:
    """Answers as long as the process does. Looks at nothing else."""
    return read_response(Alive(status="alive"))


@router.get(
    "/readyz",
    summary="Can requests be taken?",
    response_model=ReadyShown,
    responses={503: {"model": ReadyShown, "description": "Not now; `checks` says why."}},
)
async def readyz(shared: Shared) -> Response:
    """The database answers, its migrations are those of this program, and a system is configured that lets lines go."""
    checks = {"systems": _systems_check(shared)}
    systems = {name: SystemShown(trial=s.connector.trial, breaker_open=False, last_failure=None)
               for name, s in shared.app.systems.items()}  # fmt: skip
    try:
        async with shared.app.database.transaction() as conn:
            await conn.execute(LIMIT_TIME)
            checks["database"] = Check(ok=True, says="answers")
            checks["migrations"] = await _migrations_check(conn)
            systems.update(await _systems(conn, shared))
    except (psycopg.Error, psycopg_pool.PoolTimeout, OSError) as error:
        checks["database"] = Check(ok=False, says=f"does not answer ({type(error).__name__})")
    ready = all(check.ok for check in checks.values())
    trial = sorted(shared.app.trial_systems)
    shown = ReadyShown(ready=ready, checks=checks, systems=systems, trial_systems=trial)
    return read_response(shown, 200 if ready else 503)


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response, responses={
    200: {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
})  # fmt: skip
async def metrics(shared: Shared) -> Response:
    """Of the installation, read from the database (at most every 5 seconds), and of this process."""
    body = await shared.gauges.expose() + shared.traffic.expose()
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _systems_check(shared: Context) -> Check:
    problem = plan_problem(shared.app.terms.steps)
    return Check(ok=problem is None, says=problem or f"{len(shared.app.terms.steps)} configured")


async def _migrations_check(conn: Connection) -> Check:
    cursor = await conn.execute(migrate.SELECT_APPLIED)
    applied = {(number, digest) for number, _, digest in await cursor.fetchall()}
    known = {(migration.number, migration.digest) for migration in migrate.known()}
    if applied == known:
        return Check(ok=True, says=f"{len(known)} applied")
    return Check(ok=False, says="the database is not at this program's migrations: run `ringoff migrate`")


async def _systems(conn: Connection, shared: Context) -> dict[str, Any]:
    cursor = await conn.execute(BREAKERS, {"now": shared.app.database.clock.now()})
    return {
        name: SystemShown(
            trial=shared.app.systems[name].connector.trial, breaker_open=is_open, last_failure=last_failure
        )
        for name, is_open, last_failure in await cursor.fetchall()
        if name in shared.app.systems
    }
