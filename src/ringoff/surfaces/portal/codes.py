"""One-time codes from an authenticator app, and the recovery codes that stand in for a lost one."""

from collections.abc import Sequence

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import identity
from ringoff.features.identity import Session
from ringoff.features.identity.totp_setup import started_totp
from ringoff.kit.errors import Conflict, InvalidInput, Refused, RingoffError
from ringoff.kit.i18n import phrases, tell_span
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.prove import proved
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

HERE, NEW = "/security/codes", "/security/codes/new"
_GROUP = 4


@proved(HERE)
async def show(request: Request, session: Session) -> Response:
    return await _state(request, session)


@proved(HERE)
async def start(request: Request, session: Session) -> Response:
    await read_form(request)
    app = context_of(request).app
    try:
        async with app.database.transaction() as conn:
            await identity.start_totp(conn, app.identity, session, app.database.clock.now())
    except Conflict:
        return see_other(HERE)
    return see_other(NEW)


@proved(HERE)
async def show_new(request: Request, session: Session) -> Response:
    return await _new(request, session)


@proved(NEW)
async def confirm(request: Request, session: Session) -> Response:
    form, app = await read_form(request), context_of(request).app
    try:
        async with app.database.transaction() as conn:
            now, code = app.database.clock.now(), SecretStr(form["code"])
            await identity.confirm_totp(conn, app.identity, session, code, visit_of(request), now)
    except InvalidInput as error:
        return await _new(request, session, error)
    except Conflict:
        return see_other(HERE)
    return see_other(HERE)


@proved(HERE)
async def make_recovery_codes(request: Request, session: Session) -> Response:
    """Shown in the answer itself and never again: sent once more, the form makes others."""
    await read_form(request)
    app = context_of(request).app
    try:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            made = await identity.make_recovery_codes(conn, app.identity, session, visit_of(request), now)
    except Conflict:
        return see_other(HERE)
    return page(request, "security/recovery_codes", codes=[code.get_secret_value() for code in made], at=now)


@proved(HERE)
async def remove(request: Request, session: Session) -> Response:
    await read_form(request)
    app = context_of(request).app
    try:
        async with app.database.transaction() as conn:
            await identity.remove_totp(conn, app.identity, session, visit_of(request), app.database.clock.now())
    except (Conflict, Refused) as error:
        return await _state(request, session, error)
    return see_other(HERE)


async def _state(request: Request, session: Session, problem: RingoffError | None = None) -> Response:
    app = context_of(request).app
    async with app.database.transaction() as conn:
        summary = await identity.security(conn, session.account_id)
    rules, now = app.identity.pack(session.jurisdiction).identity, app.database.clock.now()
    until = summary.totp_set_at + rules.factor_rest if summary.totp_set_at else now
    language = visitor_of(request).language
    return page(
        request,
        "security/codes",
        422 if problem else 200,
        summary=summary,
        rests_until=until if until > now else None,
        waits=tell_span(rules.level_one_waits, language),
        problem=says(problem, phrases(language)) if problem else "",
    )


async def _new(request: Request, session: Session, problem: RingoffError | None = None) -> Response:
    app = context_of(request).app
    try:
        async with app.database.transaction() as conn:
            started = await started_totp(conn, app.identity, session)
    except Conflict:
        return see_other(HERE)
    secret = started.secret.get_secret_value()
    picture = segno.make(started.uri.get_secret_value()).svg_inline(scale=4, border=4, light="#fff", dark="#000")
    _ = phrases(visitor_of(request).language).gettext
    return page(
        request,
        "security/new_code",
        422 if problem else 200,
        picture=Markup(picture),  # noqa: S704  # made here, of squares
        secret=" ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP)),
        problem=_("This code does not fit. Is the clock of your phone right? Take the next one.") if problem else "",
    )


ROUTES: Sequence[Route] = [
    Route(HERE, show, methods=["GET"]),
    Route(f"{HERE}/start", start, methods=["POST"]),
    Route(NEW, show_new, methods=["GET"]),
    Route(NEW, confirm, methods=["POST"]),
    Route(f"{HERE}/recovery", make_recovery_codes, methods=["POST"]),
    Route(f"{HERE}/remove", remove, methods=["POST"]),
]
