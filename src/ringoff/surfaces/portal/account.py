"""Services & devices: what the holder has, and each line by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import directory
from ringoff.features.cancellation import State, casefile
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.directory import Line
from ringoff.features.notices import case_state_title
from ringoff.kit.i18n import Phrases, phrases
from ringoff.surfaces.portal.ownership import own_line
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web import naming

LINES_A_PAGE = 50
_FIND_MOST = 64
_WAITING = frozenset({State.IN_REVIEW, State.SCHEDULED, State.RELEASING, State.WITHDRAWING})


@dataclass(frozen=True, slots=True)
class Shown:
    """A line in words. `state` is a shape and its word; `case` the one that tells how it stands, if there is one."""

    line: Line
    name: str
    kind: str
    address: str
    state: tuple[str, str]
    case: Summary | None


async def account(request: Request) -> Response:
    session, say, find = signed_in(request), phrases(visitor_of(request).language), found_by(request)
    async with context_of(request).app.database.transaction() as conn:
        asked = await directory.page_of_lines(
            conn, session.account_id, find=find, number=_page_number(request), size=LINES_A_PAGE
        )
        newest = await casefile.newest(conn, [line.id for line in asked.lines], in_confidence=False)
        any_case = await casefile.page(conn, account_number=session.account_number, in_confidence=False, limit=1)
    shown = [show(line, newest.get(line.line_ref), say) for line in asked.lines]
    return page(
        request,
        "account/account",
        account_number=session.account_number,
        living=[each for each in shown if each.line.status != "closed"],
        closed=[each for each in shown if each.line.status == "closed"],
        several=asked.living > 1,
        any_case=bool(any_case),
        find=find,
        asked=asked,
    )


async def line(request: Request) -> Response:
    session, say = signed_in(request), phrases(visitor_of(request).language)
    async with context_of(request).app.database.transaction() as conn:
        facts = await own_line(conn, session, request.path_params["line_ref"])
        found = await directory.get_line(conn, facts.line_ref)
        newest = await casefile.page(conn, line_id=facts.line_id, in_confidence=False, limit=1)
    shown = show(found, newest[0] if newest else None, say)
    return page(
        request,
        "account/line",
        shown=shown,
        leave=naming.leave(found.service, say),
        keep=naming.keep(found.service, say),
    )


def show(line: Line, newest: Summary | None, say: Phrases) -> Shown:
    """A case that was undone or declined is over: it says nothing about the line as it stands."""
    case = newest if newest and (newest.state in _WAITING or newest.state is State.CLOSED) else None
    return Shown(
        line,
        naming.name(line, line.service, say),
        naming.kind(line.service, say),
        naming.address(line.line_ref),
        _state(line, case, say),
        case,
    )


def _state(line: Line, case: Summary | None, say: Phrases) -> tuple[str, str]:
    _ = say.gettext
    words: Mapping[str, tuple[str, str]] = {
        "active": ("done", _("In use")),
        "suspended": ("waits", _("Suspended")),
        "closed": ("open", _("Closed")),
    }
    if case is not None and case.state in _WAITING:
        return "waits", case_state_title(case.state, say.language)
    return words[line.status]


def found_by(request: Request) -> str:
    """What was typed to find a line by."""
    return request.query_params.get("find", "").strip()[:_FIND_MOST]


def _page_number(request: Request) -> int:
    asked = request.query_params.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1


ROUTES: Sequence[Route] = [
    Route("/account", account, methods=["GET"]),
    Route("/lines/{line_ref:line}", line, methods=["GET"]),
]
