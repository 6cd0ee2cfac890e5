"""Every address of the portal, and which function answers it."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from ringoff.app import App
from ringoff.kit.errors import RingoffError
from ringoff.surfaces.portal import (
    account,
    archive,
    cases,
    cases_list,
    closed,
    codes,
    declarations,
    documents,
    front,
    guide,
    leaving,
    look,
    on_the_phone,
    passkeys,
    paying,
    preparing,
    prove,
    security,
    sign_in,
    status,
    takeaway,
    through_carrier,
    veto,
    way_back,
)
from ringoff.surfaces.portal.pages import Context
from ringoff.surfaces.portal.shield import Recognition, answer_error
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.traffic import Traffic
from ringoff.surfaces.web.pages import STATIC, Statics
from ringoff.surfaces.web.shield import Shield


def create_portal(app: App, traffic: Traffic, streams: EventStreams) -> Starlette:
    portal = Starlette(
        routes=[
            *front.ROUTES,
            *look.routes(app.settings.portal),
            *guide.ROUTES,
            *declarations.ROUTES,
            *status.ROUTES,
            *veto.ROUTES,
            *archive.ROUTES,
            *sign_in.ROUTES,
            *closed.ROUTES,
            *way_back.ROUTES,
            *passkeys.ROUTES,
            *through_carrier.ROUTES,
            *prove.ROUTES,
            *security.ROUTES,
            *codes.ROUTES,
            *on_the_phone.ROUTES,
            *account.ROUTES,
            *cases_list.ROUTES,
            *cases.ROUTES,
            *paying.ROUTES,
            *leaving.ROUTES,
            *preparing.ROUTES,
            *documents.ROUTES,
            *takeaway.ROUTES,
            Mount("/static", Statics(directory=STATIC)),
        ],
        middleware=[
            Middleware(GZipMiddleware, minimum_size=800),
            Middleware(Shield, traffic=traffic, https=app.settings.public_url.startswith("https://")),
            Middleware(Recognition),
        ],
        exception_handlers={RingoffError: answer_error, HTTPException: answer_error},
    )
    portal.state.context = Context(app, streams)
    return portal
