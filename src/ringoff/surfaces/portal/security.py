"""Security: how the holder signs in, where they are signed in, and what protects the account."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import identity
from ringoff.features.identity import Session
from ringoff.kit.errors import Conflict, InvalidInput, RingoffError, Unavailable
from ringoff.kit.i18n import phrases
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.prove import proved
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.portal.way_back import check_same
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

# What a browser calls itself holds the names of its ancestors too: the nearest name comes first.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Macintosh", "macOS"), ("Linux", "Linux")),
)


async def show(request: Request) -> Response:
    session, app = signed_in(request), context_of(request).app
    async with app.database.transaction() as conn:
        summary = await identity.security(conn, session.account_id)
        open_now = await identity.sessions(conn, app.identity, session, app.database.clock.now())
    done = request.query_params.get("done", "")
    return page(request, "security/security", summary=summary, open_now=len(open_now), done=done)


# ── Sessions ──
async def show_sessions(request: Request) -> Response:
    session, app = signed_in(request), context_of(request).app
    async with app.database.transaction() as conn:
        found = await identity.sessions(conn, app.identity, session, app.database.clock.now())
    shown = [(each, device(each.device), each.public_id == session.public_id) for each in found]
    return page(request, "security/sessions", sessions=shown)


async def end_session(request: Request) -> Response:
    form, session, app = await read_form(request), signed_in(request), context_of(request).app
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        if form["session"]:
            await identity.end_session(conn, session.account_id, form["session"], now)
        else:
            await identity.end_other_sessions(conn, session, now)
        await identity.record(conn, session, "sessions_ended", visit_of(request), now)
    return see_other("/security/sessions")


def device(said: str) -> str:
    """`Firefox · Linux`; empty for what we do not know."""
    found = [next((name for mark, name in marks if mark in said), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, found))


# ── Password ──
async def show_password(request: Request) -> Response:
    return await _password(request, signed_in(request))


async def change_password(request: Request) -> Response:
    form, session, app = await read_form(request), signed_in(request), context_of(request).app
    old, new = SecretStr(form["old"]), SecretStr(form["password"])
    problem: RingoffError | None
    try:
        check_same(form["password"], form["again"])
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            problem = await identity.change_password(conn, app.identity, session, old, new, visit_of(request), now)
    except (InvalidInput, Unavailable) as error:
        problem = error
    return await _password(request, session, problem) if problem else see_other("/security?done=password")


async def _password(request: Request, session: Session, problem: RingoffError | None = None) -> Response:
    app, say = context_of(request).app, phrases(visitor_of(request).language)
    async with app.database.transaction() as conn:
        summary = await identity.security(conn, session.account_id)
    rules, _ = app.identity.pack(session.jurisdiction).identity, say.gettext
    wrong, told = {}, says(problem, say) if problem else ""
    if problem is not None and problem.code == "sign_in_failed":
        told = _("This is not your present password, or there were too many tries: then wait a quarter of an hour.")
        wrong = {"old": told}
    elif problem is not None:
        wrong = {"password": told}
    least = rules.password_least if summary.totp_set_at else rules.password_least_alone
    status, has_one = 422 if problem else 200, summary.password_set_at is not None
    return page(request, "security/password", status, least=least, wrong=wrong, has_one=has_one)


# ── Account PIN ──
@proved("/security/pin")
async def show_pin(request: Request, session: Session) -> Response:
    return await _pin(request, session)


@proved("/security/pin")
async def set_pin(request: Request, session: Session) -> Response:
    form, app = await read_form(request), context_of(request).app
    try:
        async with app.database.transaction() as conn:
            now, pin = app.database.clock.now(), SecretStr(form["pin"])
            await identity.set_pin(conn, app.identity, session, pin, visit_of(request), now)
    except (InvalidInput, Unavailable) as error:
        return await _pin(request, session, error)
    return see_other("/security?done=pin")


@proved("/security/pin")
async def remove_pin(request: Request, session: Session) -> Response:
    await read_form(request)
    app = context_of(request).app
    async with app.database.transaction() as conn:
        await identity.remove_pin(conn, app.identity, session, visit_of(request), app.database.clock.now())
    return see_other("/security?done=no_pin")


async def _pin(request: Request, session: Session, problem: RingoffError | None = None) -> Response:
    async with context_of(request).app.database.transaction() as conn:
        summary = await identity.security(conn, session.account_id)
    told = says(problem, phrases(visitor_of(request).language)) if problem else ""
    return page(request, "security/pin", 422 if problem else 200, summary=summary, problem=told)


# ── Cancel lock ──
async def show_lock(request: Request) -> Response:
    return page(request, "security/lock", locked_at=signed_in(request).cancel_locked_at)


async def lock(request: Request) -> Response:
    await read_form(request)
    session, app = signed_in(request), context_of(request).app
    async with app.database.transaction() as conn:
        await identity.lock_cancel(conn, app.identity, session, visit_of(request), app.database.clock.now())
    return see_other("/security/lock")


@proved("/security/lock")
async def unlock(request: Request, session: Session) -> Response:
    await read_form(request)
    app = context_of(request).app
    async with app.database.transaction() as conn:
        await identity.unlock_cancel(conn, app.identity, session, visit_of(request), app.database.clock.now())
    return see_other("/security/lock")


# ── Contact ──
@proved("/security/contact")
async def show_contact(request: Request, session: Session) -> Response:
    return await _contact(request, session)


@proved("/security/contact")
async def change_contact(request: Request, session: Session) -> Response:
    form, app = await read_form(request), context_of(request).app
    try:
        async with app.database.transaction() as conn:
            now, address = app.database.clock.now(), form["email"]
            await identity.change_contact(conn, app.identity, session, address, visit_of(request), now)
    except (InvalidInput, Conflict, Unavailable) as error:
        return await _contact(request, session, error, form["email"])
    return see_other("/security?done=contact")


async def _contact(
    request: Request, session: Session, problem: RingoffError | None = None, typed: str = ""
) -> Response:
    async with context_of(request).app.database.transaction() as conn:
        summary = await identity.security(conn, session.account_id)
    told = says(problem, phrases(visitor_of(request).language)) if problem else ""
    return page(request, "security/contact", 422 if problem else 200, summary=summary, typed=typed, problem=told)


ROUTES: Sequence[Route] = [
    Route("/security", show, methods=["GET"]),
    Route("/security/sessions", show_sessions, methods=["GET"]),
    Route("/security/sessions", end_session, methods=["POST"]),
    Route("/security/password", show_password, methods=["GET"]),
    Route("/security/password", change_password, methods=["POST"]),
    Route("/security/pin", show_pin, methods=["GET"]),
    Route("/security/pin", set_pin, methods=["POST"]),
    Route("/security/pin/remove", remove_pin, methods=["POST"]),
    Route("/security/lock", show_lock, methods=["GET"]),
    Route("/security/lock", lock, methods=["POST"]),
    Route("/security/lock/lift", unlock, methods=["POST"]),
    Route("/security/contact", show_contact, methods=["GET"]),
    Route("/security/contact", change_contact, methods=["POST"]),
]
