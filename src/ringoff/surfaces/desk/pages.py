"""Writing a page of the desk: its template, in the language of whoever sits there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from ringoff.app import App
from ringoff.features.staff import IDLE, Permission
from ringoff.kit.i18n import phrases, tell_minute
from ringoff.surfaces.desk.seat import seat_of
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.web.pages import environment, static, statics, words

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
PREFIX = "/desk/static"


@dataclass(frozen=True, slots=True)
class Context:
    """What the handlers share."""

    app: App
    streams: EventStreams
    templates: Environment = field(default_factory=lambda: environment(FOLDER / "templates"))
    own_static: Any = field(default_factory=lambda: statics(STATIC, PREFIX))


def context_of(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """`templates/{template}.html.j2`. Beside `values` it knows `seat`, `carrier`, `_`, `when`, `day`, `money`, and, for
    the times of tables, `minute`."""
    context, seat = context_of(request), seat_of(request)
    zone = context.app.settings.desk.time_zone
    text = context.templates.get_template(f"{template}.html.j2").render(
        **values,
        **words(seat.language, zone),
        seat=seat,
        visitor=seat,
        zone=zone,
        minute=lambda at: tell_minute(at, zone, seat.language),
        tabs=_tabs(request),
        idle=int(IDLE.total_seconds()),
        carrier=context.app.settings.carrier,
        look=context.app.settings.portal,
        path=request.url.path,
        reference=request.state.request_id,
        openid=context.app.staff_openid is not None,
        static=static,
        own_static=context.own_static,
    )
    return HTMLResponse(text, status)


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of the desk. `key`: with G before it, it leads there."""

    path: str
    title: str
    key: str


def _tabs(request: Request) -> Sequence[Tab]:
    """Those that this person may open."""
    seat, _ = seat_of(request), phrases(seat_of(request).language).gettext
    every: Sequence[tuple[Permission | None, Tab]] = (
        ("customers", Tab("/desk", _("Calls"), "c")),
        ("review", Tab("/desk/queues/review", _("Review"), "r")),
        ("fallout", Tab("/desk/queues/fallout", _("Fallout"), "f")),
        ("declarations", Tab("/desk/queues/declarations", _("Declarations"), "d")),
        ("refunds", Tab("/desk/queues/refunds", _("Refunds"), "m")),
        ("representatives", Tab("/desk/queues/representatives", _("Representatives"), "h")),
        ("approve", Tab("/desk/queues/approvals", _("Approvals"), "v")),
        (None, Tab("/desk/deadlines", _("Deadlines"), "l")),
        ("operations", Tab("/desk/operations", _("Operations"), "o")),
        ("audit", Tab("/desk/audit", _("Audit log"), "a")),
        ("staff", Tab("/desk/staff", _("People"), "p")),
    )
    return [tab for permission, tab in every if permission is None or seat.may(permission)]
