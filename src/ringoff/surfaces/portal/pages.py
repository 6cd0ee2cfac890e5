"""Writing a page: its template, in the visitor's language, with the carrier's name and colour."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ringoff.app import App
from ringoff.kit.i18n import LANGUAGES, Language, phrases, tell_day, tell_money, tell_time
from ringoff.kit.money import decimal
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.streams import EventStreams

FOLDER = Path(__file__).parent
# How each language calls itself: that is what its readers look for.
OWN_NAMES: Mapping[Language, str] = {"en": "English", "zh-Hans": "简体中文", "es": "Español"}


@dataclass(frozen=True, slots=True)
class Context:
    """What all handlers share."""

    app: App
    streams: EventStreams
    templates: Environment = field(default_factory=lambda: _environment())


def context_of(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """`templates/{template}.html.j2`. Beside `values` it knows `visitor`, `carrier`, `_`, `when`, `day` and `money`."""
    context, visitor = context_of(request), visitor_of(request)
    language, zone = visitor.language, visitor.time_zone
    told = phrases(language)
    text = context.templates.get_template(f"{template}.html.j2").render(
        **values,
        _=told.gettext,
        ngettext=told.ngettext,
        visitor=visitor,
        language=language,
        languages=OWN_NAMES,
        carrier=context.app.settings.carrier,
        look=context.app.settings.portal,
        path=request.url.path,
        reference=request.state.request_id,
        openid=context.app.identity.openid is not None,
        static=_static,
        when=lambda at: tell_time(at, zone, language),
        day=lambda on: tell_day(on, language),
        money=lambda amount, currency: tell_money(decimal(amount, currency), currency, language),
    )
    return HTMLResponse(text, status)


def fragment(request: Request, template: str, **values: Any) -> str:
    """A part of a page, for what is sent into an open one."""
    return page(request, template, **values).body.decode()  # type: ignore[union-attr]


def see_other(path: str) -> Response:
    """After every form: a reload then repeats a look, never a deed. Only addresses of our own."""
    assert path.startswith("/")
    assert not path.startswith("//")
    return RedirectResponse(path, 303)


def is_language(text: str) -> bool:
    return text in LANGUAGES


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.do"],
    )
    environment.tests["instant"] = lambda value: isinstance(value, datetime)
    environment.tests["day"] = lambda value: isinstance(value, date) and not isinstance(value, datetime)
    return environment


@cache
def _static(name: str) -> str:
    """The address of a file that browsers keep for a year: a change of the file changes the address."""
    digest = hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
