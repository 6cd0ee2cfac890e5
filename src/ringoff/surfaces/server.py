"""The API, the portal and the desk as one process: what begins with /v1, and what monitoring asks, is the API's."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ringoff.app import App, build
from ringoff.db.pool import BY_INDEX, Database
from ringoff.kit.errors import InvalidInput
from ringoff.settings import Settings
from ringoff.surfaces.api import create_api
from ringoff.surfaces.desk import create_desk
from ringoff.surfaces.portal import create_portal
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.traffic import Traffic

SESSION = {
    **BY_INDEX,
    # Nobody waits longer for an answer than this, and no forgotten transaction holds a lock.
    "statement_timeout": "15s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
}
POOL = 12
OF_THE_API = ("/v1/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics")
OF_THE_DESK = "/desk"
OF_TWIML = "/phone/twiml/"
_DRAIN = 10  # seconds for requests under way when the process is told to stop


async def serve(settings: Settings, database_url: str) -> None:
    """Serve on `settings.host:port` until SIGTERM or SIGINT; requests under way are answered first."""
    app = await build(settings, Database(database_url, size=POOL, session=SESSION)).open()
    try:
        await server(compose(app), settings.host, settings.port).serve()
    finally:
        await app.close()


def compose(app: App) -> ASGIApp:
    """The surfaces, which share their event streams and count into one register."""
    traffic = Traffic()
    streams = EventStreams(app.database, traffic)
    api = create_api(app, traffic=traffic, streams=streams)
    portal, desk = create_portal(app, traffic, streams), create_desk(app, traffic, streams)
    twiml = _twiml(app, traffic)

    async def all_of_them(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else OF_THE_API[0]
        of_the_desk = path == OF_THE_DESK or path.startswith(f"{OF_THE_DESK}/")
        surface: ASGIApp = api if path.startswith(OF_THE_API) else desk if of_the_desk else portal
        if twiml is not None and path.startswith(OF_TWIML):
            surface = twiml
        await surface(scope, receive, send)

    return all_of_them


def _twiml(app: App, traffic: Traffic) -> ASGIApp | None:
    """Loaded only where it is configured: its library is an extra. Raises InvalidInput where that is missing."""
    if app.settings.hotline.twiml_token is None:
        return None
    try:
        from ringoff.surfaces.phone.twiml import create_twiml
    except ImportError as error:
        raise InvalidInput(
            "extra_missing", "hotline.twiml_token is set, and the extra ringoff[twilio] is not installed."
        ) from error
    return create_twiml(app, traffic)


class _Server(uvicorn.Server):
    """Does not raise the signal anew once it has ended: its caller still has something to close."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {signum: signal.signal(signum, self.handle_exit) for signum in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)


def server(api: ASGIApp, host: str, port: int) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            api,
            host=host,
            port=port,
            loop="none",
            http="httptools",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=65,
            timeout_graceful_shutdown=_DRAIN,
        )
    )
