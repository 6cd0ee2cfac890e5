"""Puts the API together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from ringoff import __version__
from ringoff.app import App
from ringoff.surfaces.api import billing, callbacks, cancellations, documentation, fallout, lines, operations
from ringoff.surfaces.api.auth import Authentication, KeyRing
from ringoff.surfaces.api.context import Context
from ringoff.surfaces.api.gauges import Gauges
from ringoff.surfaces.api.middleware import BodyLimit, Envelope
from ringoff.surfaces.api.problems import answer_problem
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.traffic import Traffic

_PAGE_ASSETS = Path(fastapi_offline.__file__).parent / "static"
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)


def create_api(app: App, *, traffic: Traffic | None = None, streams: EventStreams | None = None) -> FastAPI:
    """The API of an App that its caller opens and closes. Serve it without the server's own access log: we keep one."""
    traffic = traffic or Traffic()
    streams = streams or EventStreams(app.database, traffic)
    gauges = Gauges(app.database, {name: system.connector.trial for name, system in app.systems.items()})

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await streams.close()

    api = FastAPI(
        title=documentation.TITLE,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(Envelope, traffic=traffic),
            Middleware(Authentication, keys=KeyRing(app.database)),
            Middleware(BodyLimit),
        ],
        exception_handlers={RequestValidationError: answer_problem, HTTPException: answer_problem},
    )
    api.state.context = Context(app, traffic, streams, gauges)
    for part in (lines, cancellations, billing, fallout, callbacks, operations):
        api.include_router(part.router)
    api.openapi = lambda: documentation.describe(api)  # type: ignore[method-assign]
    _add_page(api)
    return api


def _add_page(api: FastAPI) -> None:
    """/docs from files of our own: a carrier's network need not reach the internet."""
    api.mount("/docs/assets", StaticFiles(directory=_PAGE_ASSETS))

    @api.get("/docs", include_in_schema=False)
    async def page(_: Request) -> Response:
        response = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Ringoff API",
            swagger_js_url="/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/docs/assets/swagger-ui.css",
            swagger_favicon_url="data:,",
            swagger_ui_parameters={"defaultModelsExpandDepth": 0, "displayRequestDuration": True},
        )
        response.headers["Content-Security-Policy"] = _PAGE_POLICY
        return response
