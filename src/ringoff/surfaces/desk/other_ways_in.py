"""The other two ways to the desk: a passkey, and the carrier's own provider."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ringoff.features.identity import Provider, openid
from ringoff.features.staff import Started, passkeys, through_provider
from ringoff.kit.errors import Conflict, RingoffError, Unauthenticated, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.desk.entrance import HOME, enter, onward_of, refuse
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import at_desk, seat_of
from ringoff.surfaces.desk.words import says
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other
from ringoff.surfaces.web.visitors import visit_of

OWN = "/desk/passkeys"
_STATE_MOST, _CODE_MOST = 100, 4_000


# ── A passkey ──
async def offer(request: Request) -> Response:
    await read_form(request)
    app, bound_to = context_of(request).app, seat_of(request).csrf
    async with app.database.transaction() as conn:
        options = await passkeys.offer(conn, app.identity, bound_to, visit_of(request), app.database.clock.now())
    return Response(options, media_type="application/json")


async def use(request: Request) -> Response:
    """To sign in; or, where a desk is locked, to unlock it."""
    form, app, seat = await read_form(request), context_of(request).app, seat_of(request)
    onward, visit = onward_of(form["onward"]), visit_of(request)
    answer: Started | RingoffError | None
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            if seat.session is None:
                answer = await passkeys.sign_in(conn, app.identity, form["answer"], seat.csrf, visit, now)
            else:
                answer = await passkeys.unlock(conn, app.identity, seat.session, form["answer"], seat.csrf, visit, now)
    except Unavailable as error:
        answer = error
    if isinstance(answer, RingoffError):
        return refuse(request, answer, "", onward)
    return see_other(onward) if answer is None else enter(request, answer, onward)


async def own(request: Request, problem: RingoffError | None = None) -> Response:
    seat, app = at_desk(request), context_of(request).app
    assert seat.session is not None
    async with app.database.transaction() as conn:
        found = await passkeys.passkeys(conn, seat.member)
    return page(
        request,
        "passkeys",
        422 if problem else 200,
        passkeys=found,
        fresh=not seat.session.needs_step_up(app.database.clock.now(), passkeys.FRESH),
        enough=len(found) >= passkeys.MOST,
        problem=says(problem, phrases(seat.language)) if problem else "",
    )


async def offer_new(request: Request) -> Response:
    await read_form(request)
    seat, app = at_desk(request), context_of(request).app
    assert seat.session is not None
    async with app.database.transaction() as conn:
        options = await passkeys.offer_new(conn, app.identity, seat.session, app.database.clock.now())
    return Response(options, media_type="application/json")


async def add(request: Request) -> Response:
    form, seat, app = await read_form(request), at_desk(request), context_of(request).app
    assert seat.session is not None
    try:
        async with app.database.transaction() as conn:
            now, name = app.database.clock.now(), form["name"]
            problem = await passkeys.add_passkey(conn, app.identity, seat.session, form["answer"], name, now)
    except Conflict as error:
        problem = error
    return await own(request, problem) if problem else see_other(OWN)


async def remove(request: Request) -> Response:
    form, seat, app = await read_form(request), at_desk(request), context_of(request).app
    assert seat.session is not None
    async with app.database.transaction() as conn:
        await passkeys.remove_passkey(conn, seat.session, form["id"], app.database.clock.now())
    return see_other(OWN)


# ── The carrier's provider ──
async def go(request: Request) -> Response:
    app, onward = context_of(request).app, onward_of(request.query_params.get("onward", ""))
    provider, now = _provider(request), app.database.clock.now()
    going = openid.Going(onward, anew=False, started_at=now)
    try:
        async with app.database.transaction() as conn:
            bound_to = seat_of(request).csrf
            state = await openid.keep(conn, app.identity, going, bound_to, visit_of(request), now)
        max_age = going.max_age(app.identity)
        address = await provider.address(state=state, nonce=going.nonce, verifier=going.verifier, max_age=max_age)
    except Unavailable as error:
        return refuse(request, error, "", onward)
    return RedirectResponse(address, 303)


async def back(request: Request) -> Response:
    app, said, provider = context_of(request).app, request.query_params, _provider(request)
    state, code = said.get("state", "")[:_STATE_MOST], said.get("code", "")[:_CODE_MOST]
    now = app.database.clock.now()
    async with app.database.transaction() as conn:
        going = await openid.resume(conn, app.identity, SecretStr(state), seat_of(request).csrf, now)
    if isinstance(going, RingoffError):
        return refuse(request, going, "", HOME)
    answer: Started | RingoffError
    try:
        if not code or said.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
            raise Unauthenticated("openid_failed", "The provider's word is not enough to let you in here.")
        proved = await provider.prove(SecretStr(code), nonce=going.nonce, verifier=going.verifier, now=now)
        async with app.database.transaction() as conn:
            answer = await through_provider.sign_in(conn, app.identity, provider, proved, going, visit_of(request), now)
    except (Unauthenticated, Unavailable) as error:
        answer = error
    if isinstance(answer, RingoffError):
        return refuse(request, answer, "", going.onward)
    return enter(request, answer, going.onward)


def _provider(request: Request) -> Provider:
    provider = context_of(request).app.staff_openid
    if provider is None:
        raise HTTPException(404)
    return provider


ROUTES: Sequence[Route] = [
    Route("/desk/sign-in/passkey/options", offer, methods=["POST"]),
    Route("/desk/sign-in/passkey", use, methods=["POST"]),
    Route("/desk/sign-in/openid", go, methods=["GET"]),
    Route("/desk/sign-in/openid/back", back, methods=["GET"]),
    Route(OWN, own, methods=["GET"]),
    Route(OWN, add, methods=["POST"]),
    Route(f"{OWN}/options", offer_new, methods=["POST"]),
    Route(f"{OWN}/remove", remove, methods=["POST"]),
]
