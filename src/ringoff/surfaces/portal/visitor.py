"""Who is at the other end: their session if they have signed in, their language, and the secret of their forms."""

import secrets
from dataclasses import dataclass

from starlette.requests import Request

from ringoff.features import identity
from ringoff.features.identity import Session
from ringoff.kit.i18n import Language, negotiate
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.web.cookies import cookie_name, csrf_of, is_csrf_of
from ringoff.surfaces.web.visitors import chosen_language, language_of

SESSION, VISIT = "ringoff_session", "ringoff_visit"


@dataclass(slots=True)
class Visitor:
    """`token` is the random value of the session's or, before sign-in, of the visit's cookie."""

    language: Language
    token: str
    is_new: bool
    session: Session | None = None
    time_zone: str = "UTC"
    holder_name: str = ""

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)

    def wrote(self, csrf: str) -> bool:
        return is_csrf_of(self.token, csrf)


def visitor_of(request: Request) -> Visitor:
    found: Visitor = request.state.visitor
    return found


async def recognise(request: Request) -> Visitor:
    """By their cookies. A session that has ended is a visit like any other."""
    app = request.app.state.context.app
    cookie = request.cookies.get(cookie_name(SESSION, request))
    if cookie:
        async with app.database.transaction() as conn:
            session = await identity.session(conn, app.identity, SecretStr(cookie), app.database.clock.now())
        if session is not None:
            language = chosen_language(request) or negotiate(session.locale)
            return Visitor(language, cookie, False, session, session.time_zone, session.holder_name)
    visit = request.cookies.get(cookie_name(VISIT, request))
    language = language_of(request)
    return Visitor(language, visit or secrets.token_urlsafe(32), visit is None)
