"""The carrier's own colour and logo on the pages, whatever colour they chose: it stays readable."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.kit.errors import InvalidInput
from ringoff.settings import PortalSettings

_LOGO_MOST = 30_000  # bytes: a page with everything on it stays below 60 kB
_KINDS = {".svg": "image/svg+xml", ".png": "image/png"}
_PAPER = "#fbfaf7"
_DARK_CARD = "#1b2229"
_READABLE = 7.0
_STEP = 0.04
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
    light = _until_readable(accent, on=_PAPER, towards="#000000")
    dark = _until_readable(accent, on=_DARK_CARD, towards="#ffffff")
    return (
        f":root {{ --accent: {light}; --on-accent: #ffffff; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; --on-accent: #0d1a1a; }} }}\n"
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _until_readable(colour: str, *, on: str, towards: str) -> str:
    part = 0.0
    while contrast(mixed := _mix(colour, towards, part), on) < _READABLE:
        part += _STEP
    return mixed


def _mix(colour: str, other: str, part: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * min(part, 1.0)):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


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
