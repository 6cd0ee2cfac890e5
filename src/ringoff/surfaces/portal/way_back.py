"""The way back in: asking for a link, and the pages that such links lead to.

A GET only looks: mail programs and their guards open links by themselves. The form on the page uses the link up.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import cancellation, identity
from ringoff.features.identity import RECOVERY, Link, Purpose
from ringoff.kit import msisdn
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput, RingoffError, Unauthenticated, Unavailable
from ringoff.kit.i18n import phrases, tell_span
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

_CONTACTS: Sequence[Purpose] = ("confirm_contact", "confirm_phone", "case_contact")
_DONE: Mapping[Purpose, str] = {"confirm_phone": "/confirm/phone", "case_contact": "/confirm/added"}
_CONTACT = "contact for afterwards"  # whom the audit log names: nobody has signed in


async def forgot(request: Request) -> Response:
    return page(request, "sign_in/forgot", name="", problem=None, mail=context_of(request).app.identity.mail)


async def ask(request: Request) -> Response:
    """The same answer for everybody, known or not."""
    form, app = await read_form(request), context_of(request).app
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            await identity.ask_reset(conn, app.identity, form["name"], visit_of(request), now)
    except Unavailable as error:
        problem = says(error, phrases(visitor_of(request).language))
        return page(request, "sign_in/forgot", 503, name=form["name"], problem=problem, mail=app.identity.mail)
    return see_other("/forgot/sent")


async def asked(request: Request) -> Response:
    lives, language = context_of(request).app.identity.pack().identity.reset_link_lives, visitor_of(request).language
    return page(request, "sign_in/forgot_sent", lives=tell_span(lives, language))


# ── A new password ──
async def look(request: Request) -> Response:
    app = context_of(request).app
    try:
        async with app.database.transaction() as conn:
            found = await _found(conn, request, RECOVERY, app.database.clock.now())
            least = await _least(conn, request, found)
    except Unauthenticated:
        return _over(request)
    return _form(request, found, least)


async def set_password(request: Request) -> Response:
    form, app = await read_form(request), context_of(request).app
    token, password = SecretStr(request.path_params["token"]), SecretStr(form["password"])
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            found = await _found(conn, request, RECOVERY, now)
            least = await _least(conn, request, found)
        check_same(form["password"], form["again"])
        async with app.database.transaction() as conn:
            await identity.set_password(conn, app.identity, token, password, visit_of(request), now)
    except Unauthenticated:
        return _over(request)
    except (InvalidInput, Unavailable) as error:
        return _form(request, found, least, error)
    return see_other("/password/set")


def check_same(one: str, other: str) -> None:
    """Raises InvalidInput (`passwords_differ`)."""
    if one != other:
        raise InvalidInput("passwords_differ", "The two are not the same.")


async def is_set(request: Request) -> Response:
    return page(request, "sign_in/password_set")


def _form(request: Request, found: Link, least: int, problem: RingoffError | None = None) -> Response:
    told = says(problem, phrases(visitor_of(request).language)) if problem else ""
    status = 422 if problem else 200
    return page(request, "sign_in/password", status, first=found.purpose == "enrol", least=least, problem=told)


async def _least(conn: Connection, request: Request, found: Link) -> int:
    rules = context_of(request).app.identity.pack().identity
    assert found.account_id is not None
    summary = await identity.security(conn, found.account_id)
    return rules.password_least if summary.totp_set_at else rules.password_least_alone


# ── A new address: of the account, or for one cancellation alone ──
async def look_contact(request: Request) -> Response:
    app = context_of(request).app
    try:
        async with app.database.transaction() as conn:
            found = await _found(conn, request, _CONTACTS, app.database.clock.now())
    except Unauthenticated:
        return _over(request)
    if found.purpose == "confirm_phone":
        return page(request, "sign_in/confirm_phone", number=msisdn.masked(found.subject))
    return page(request, "sign_in/confirm", address=found.subject, added=found.purpose == "case_contact")


async def confirm_contact(request: Request) -> Response:
    await read_form(request)
    app, token = context_of(request).app, SecretStr(request.path_params["token"])
    try:
        async with app.database.transaction() as conn:
            now, visit = app.database.clock.now(), visit_of(request)
            found = await _found(conn, request, _CONTACTS, now)
            if found.purpose == "case_contact":
                await cancellation.confirm_contact(conn, app.terms, token, Actor(_CONTACT, "web", visit.ip), now)
            elif found.purpose == "confirm_phone":
                await identity.confirm_phone(conn, app.identity, token, visit, now)
            else:
                await identity.confirm_contact(conn, app.identity, token, visit, now)
    except Unauthenticated:
        return _over(request)
    return see_other(_DONE.get(found.purpose, "/confirm/done"))


async def added(request: Request) -> Response:
    return page(request, "sign_in/contact_added")


async def phone_confirmed(request: Request) -> Response:
    return page(request, "sign_in/phone_confirmed")


async def confirmed(request: Request) -> Response:
    return page(request, "sign_in/confirmed")


async def _found(conn: Connection, request: Request, purpose: Purpose | Sequence[Purpose], now: datetime) -> Link:
    return await identity.open_link(conn, purpose, SecretStr(request.path_params["token"]), now)


def _over(request: Request) -> Response:
    """Used, too old, or never made: nobody learns which."""
    return page(request, "sign_in/link_over", 410)


ROUTES: Sequence[Route] = [
    Route("/forgot", forgot, methods=["GET"]),
    Route("/forgot", ask, methods=["POST"]),
    Route("/forgot/sent", asked, methods=["GET"]),
    Route("/password/set", is_set, methods=["GET"]),
    Route("/password/{token}", look, methods=["GET"]),
    Route("/password/{token}", set_password, methods=["POST"]),
    Route("/confirm/done", confirmed, methods=["GET"]),
    Route("/confirm/added", added, methods=["GET"]),
    Route("/confirm/phone", phone_confirmed, methods=["GET"]),
    Route("/confirm/{token}", look_contact, methods=["GET"]),
    Route("/confirm/{token}", confirm_contact, methods=["POST"]),
]
