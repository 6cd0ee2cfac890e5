"""Who is at the other end: their session if they have signed in, their language, and the secret of their forms."""

import secrets
from dataclasses import dataclass

from starlette.requests import Request

from ringoff.features import identity
from ringoff.features.identity import Session, Visit
from ringoff.kit.i18n import LANGUAGES, Language, negotiate
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.web.cookies import cookie_name, csrf_of, is_csrf_of

SESSION, VISIT, LANGUAGE = "ringoff_session", "ringoff_visit", "ringoff_language"


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
            language = _chosen(request) or negotiate(session.locale)
            return Visitor(language, cookie, False, session, session.time_zone, session.holder_name)
    visit = request.cookies.get(cookie_name(VISIT, request))
    language = _chosen(request) or _preferred(request.headers.get("accept-language", ""))
    return Visitor(language, visit or secrets.token_urlsafe(32), visit is None)


def visit_of(request: Request) -> Visit:
    """From where, and with what: kept with the session, so that its holder knows it again."""
    address = request.client.host if request.client else None
    return Visit(address=address, device=request.headers.get("user-agent", "")[:200])


def _chosen(request: Request) -> Language | None:
    chosen = request.cookies.get(cookie_name(LANGUAGE, request), "")
    return next((language for language in LANGUAGES if language == chosen), None)


def _preferred(accepted: str) -> Language:
    """The first language of Accept-Language, by its weight, that we speak (RFC 9110, 12.5.4)."""
    weighed = []
    for position, part in enumerate(accepted[:200].split(",")):
        tag, _, weight = part.partition(";q=")
        try:
            weighed.append((-float(weight or 1), position, tag.strip()))
        except ValueError:
            continue
    for _, _, tag in sorted(weighed):
        if tag.split("-")[0].lower() in ("en", "zh", "cmn", "es"):
            return negotiate(tag)
    return "en"
