"""Passkeys: signing in with one, proving with one, and the list of one's own. The only pages that need a script."""

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features.identity import AccountClosed, Session, SignedIn
from ringoff.features.identity import passkeys as own
from ringoff.kit.errors import Conflict, RingoffError, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.surfaces.portal import closed, prove, sign_in
from ringoff.surfaces.portal.onward import onward_of
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.prove import proved
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

HERE = "/security/passkeys"


# ── Signing in ──
async def offer_sign_in(request: Request) -> Response:
    await read_form(request)
    app, bound_to = context_of(request).app, visitor_of(request).csrf
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        options = await own.offer_sign_in(conn, app.identity, bound_to, visit_of(request), now)
    return _json(options)


async def take_sign_in(request: Request) -> Response:
    form, app, bound_to = await read_form(request), context_of(request).app, visitor_of(request).csrf
    answer: SignedIn | RingoffError
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            answer = await own.sign_in_with_passkey(
                conn, app.identity, form["answer"], bound_to, visit_of(request), now
            )
            if isinstance(answer, AccountClosed):
                return await closed.tell(conn, request, answer, now)
            if isinstance(answer, SignedIn):
                await sign_in.end_present(conn, request)
    except Unavailable as error:
        answer = error
    onward = onward_of(form["onward"])
    if isinstance(answer, RingoffError):
        return sign_in.refuse(request, answer, "", onward)
    return sign_in.enter(request, answer, onward)


# ── Proving again ──
async def offer_proof(request: Request) -> Response:
    await read_form(request)
    session, app = signed_in(request), context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        return _json(await own.offer_proof(conn, app.identity, session, visit_of(request), now))


async def take_proof(request: Request) -> Response:
    form, session, app = await read_form(request), signed_in(request), context_of(request).app
    answer: SignedIn | RingoffError
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            answer = await own.prove_with_passkey(conn, app.identity, session, form["answer"], visit_of(request), now)
    except Unavailable as error:
        answer = error
    return await prove.go_on(request, answer, onward_of(form["onward"]))


# ── One's own ──
@proved(HERE)
async def show(request: Request, session: Session) -> Response:
    return await _list(request, session)


@proved(HERE)
async def offer_new(request: Request, session: Session) -> Response:
    await read_form(request)
    app = context_of(request).app
    async with app.database.transaction() as conn:
        return _json(await own.offer_new(conn, app.identity, session, app.database.clock.now()))


@proved(HERE)
async def add(request: Request, session: Session) -> Response:
    form, app = await read_form(request), context_of(request).app
    try:
        async with app.database.transaction() as conn:
            now, name = app.database.clock.now(), form["name"]
            problem = await own.add_passkey(conn, app.identity, session, form["answer"], name, visit_of(request), now)
    except Conflict as error:
        problem = error
    return await _list(request, session, problem) if problem else see_other(HERE)


@proved(HERE)
async def remove(request: Request, session: Session) -> Response:
    form, app = await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await own.remove_passkey(conn, app.identity, session, form["id"], visit_of(request), now)
    return see_other(HERE)


async def _list(request: Request, session: Session, problem: RingoffError | None = None) -> Response:
    app = context_of(request).app
    async with app.database.transaction() as conn:
        found = await own.passkeys(conn, session.account_id)
    return page(
        request,
        "security/passkeys",
        422 if problem else 200,
        passkeys=found,
        enough=len(found) >= own.MOST,
        rests_until=_rests_until(request, session, found, app.database.clock.now()),
        problem=says(problem, phrases(visitor_of(request).language)) if problem else "",
    )


def _rests_until(request: Request, session: Session, found: Sequence[own.Passkey], now: datetime) -> datetime | None:
    """From when on the newest passkey proves enough to cancel at once, where that is still to come."""
    rest = context_of(request).app.identity.pack(session.jurisdiction).identity.factor_rest
    newest = max((each.created_at for each in found), default=None)
    return newest + rest if newest is not None and newest + rest > now else None


def _json(options: str) -> Response:
    return Response(options, media_type="application/json")


ROUTES: Sequence[Route] = [
    Route("/sign-in/passkey/options", offer_sign_in, methods=["POST"]),
    Route("/sign-in/passkey", take_sign_in, methods=["POST"]),
    Route("/security/prove/passkey/options", offer_proof, methods=["POST"]),
    Route("/security/prove/passkey", take_proof, methods=["POST"]),
    Route(HERE, show, methods=["GET"]),
    Route(HERE, add, methods=["POST"]),
    Route(f"{HERE}/options", offer_new, methods=["POST"]),
    Route(f"{HERE}/remove", remove, methods=["POST"]),
]
