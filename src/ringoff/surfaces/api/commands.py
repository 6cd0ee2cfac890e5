"""A request that changes something: one transaction, answered once for each Idempotency-Key.

The claim of the key, the effect and the saved answer commit together, and only then is the caller answered: what was
answered is durable, and what was refused left no trace.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import orjson
from fastapi import Depends, Header, Request
from starlette.responses import Response

from ringoff.db.pool import Connection
from ringoff.features.access import idempotency
from ringoff.features.access.idempotency import IdempotentRequest, SavedAnswer
from ringoff.surfaces.answers import Answer
from ringoff.surfaces.api.context import Context, context_of

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """`answer` None is an empty body. An answer with the status 201 has a `url`, which becomes the Location."""

    status: int
    answer: Answer | None = None

    @property
    def body(self) -> bytes:
        return b"" if self.answer is None else self.answer.model_dump_json().encode()


Effect = Callable[[Connection, datetime], Awaitable[Reply]]


@dataclass(slots=True)
class Command:
    request: Request
    context: Context
    idempotency_key: str | None

    async def run(self, effect: Effect) -> Response:
        """Effect and answer, or the saved answer. Raises whatever the effect raises, after everything is undone."""
        now = self.context.app.database.clock.now()
        claimed = await self._claim()
        async with self.context.app.database.transaction() as conn:
            if claimed is not None:
                saved = await idempotency.claim(conn, claimed, now, self.context.answers_kept)
                if saved is not None:
                    return to_response(saved, {"Idempotency-Replayed": "true"})
            reply = await effect(conn, now)
            answer = SavedAnswer(reply.status, reply.body)
            if claimed is not None:
                await idempotency.save(conn, claimed, answer)
        return to_response(answer)

    async def _claim(self) -> IdempotentRequest | None:
        if self.idempotency_key is None:
            return None
        scope = self.request.scope
        path = scope["raw_path"] + b"?" + scope["query_string"]
        body = await self.request.body()
        key_id = self.request.state.key.id
        return IdempotentRequest.of(key_id, self.idempotency_key, scope["method"], path.decode("latin-1"), body)


async def commanding(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Any text of up to 255 printable characters that you never use twice. A repeated request with "
            "the same key and the same body gets the first answer again, with `Idempotency-Replayed: true`, and has no "
            "second effect; with another body it is refused (422). Refusals are not kept: correct the request, send "
            "it again. Answers are kept for 48 hours, unless the rule pack says otherwise.",
            examples=["0b8e4c1e-cancel-4711"],
        ),
    ] = None,
) -> Command:
    return Command(request, context_of(request), idempotency_key)


def to_response(answer: SavedAnswer, headers: dict[str, str] | None = None) -> Response:
    headers = dict(headers or {})
    if answer.status == 201:
        headers["Location"] = orjson.loads(answer.body)["url"]
    return Response(answer.body, answer.status, headers, JSON if answer.body else None)


def read_response(answer: Answer, status: int = 200) -> Response:
    """For a request that changes nothing."""
    return Response(answer.model_dump_json(), status, media_type=JSON)


Commanding = Annotated[Command, Depends(commanding)]
