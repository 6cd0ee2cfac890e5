"""Bad days, for tests: not part of what an integrator copies. Served only with --faults, and only to this machine.

POST /faults {"fault": "slow", "on": "/releases", "times": 3, "seconds": 2}     DELETE /faults
PUT /lines/{line_ref} {"state": "present", "msisdn": "+49…", "imsi": …, "iccid": …}
"""

import asyncio
import json
import os
import signal
from dataclasses import dataclass
from typing import Any, Literal, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sample_carrier.ledger import Ledger

Fault = Literal[
    "down",  # 500 to everything, nothing is done
    "busy",  # 503 with Retry-After, nothing is done
    "slow",  # waits before it does anything
    "lies",  # says done, does nothing
    "nonsense",  # 200 with something that is no answer, nothing is done
    "hangs_up",  # does it, then breaks the connection off
    "dies_after_effect",  # does it, then the process kills itself
]
OWN = {("POST", "/faults"), ("DELETE", "/faults"), ("GET", "/effects"), ("GET", "/messages")}
SET_LINE = """
INSERT INTO line (line_ref, msisdn, imsi, iccid, state) VALUES (:line_ref, :msisdn, :imsi, :iccid, :state)
ON CONFLICT (line_ref) DO UPDATE
SET msisdn = excluded.msisdn, imsi = excluded.imsi, iccid = excluded.iccid, state = excluded.state
"""


@dataclass
class Planned:
    fault: Fault
    on: str = "/"  # calls whose path starts so
    method: str | None = None
    times: int | None = None  # None: until DELETE /faults
    seconds: float = 1.0

    def takes(self, scope: Scope) -> bool:
        if self.times == 0 or not scope["path"].startswith(self.on) or self.method not in (None, scope["method"]):
            return False
        self.times = None if self.times is None else self.times - 1
        return True


class Faults:
    """Stands between the network and the carrier."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._planned: list[Planned] = []
        self._app: ASGIApp | None = None

    def around(self, app: ASGIApp) -> ASGIApp:
        self._app = app
        return self

    def routes(self) -> list[Route]:
        return [
            Route("/faults", self._plan, methods=["POST", "DELETE"]),
            Route("/lines/{line_ref:path}", self._set_line, methods=["PUT"]),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None
        own = scope["type"] != "http" or (scope["method"], scope["path"]) in OWN or scope["method"] == "PUT"
        planned = None if own else next((p for p in self._planned if p.takes(scope)), None)
        if planned is None:
            await self._app(scope, receive, send)
        else:
            await self._misbehave(planned, scope, receive, send)

    async def _misbehave(self, planned: Planned, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None
        match planned.fault:
            case "down":
                await Response("out of order", 500)(scope, receive, send)
            case "busy":
                await JSONResponse({}, 503, {"retry-after": str(int(planned.seconds))})(scope, receive, send)
            case "slow":
                await asyncio.sleep(planned.seconds)
                await self._app(scope, receive, send)
            case "lies":
                await JSONResponse({"status": "done"})(scope, receive, send)
            case "nonsense":
                await Response("<html>It works!</html>", media_type="text/html")(scope, receive, send)
            case "hangs_up" | "dies_after_effect":
                await self._app(scope, receive, self._breaking(send, planned.fault))

    @staticmethod
    def _breaking(send: Send, fault: Fault) -> Send:
        """Called once the effect is on disk and the answer is about to leave."""

        async def broken(message: Message) -> None:
            if fault == "dies_after_effect":
                os.kill(os.getpid(), signal.SIGKILL)
            if message["type"] == "http.response.start":
                message["headers"] = [(b"content-length", b"1000000")]
            await send(message if message["type"] == "http.response.start" else {**message, "body": b"{"})

        return broken

    async def _plan(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._planned.clear()
            return JSONResponse({})
        said = json.loads(await request.body())
        if said.get("fault") not in get_args(Fault):
            return JSONResponse({"faults": get_args(Fault)}, 400)
        self._planned.append(Planned(**said))
        return JSONResponse({})

    async def _set_line(self, request: Request) -> Response:
        """The line as somebody else left it: back to life, gone, or another's. What is not said is empty."""
        empty: dict[str, Any] = {"msisdn": None, "imsi": None, "iccid": None, "state": "present"}
        line = {**empty, **json.loads(await request.body()), "line_ref": request.path_params["line_ref"]}
        await self._ledger.change(lambda db: db.execute(SET_LINE, line))
        return JSONResponse({})
