"""All cancellations of the account, the newest first; what was asked for together stands, and can be undone, together.

Whoever leaves with several lines lands here, and finds the way back from `Services & devices` later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import directory
from ringoff.features.cancellation import casefile
from ringoff.features.cancellation.account import LINES_MOST
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.identity import Session
from ringoff.features.notices import case_state_title
from ringoff.kit.errors import Conflict, InvalidInput
from ringoff.kit.i18n import Phrases, phrases
from ringoff.kit.ids import CaseId, parse_case_number
from ringoff.surfaces.portal.case_view import BEFORE_RELEASE, SHAPES
from ringoff.surfaces.portal.journey import holder
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web import naming
from ringoff.surfaces.web.forms import read_form

CASES_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One case: `state` is a shape and its word, `undo` whether it can still be undone for certain."""

    case: Summary
    name: str
    state: tuple[str, str]
    undo: bool


@dataclass(frozen=True, slots=True)
class Together:
    """What was asked for in one go."""

    at: datetime
    cases: Sequence[Listed]

    @property
    def undo(self) -> bool:
        return sum(each.undo for each in self.cases) > 1


async def cases(request: Request) -> Response:
    session, say = signed_in(request), phrases(visitor_of(request).language)
    before = _before(request)
    async with context_of(request).app.database.transaction() as conn:
        found = await casefile.page(
            conn,
            account_number=session.account_number,
            before=before,
            in_confidence=False,
            limit=CASES_A_PAGE + 1,
        )
        shown = found[:CASES_A_PAGE]
        services = await _services(conn, session, shown)
    groups = [
        Together(at, [_listed(case, services, say) for case in asked])
        for at, asked in groupby(shown, key=lambda case: case.requested_at)
    ]
    older = shown[-1].number if len(found) > CASES_A_PAGE else None
    return page(request, "cases/list", groups=groups, older=older, first=before is None)


async def undo(request: Request) -> Response:
    """Whatever was asked for at that moment and has not started; the page then says of each how it stands."""
    session, form = signed_in(request), await read_form(request)
    app, who = context_of(request).app, holder(request, session)
    async with app.database.transaction() as conn:
        asked = await casefile.page(
            conn,
            account_number=session.account_number,
            requested_at=_moment(form["asked"]),
            in_confidence=False,
            limit=LINES_MOST,
        )
    for case in asked:
        if _can_undo(case):
            try:
                await app.withdraw(CaseId(case.id), why=None, actor=who)
            except Conflict:
                continue  # it started or ended this very moment: the list tells so
    return see_other("/cases")


def _can_undo(case: Summary) -> bool:
    return case.state in BEFORE_RELEASE and case.cause == "cancelled"


def _listed(case: Summary, services: Mapping[str, str], say: Phrases) -> Listed:
    state = SHAPES[case.state], case_state_title(case.state, say.language)
    return Listed(case, naming.name(case, services[case.line_ref], say), state, _can_undo(case))


async def _services(conn: Connection, session: Session, found: Sequence[Summary]) -> dict[str, str]:
    lines = await directory.lines_named(conn, session.account_id, [case.line_ref for case in found])
    return {line.line_ref: line.service for line in lines}


def _before(request: Request) -> int | None:
    number = request.query_params.get("before")
    try:
        return parse_case_number(number) if number is not None else None
    except InvalidInput:
        raise HTTPException(404) from None


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(404) from None
    if at.tzinfo is None:
        raise HTTPException(404)
    return at


ROUTES = [Route("/cases", cases, methods=["GET"]), Route("/cases/undo", undo, methods=["POST"])]
