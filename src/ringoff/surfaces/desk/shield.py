"""Who sits at the desk is found out before a handler runs; every view is written down; every refusal is a page."""

import psycopg
import psycopg_pool
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringoff.features import proof
from ringoff.kit.errors import RingoffError
from ringoff.kit.i18n import phrases
from ringoff.surfaces.desk.pages import PREFIX, page
from ringoff.surfaces.desk.seat import VISIT, recognise, renews_itself, seat_of
from ringoff.surfaces.desk.words import says
from ringoff.surfaces.web.cookies import remember
from ringoff.surfaces.web.shield import STATUS

log = structlog.get_logger("ringoff.desk")
_ENTRANCE = {"session_needed": "sign_in", "desk_locked": "unlock"}
_SHOW = (200, 409, 422)


class Recognition:
    """Nothing leaves before the view of it is in the audit log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return
        request, started = Request(scope), False
        database = request.app.state.context.app.database
        async with database.transaction() as conn:
            seat = await recognise(request, conn)
        scope["state"]["visitor"] = seat

        async def send_known(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                if not started and message["status"] in _SHOW:
                    await write_down(request)
                if seat.is_new:
                    cookie = Response()
                    remember(request, cookie, VISIT, seat.token)
                    message["headers"].extend(h for h in cookie.raw_headers if h[0] == b"set-cookie")
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_known)
        except Exception as error:
            if started:
                raise
            response = await answer_error(request, error)
            await response(scope, receive, send_known)


async def write_down(request: Request) -> None:
    """Who looked at what. What a page renews by itself was written down when it was opened."""
    seat, route = seat_of(request), request.scope.get("route")
    if seat.session is None or seat.session.locked or route is None or renews_itself(request):
        return
    database = request.app.state.context.app.database
    detail = {"page": route.path, **{name: str(value) for name, value in request.path_params.items()}}
    async with database.transaction() as conn:
        viewed = proof.Event(type="desk.viewed", actor=seat.actor, at=database.clock.now(), detail=detail)
        await proof.record(conn, [viewed])


async def answer_error(request: Request, error: Exception) -> Response:
    """Every refusal is a page: what happened, what to do next, and a reference."""
    match error:
        case RingoffError() if error.code in _ENTRANCE:
            onward = request.url.path if request.method == "GET" else "/desk"
            return page(request, _ENTRANCE[error.code], 401, name="", problem=None, onward=onward)
        case RingoffError():
            status, told = STATUS.get(type(error), 400), says(error, phrases(seat_of(request).language))
            return page(request, "error", status, code=error.code, says=told, details=error.details)
        case HTTPException():
            return page(request, "error", error.status_code, code=f"http_{error.status_code}", says="", details={})
        case psycopg.OperationalError() | psycopg_pool.PoolTimeout() | psycopg_pool.TooManyRequests():
            return page(request, "error", 503, code="database_unavailable", says="", details={})
        case _:
            log.exception("page_failed", request_id=request.state.request_id)
            return page(request, "error", 500, code="unexpected", says="", details={})
