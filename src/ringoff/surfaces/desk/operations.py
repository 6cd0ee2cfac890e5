"""How everything stands: what is closed, what waits, what is stuck, which system is left alone. Figures and charts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features.notices import system_title
from ringoff.kit.i18n import Language, phrases, tell_minute, tell_span
from ringoff.reconcile.model import BULK, INTERACTIVE
from ringoff.surfaces import figures
from ringoff.surfaces.desk.charts import Bar, bars
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.queues import titles
from ringoff.surfaces.desk.seat import BY_ITSELF, at_desk

_UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))


async def operations(request: Request) -> Response:
    """Renewed by itself every few seconds."""
    seat, app = at_desk(request, "operations"), context_of(request).app
    say, zone, now = phrases(seat.language), app.settings.desk.time_zone, app.database.clock.now()
    async with app.database.transaction() as conn:
        waiting = await figures.waiting(conn, now)
        hours = await figures.hours(conn, now)
        stuck = await figures.fallout(conn)
        systems = await figures.systems(conn, [INTERACTIVE, BULK], now)
        took = await figures.took(conn, now)
    by_hour = [Bar(tell_minute(hour.begins, zone, seat.language), hour.closed) for hour in hours]
    by_system = [Bar(system_title(system, seat.language), count, wrong=True) for system, count in stuck]
    return page(
        request,
        "operations_figures" if BY_ITSELF in request.headers else "operations",
        waiting=[(each, titles(say)[each.queue], _age(now, each.oldest, seat.language)) for each in waiting],
        closed=sum(hour.closed for hour in hours[-24:]),
        withdrawn=sum(hour.withdrawn for hour in hours[-24:]),
        took=tuple(tell_span(each, seat.language) for each in took) if took else None,
        by_hour=bars(by_hour, say.gettext("Lines closed, by the hour, in the last two days")),
        by_system=bars(by_system, say.gettext("Fallout, by system")),
        by_system_rows=by_system,
        systems=[(each, system_title(each.name, seat.language), _age(now, each.oldest_due, seat.language))
                 for each in systems],
        now=now,
    )  # fmt: skip


def _age(now: datetime, since: datetime | None, language: Language) -> str:
    """How long something waits, in whole days, hours or minutes; "" where nothing does."""
    if since is None:
        return ""
    waits = max(now - since, timedelta(0))
    unit = next((unit for unit in _UNITS if waits >= 2 * unit), _UNITS[-1])
    return tell_span(waits // unit * unit, language)


ROUTES: Sequence[Route] = [Route("/desk/operations", operations, methods=["GET"])]
