"""A system that answers later tells us that it has. It proves nothing: it only makes us ask at once."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from ringoff.kit.errors import NotFound
from ringoff.ports import AnswersLater
from ringoff.reconcile import store
from ringoff.reconcile.model import INTERACTIVE
from ringoff.surfaces.api.context import Shared
from ringoff.surfaces.api.documentation import problems

router = APIRouter(prefix="/v1/callbacks", tags=["Callbacks"])

WAKE_WORKERS = "SELECT pg_notify('ringoff_interactive', '')"

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "string", "examples": ["provisioning-4711-release-1"]},
                        "reference": {"type": "string", "examples": ["R-1"]},
                    },
                }
            }
        },
    }
}


@router.post(
    "/{system}",
    summary="Tell that accepted work has ended",
    status_code=202,
    responses=problems(400, 401, 413, 415, 503),
    openapi_extra=_BODY,
)
async def call_back(
    system: Annotated[str, Path(description="Its name in `ringoff.toml`.", max_length=64)],
    request: Request,
    shared: Shared,
) -> Response:
    """Signed with the secret that you share with Ringoff (Standard Webhooks: `webhook-id`, `webhook-timestamp`,
    `webhook-signature`); no API key. `reference` is what you answered when you accepted the work.

    Ringoff then asks you at once. A repeated or a lost callback does no harm.
    """
    known = shared.app.systems.get(system)
    if known is None or not isinstance(known.connector, AnswersLater):
        raise NotFound("system_unknown", "No system of this name calls back.")
    reference = known.connector.callback(request.headers, await request.body())
    async with shared.app.database.transaction() as conn:
        cursor = await conn.execute(
            store.WAKE, {"system": system, "reference": reference, "now": shared.app.database.clock.now()}
        )
        if any(row[3] == INTERACTIVE for row in await cursor.fetchall()):
            await conn.execute(WAKE_WORKERS)
    return Response(status_code=202)
