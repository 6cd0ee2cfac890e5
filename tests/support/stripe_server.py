"""localstripe as a program of the tests: on loopback only, its state in a file of its own, and a hand inside it.

`python -m tests.support.stripe_server STATE_FILE PORT` prints the port once it listens. What localstripe lacks of the
API that we use is completed here, as Stripe documents it, and nothing else: payment intents are listed by customer and
described, subscriptions and invoices carry metadata, invoices are told to be left alone. Idempotency keys it ignores,
so that what protects from doing twice here is the looking up alone.
"""

import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from localstripe import resources, server

done: Counter[str] = Counter()
"""Changes that were made, by the caller's idempotency key."""
faults: dict[str, int] = {}
asked: Counter[str] = Counter()


def complete() -> None:
    intent, list_all = resources.PaymentIntent, resources.StripeObject._api_list_all.__func__
    make, update = intent.__init__, resources.Subscription._update

    def described(self: Any, description: str | None = None, **given: Any) -> None:
        make(self, **given)
        self.description = description

    def listed(cls: Any, url: str, customer: str | None = None, limit: Any = None, starting_after: Any = None) -> Any:
        found = list_all(cls, url, limit=limit, starting_after=starting_after)
        found._list = [one for one in found._list if customer in (None, one.customer)]
        found._list.reverse()  # newest first
        return found

    def marked(self: Any, metadata: dict[str, str] | None = None, **given: Any) -> None:
        update(self, **given)
        self.metadata = {**self.metadata, **(metadata or {})}

    intent.__init__, intent._api_list_all = described, classmethod(listed)
    resources.Subscription._update = marked
    resources.Invoice.auto_advance, leave = True, resources.Invoice._update

    def left_alone(self: Any, auto_advance: str = "true", **given: Any) -> None:
        leave(self, auto_advance=resources.try_convert_to_bool(auto_advance), **given)

    resources.Invoice._update = left_alone


def keep_state_in(file: Path) -> None:
    """It would write to one place for all, and so share with whoever else runs it."""

    def dump(self: Any) -> None:
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            resources.pickle.dump(self, stream)
        part.replace(file)

    resources.Store.dump_to_disk = dump
    if file.exists():
        with file.open("rb") as stream:
            resources.store.update(resources.pickle.load(stream))


@web.middleware
async def watched(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if request.path.startswith("/_config/"):
        return await handler(request)
    asked[f"{request.method} {request.path}"] += 1
    response = await handler(request)
    if request.method == "POST" and response.status < 300:
        done[request.headers.get("Idempotency-Key", "")] += 1
        if faults.get("lose_answer", 0) > 0:
            faults["lose_answer"] -= 1
            assert request.transport is not None
            request.transport.abort()
    return response


async def set_fault(request: web.Request) -> web.Response:
    faults.update(await request.json())
    return web.Response()


async def tell(request: web.Request) -> web.Response:
    return web.json_response({"done": done, "asked": asked})


def main() -> None:
    keep_state_in(Path(sys.argv[1]))
    complete()
    server.app.middlewares.insert(0, watched)
    server.app.router.add_post("/_config/hand/faults", set_fault)
    server.app.router.add_get("/_config/hand/told", tell)
    listening = socket.create_server(("127.0.0.1", int(sys.argv[2])))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    web.run_app(server.app, sock=listening, print=None, access_log=None)


if __name__ == "__main__":
    main()
