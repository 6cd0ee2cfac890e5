"""From where a visitor comes, with what, and in which language they want to be spoken to."""

from starlette.requests import Request

from ringoff.features.identity import Visit
from ringoff.kit.i18n import LANGUAGES, Language, negotiate
from ringoff.surfaces.web.cookies import cookie_name

LANGUAGE = "ringoff_language"


def visit_of(request: Request) -> Visit:
    """From where, and with what: kept with the session, so that its holder knows it again."""
    address = request.client.host if request.client else None
    return Visit(address=address, device=request.headers.get("user-agent", "")[:200])


def language_of(request: Request) -> Language:
    """As they chose it here, else as their browser asks for it."""
    return chosen_language(request) or _preferred(request.headers.get("accept-language", ""))


def chosen_language(request: Request) -> Language | None:
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
