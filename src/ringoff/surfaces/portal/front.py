"""The front door: what one can do here, with and without signing in; and the language."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.surfaces.portal import declarations
from ringoff.surfaces.portal.pages import is_language, page, see_other
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.cookies import remember
from ringoff.surfaces.web.visitors import LANGUAGE


async def front(request: Request) -> Response:
    if (session := visitor_of(request).session) is not None and session.level > 0:
        return see_other("/account")
    return page(request, "front", declare=declarations.lead(request))


async def speak(request: Request) -> Response:
    """`/speak/es?back=/guide`: a link, so that it works everywhere; it changes nothing but the language."""
    chosen, back = request.path_params["language"], request.query_params.get("back", "/")
    response = see_other(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")
    if is_language(chosen):
        remember(request, response, LANGUAGE, chosen, lasting=True)
    return response


ROUTES = [Route("/", front), Route("/speak/{language}", speak)]
