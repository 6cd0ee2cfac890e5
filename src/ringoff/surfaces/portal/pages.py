"""Writing a page: its template, in the visitor's language, with the carrier's name and colour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from ringoff.app import App
from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.web.pages import environment, see_other, static, words

__all__ = ["Context", "context_of", "fragment", "is_language", "page", "see_other"]

FOLDER = Path(__file__).parent
# How each language calls itself: that is what its readers look for.
OWN_NAMES: Mapping[Language, str] = {"en": "English", "zh-Hans": "简体中文", "es": "Español"}


@dataclass(frozen=True, slots=True)
class Context:
    """What all handlers share."""

    app: App
    streams: EventStreams
    templates: Environment = field(default_factory=lambda: environment(FOLDER / "templates"))


def context_of(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """`templates/{template}.html.j2`. Beside `values` it knows `visitor`, `carrier`, `_`, `when`, `day` and `money`."""
    context, visitor = context_of(request), visitor_of(request)
    text = context.templates.get_template(f"{template}.html.j2").render(
        **values,
        **words(visitor.language, visitor.time_zone),
        visitor=visitor,
        languages=OWN_NAMES,
        carrier=context.app.settings.carrier,
        look=context.app.settings.portal,
        path=request.url.path,
        reference=request.state.request_id,
        openid=context.app.identity.openid is not None,
        static=static,
    )
    return HTMLResponse(text, status)


def fragment(request: Request, template: str, **values: Any) -> str:
    """A part of a page, for what is sent into an open one."""
    return page(request, template, **values).body.decode()  # type: ignore[union-attr]


def is_language(text: str) -> bool:
    return text in LANGUAGES
