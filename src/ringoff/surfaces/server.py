"""The API as a process of its own."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from ringoff.app import build
from ringoff.db.pool import BY_INDEX, Database
from ringoff.settings import Settings
from ringoff.surfaces.api.factory import create_api

SESSION = {
    **BY_INDEX,
    # Nobody waits longer for an answer than this, and no forgotten transaction holds a lock.
    "statement_timeout": "15s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
}
POOL = 12
_DRAIN = 10  # seconds for requests under way when the process is told to stop


async def serve(settings: Settings, database_url: str) -> None:
    """Serve on `settings.host:port` until SIGTERM or SIGINT; requests under way are answered first."""
    app = await build(settings, Database(database_url, size=POOL, session=SESSION)).open()
    try:
        await server(create_api(app), settings.host, settings.port).serve()
    finally:
        await app.close()


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
