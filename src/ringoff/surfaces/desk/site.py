"""Every address of the desk, and which function answers it."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from ringoff.app import App
from ringoff.kit.errors import RingoffError
from ringoff.surfaces.desk import (
    audit,
    calls,
    cases,
    customer,
    declarations,
    entrance,
    fallout,
    leaving,
    noting,
    operations,
    other_ways_in,
    queues,
    refunds,
    representatives,
    review,
    seconding,
    vouching,
)
from ringoff.surfaces.desk.pages import PREFIX, STATIC, Context
from ringoff.surfaces.desk.shield import Recognition, answer_error
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.traffic import Traffic
from ringoff.surfaces.web.pages import Statics
from ringoff.surfaces.web.shield import Shield


def create_desk(app: App, traffic: Traffic, streams: EventStreams) -> Starlette:
    desk = Starlette(
        routes=[
            *entrance.ROUTES,
            *other_ways_in.ROUTES,
            *calls.ROUTES,
            *vouching.ROUTES,
            *customer.ROUTES,
            *noting.ROUTES,
            *leaving.ROUTES,
            *cases.ROUTES,
            *queues.ROUTES,
            *review.ROUTES,
            *fallout.ROUTES,
            *declarations.ROUTES,
            *refunds.ROUTES,
            *representatives.ROUTES,
            *seconding.ROUTES,
            *operations.ROUTES,
            *audit.ROUTES,
            Mount(PREFIX, Statics(directory=STATIC)),
        ],
        middleware=[
            Middleware(GZipMiddleware, minimum_size=800),
            Middleware(Shield, traffic=traffic, https=app.settings.public_url.startswith("https://")),
            Middleware(Recognition),
        ],
        exception_handlers={RingoffError: answer_error, HTTPException: answer_error},
    )
    desk.state.context = Context(app, streams)
    return desk
