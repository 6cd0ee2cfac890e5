"""The pages of leaving, each from the same journey: choose, prepare, when, confirm."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ringoff.db.pool import Connection
from ringoff.features import directory, readiness
from ringoff.features.cancellation.account import LINES_MOST as ACCOUNT_LINES_MOST
from ringoff.features.identity import Session
from ringoff.kit.i18n import Phrases, phrases, tell_time
from ringoff.surfaces.portal import money, preparation, standing
from ringoff.surfaces.portal.journey import Journey
from ringoff.surfaces.portal.onward import with_onward
from ringoff.surfaces.portal.ownership import LINES_MOST
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.section import Section
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web import naming, outlook
from ringoff.surfaces.web.sheets import come_to
from ringoff.surfaces.web.wish import Wish, reasons


async def choose_page(
    request: Request, conn: Connection, session: Session, *, nothing_chosen: bool = False
) -> Response:
    """At most LINES_MOST lines a form; of more, those that were looked for."""
    say, find = _say(request), request.query_params.get("find", "").strip()
    asked = await directory.page_of_lines(conn, session.account_id, find=find, size=LINES_MOST, living_only=True)
    shown = [
        {
            "ref": line.line_ref,
            "name": naming.name(line, line.service, say),
            "depends": line.primary_line_ref is not None,
        }
        for line in asked.lines
    ]
    problems = {"line": say.gettext("Choose at least one line, or the whole account.")} if nothing_chosen else {}
    return page(
        request,
        "leaving/choose",
        422 if problems else 200,
        lines=shown,
        find=find,
        more=asked.pages > 1,
        living=asked.living,
        too_many=asked.living > ACCOUNT_LINES_MOST,
        problems=problems,
    )


async def prepare_page(request: Request, conn: Connection, journey: Journey, status: int = 200) -> Response:
    say, app = _say(request), context_of(request).app
    found: dict[tuple[str, str], Section] = {}
    for line in journey.lines:
        found_of_line = readiness.findings(line, journey.pack, journey.leeway.now)
        seen = [each for each in found_of_line if each.code not in preparation.COVERED]
        stop = journey.stops(line)
        told = standing.sections(seen, line, None if stop in preparation.COVERED else stop, say)
        if line.status != "closed":
            name = naming.name(line, line.service, say) if len(journey.lines) > 1 else ""
            told += await preparation.sections(conn, app, line, say.language, line.time_zone, name=name)
        for section in told:
            found.setdefault((section.code, section.title), section)
    shown = [each for each in found.values() if journey.may_go or each.severity == "blocks"]
    return page(
        request,
        "leaving/prepare",
        status,
        **_common(journey, say),
        sections=standing.worst_first(shown),
        stopped=[naming.name(line, line.service, say) for line in journey.lines if journey.stops(line)],
    )


async def when_page(
    request: Request, conn: Connection, journey: Journey, wish: Wish, problems: Mapping[str, str], status: int = 200
) -> Response:
    say, room = _say(request), journey.leeway
    makes_bills = context_of(request).app.terms.final_bills
    zone = journey.lines[0].time_zone
    ends = room.period_ends(journey.going)
    first, last = room.days(zone)
    return page(
        request,
        "leaving/when",
        status,
        **_common(journey, say),
        wish=wish,
        problems=problems,
        at_once=outlook.after(room, say),
        earliest=room.earliest,
        waits_until=tell_time(room.now + room.cooling_off, zone, say.language),
        period_end=tell_time(max(ends), zone, say.language) if ends else None,
        first=first,
        last=last,
        zone=outlook.zone_words(zone, say),
        reasons=reasons(say),
        on_record=_masked(journey.lines[0].email),
        costs=await money.cost_of_choices(conn, journey, say) if makes_bills else {},
    )


async def confirm_page(
    request: Request, conn: Connection, journey: Journey, wish: Wish, problems: Mapping[str, str], status: int = 200
) -> Response:
    say, room, when = _say(request), journey.leeway, wish.when
    going, closes = journey.going, journey.closes_account
    sheets = await money.cost(conn, journey, when, say) if context_of(request).app.terms.final_bills else []
    return page(
        request,
        "leaving/confirm",
        status,
        **_common(journey, say),
        wish=wish,
        problems=problems,
        names=[naming.name(line, line.service, say) for line in going],
        starts=outlook.starts(going, when, room, say),
        undoable=bool(room.cooling_off) or when.kind != "now",
        review=journey.waits_for_a_person(when.kind),
        vetoed=room.earliest.veto,
        reason=reasons(say).get(wish.reason),
        on_record=_masked(going[0].email),
        waves=outlook.waves(
            context_of(request).app.terms.steps,
            numbered=any(line.msisdn for line in going),
            closes_account=closes,
            say=say,
        ),
        losses=outlook.losses(going, closes_account=closes, say=say),
        other_proof=with_onward("/security/prove", "/leave" if journey.one is None else f"{journey.base}/when"),
        stale=journey.session.needs_step_up(journey.pack, room.now),
        sheets=sheets,
        costs=come_to(sheets),
    )


def _common(journey: Journey, say: Phrases) -> Mapping[str, Any]:
    return {
        "journey": journey,
        "name": _name(journey, say),
        "kind": _kind(journey),
        "leave": naming.leave(_kind(journey), say),
        "keep": naming.keep(_kind(journey), say),
    }


def _name(journey: Journey, say: Phrases) -> str:
    if journey.one is not None:
        return naming.name(journey.one, journey.one.service, say)
    if journey.whole:
        return say.gettext("Account %(number)s") % {"number": journey.session.account_number}
    if len(journey.lines) == 1:
        return naming.name(journey.lines[0], journey.lines[0].service, say)
    return say.gettext("%(count)d lines") % {"count": len(journey.lines)}


def _kind(journey: Journey) -> str:
    """voice, data, iot, several or whole: pages and buttons say it in its own words."""
    if journey.one is not None:
        return journey.one.service
    return "whole" if journey.whole else "several"


def _masked(email: str | None) -> str | None:
    """`l…@example.net`: enough to know it again, too little to learn it."""
    if email is None:
        return None
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


def _say(request: Request) -> Phrases:
    return phrases(visitor_of(request).language)
