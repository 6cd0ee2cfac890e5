"""The carrier's side of the webhook protocol (src/ringoff/connectors/webhook/README.md), over HTTP."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sample_carrier.ledger import Ledger
from sample_carrier.provisioning import IDENTITY, Manner, answer, keep_message, take

BODY_MOST = 16 * 1024  # bytes
RELEASE_FIELDS = ("id", "type", "line_ref", "case_number", *IDENTITY)
MESSAGE_FIELDS = ("id", "to", "text", "case_number")
PRESENT = "SELECT msisdn, imsi, iccid, state FROM line WHERE line_ref = ?"
WORK = "SELECT * FROM work WHERE id = ?"
EFFECTS = """
SELECT number, id, type, line_ref, status, asked, effects FROM work WHERE number > ? ORDER BY number LIMIT 1000
"""
MESSAGES = """SELECT number, id, "to", text, case_number FROM message WHERE number > ? ORDER BY number LIMIT 1000"""

Signed = Callable[[Request, bytes], Awaitable[Response]]


class Carrier:
    def __init__(self, ledger: Ledger, secret: str, manner: Manner) -> None:
        self.ledger, self.manner = ledger, manner
        self._webhook = Webhook(secret)

    def routes(self) -> list[Route]:
        return [
            Route("/releases", self.signed(self.post_release), methods=["POST"]),
            Route("/releases/{id}", self.signed(self.get_release)),
            Route("/lines/{line_ref:path}", self.signed(self.get_line)),
            Route("/messages", self.signed(self.post_message), methods=["POST"]),
            Route("/health", self.signed(self.get_health)),
            Route("/effects", self.listing(EFFECTS)),
            Route("/messages", self.listing(MESSAGES)),
        ]

    def signed(self, endpoint: Signed) -> Callable[[Request], Awaitable[Response]]:
        """Serve only what carries a good signature over its body and, for a GET, the end of its path."""

        async def check(request: Request) -> Response:
            body: bytes = b""
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_MOST:
                    return JSONResponse({"why": "too large"}, 413)
            try:
                self._webhook.verify(body, dict(request.headers), json_parse=False)
            except (WebhookVerificationError, ValueError):
                return JSONResponse({"why": "the signature does not fit, or is too old"}, 401)
            if request.method == "GET" and request.headers["webhook-id"] != last_segment(request):
                return JSONResponse({"why": "signed for another path"}, 401)
            return await endpoint(request, body)

        return check

    async def post_release(self, request: Request, body: bytes) -> Response:
        asked = fields_of(body, RELEASE_FIELDS)
        if asked is None or asked["id"] != request.headers["webhook-id"] or not asked["line_ref"]:
            return JSONResponse({"why": "not a release"}, 400)
        if asked["type"] not in ("release", "restore"):
            return JSONResponse({"why": "unknown type"}, 400)
        status, said = await self.ledger.change(lambda db: take(db, asked, self.manner))
        return JSONResponse(said, status)

    async def get_release(self, request: Request, _: bytes) -> Response:
        found = self.ledger.read(WORK, (request.path_params["id"],))
        if not found:
            return JSONResponse({"status": "unknown"}, 404)
        said = answer(found[0], self.manner)[1]
        return JSONResponse(said)

    async def get_line(self, request: Request, _: bytes) -> Response:
        found = self.ledger.read(PRESENT, (request.path_params["line_ref"],))
        held = [line for line in found if line["state"] == "present"]
        return JSONResponse(held[0] if held else {"state": "absent"})

    async def post_message(self, request: Request, body: bytes) -> Response:
        message = fields_of(body, MESSAGE_FIELDS)
        if message is None or message["id"] != request.headers["webhook-id"]:
            return JSONResponse({"why": "not a message"}, 400)
        if not (message["to"] and message["text"]):
            return JSONResponse({"why": "a message has an address and a text"}, 400)
        await self.ledger.change(lambda db: keep_message(db, message))
        return JSONResponse({"status": "accepted"}, 202)

    def listing(self, sql: str) -> Callable[[Request], Awaitable[Response]]:
        """What was done here, a page after `?after=number`. Unsigned: this sample listens to its own machine only."""

        async def page(request: Request) -> Response:
            after = request.query_params.get("after", "0")
            return JSONResponse(self.ledger.read(sql, (int(after) if after.isdigit() else 0,)))

        return page

    async def get_health(self, _request: Request, _body: bytes) -> Response:
        return JSONResponse({"status": "ok"})


def application(carrier: Carrier, more: list[Route], lifespan: Any) -> Starlette:
    """`more` goes first: it may stand in the way of the carrier's own routes."""
    return Starlette(routes=[*more, *carrier.routes()], lifespan=lifespan)


def last_segment(request: Request) -> str:
    path: bytes = request.scope["raw_path"]
    return path.decode().rpartition("/")[2]


def fields_of(body: bytes, names: tuple[str, ...]) -> dict[str, Any] | None:
    """These fields of a JSON object, each a string or None; None where the body is anything else."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    fields = {name: said.get(name) for name in names}
    return fields if all(value is None or isinstance(value, str) for value in fields.values()) else None
