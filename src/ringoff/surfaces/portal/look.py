"""The carrier's own colour and logo on the pages, whatever colour they chose: it stays readable."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.kit.colour import readable
from ringoff.kit.errors import InvalidInput
from ringoff.settings import PortalSettings

_LOGO_MOST = 30_000  # bytes: a page with everything on it stays below 60 kB
_KINDS = {".svg": "image/svg+xml", ".png": "image/png"}
_PAPER = "#fbfaf7"
_DARK_CARD = "#1b2229"
_KEPT = {"Cache-Control": "public, max-age=3600"}


def routes(settings: PortalSettings) -> list[Route]:
    """`/look.css` and `/logo`, as far as they are set. Raises InvalidInput for a logo that cannot be shown."""
    found = []
    if settings.accent is not None:
        found.append(_route("/look.css", stylesheet(settings.accent).encode(), "text/css"))
    if settings.logo is not None:
        found.append(_route("/logo", _read(settings.logo), _KINDS[settings.logo.suffix.lower()]))
    return found


def stylesheet(accent: str) -> str:
    """The carrier's colour, darkened on white and lightened on black until text in it can be read (WCAG, 7 to 1)."""
    light = readable(accent, on=_PAPER, towards="#000000")
    dark = readable(accent, on=_DARK_CARD, towards="#ffffff")
    return (
        f":root {{ --accent: {light}; --on-accent: #ffffff; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; --on-accent: #0d1a1a; }} }}\n"
    )


def _read(path: Path) -> bytes:
    if path.suffix.lower() not in _KINDS:
        raise InvalidInput("logo_invalid", f"portal.logo: {path} is neither .svg nor .png.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput("logo_invalid", f"portal.logo: {path} cannot be read: {error.strerror}.") from error
    if len(content) > _LOGO_MOST:
        raise InvalidInput("logo_invalid", f"portal.logo: {path} is larger than {_LOGO_MOST // 1000} kB.")
    return content


def _route(path: str, content: bytes, kind: str) -> Route:
    async def answer(_: Request) -> Response:
        return Response(content, media_type=kind, headers=_KEPT)

    return Route(path, answer, name=path)
