"""Signing in through the carrier's own provider: going there, and coming back."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ringoff.features.identity import AccountClosed, SignedIn, openid
from ringoff.kit.errors import RingoffError, Unauthenticated, Unavailable
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal import closed, prove, sign_in
from ringoff.surfaces.portal.onward import onward_of
from ringoff.surfaces.portal.pages import context_of
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.visitors import visit_of

_STATE_MOST, _CODE_MOST = 100, 4_000


async def go(request: Request) -> Response:
    """A link, not a form: a form may lead nowhere but here."""
    app, onward = context_of(request).app, onward_of(request.query_params.get("onward", ""))
    provider, present = openid.provider_of(app.identity), visitor_of(request).session
    now = app.database.clock.now()
    going = openid.Going(onward, anew=present is not None and "anew" in request.query_params, started_at=now)
    try:
        async with app.database.transaction() as conn:
            bound_to = visitor_of(request).csrf
            state = await openid.keep(conn, app.identity, going, bound_to, visit_of(request), now)
        max_age = going.max_age(app.identity)
        address = await provider.address(state=state, nonce=going.nonce, verifier=going.verifier, max_age=max_age)
    except Unavailable as error:
        return sign_in.refuse(request, error, "", onward)
    return RedirectResponse(address, 303)


async def back(request: Request) -> Response:
    app, present, said = context_of(request).app, visitor_of(request).session, request.query_params
    provider, bound_to = openid.provider_of(app.identity), visitor_of(request).csrf
    state, code = said.get("state", "")[:_STATE_MOST], said.get("code", "")[:_CODE_MOST]
    now = app.database.clock.now()
    async with app.database.transaction() as conn:
        going = await openid.resume(conn, app.identity, SecretStr(state), bound_to, now)
    if isinstance(going, RingoffError):
        return sign_in.refuse(request, going, "", onward_of(""))
    answer: SignedIn | RingoffError
    try:
        if not code or said.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
            raise Unauthenticated("openid_failed", "Signing in at your carrier did not work. Try again.")
        proved = await provider.prove(SecretStr(code), nonce=going.nonce, verifier=going.verifier, now=now)
        async with app.database.transaction() as conn:
            answer = await openid.sign_in(conn, app.identity, proved, going, present, visit_of(request), now)
            if isinstance(answer, AccountClosed):
                return await closed.tell(conn, request, answer, now)
            if isinstance(answer, SignedIn) and not going.anew:
                await sign_in.end_present(conn, request)
    except (Unauthenticated, Unavailable) as error:
        answer = error
    if going.anew and present is not None:
        return await prove.go_on(request, answer, going.onward)
    if isinstance(answer, RingoffError):
        return sign_in.refuse(request, answer, "", going.onward)
    return sign_in.enter(request, answer, going.onward)


ROUTES: Sequence[Route] = [
    Route("/sign-in/openid", go, methods=["GET"]),
    Route("/sign-in/openid/back", back, methods=["GET"]),
]
