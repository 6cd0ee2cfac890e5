"""What localstripe never answers, said word for word: a Stripe that speaks a script, on loopback."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from ringoff.connectors.stripe import connect
from ringoff.connectors.stripe.connector import StripeConnector
from tests.connectors.stripe_harness import KEY, WEBHOOK_SECRET

Says = tuple[int, Any]
HANGS: Says = (0, None)
CUTS: Says = (-1, None)


class Twin:
    """`script`: by "POST /v1/refunds" what it says next; the last word is repeated. `calls`: what it was asked."""

    def __init__(self) -> None:
        self.script: dict[str, deque[Says]] = defaultdict(deque)
        self.calls: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    def say(self, call: str, *words: Says) -> None:
        self.script[call] = deque(words)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        call = f"{request.method} {request.path}"
        self.calls.append(call)
        self.headers.append(dict(request.headers))
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        words = self.script[call]
        assert words, f"the twin knows no {call}"
        word = words[0] if len(words) == 1 else words.popleft()
        if word == HANGS:
            await asyncio.sleep(60)
        if word == CUTS:
            assert request.transport is not None
            request.transport.abort()
        status, said = word
        if isinstance(said, str):
            return web.Response(status=max(status, 200), text=said)
        return web.json_response(said, status=max(status, 200))

    def times(self, call: str) -> int:
        return self.calls.count(call)


@asynccontextmanager
async def twin() -> AsyncIterator[Twin]:
    one, app = Twin(), web.Application()
    app.router.add_route("*", "/{path:.*}", one.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = "http://{}:{}".format(*runner.addresses[0])
    try:
        yield one
    finally:
        await runner.cleanup()


@asynccontextmanager
async def connected_to(one: Twin, **options: Any) -> AsyncIterator[StripeConnector]:
    given = {"key": KEY, "api_base": one.url, "webhook_secret": WEBHOOK_SECRET, "timeout_seconds": 2, **options}
    connector = connect("payments", given)
    yield connector
    await connector.close()


def listed(*objects: Any) -> Says:
    return 200, {"object": "list", "data": list(objects), "has_more": False}


def error(status: int, **said: Any) -> Says:
    return status, {"error": said}
