"""The audit log, for whoever audits: everything, the latest first, by who, by what, by case. And who works here."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import proof, staff
from ringoff.kit.errors import InvalidInput
from ringoff.kit.ids import is_case, parse_case_number, subject_number
from ringoff.surfaces.desk.cases import event_says
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import at_desk

_MOST, _TEXT_MOST = 100, 80


async def audit(request: Request) -> Response:
    seat = at_desk(request, "audit")
    app = context_of(request).app
    asked = {name: request.query_params.get(name, "").strip()[:_TEXT_MOST] for name in ("actor", "type", "case")}
    before, problem = request.query_params.get("before", ""), False
    subject: int | None = None
    if asked["case"]:
        try:
            subject = parse_case_number(asked["case"])
        except InvalidInput:
            subject, problem = -1, True
    async with app.database.transaction() as conn:
        found, onward = await proof.log(
            conn,
            actor=asked["actor"] or None,
            type_=asked["type"] or None,
            subject_id=subject,
            before=int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None,
            limit=_MOST,
        )
    return page(
        request,
        "audit",
        events=[(each, _about(each), event_says(each.event, seat.sight)) for each in found],
        asked=asked,
        problem=problem,
        more=onward,
    )


async def people(request: Request) -> Response:
    """They are made and changed at the command line."""
    at_desk(request, "staff")
    async with context_of(request).app.database.transaction() as conn:
        members = await staff.members(conn)
    return page(request, "people", members=members, roles=staff.PERMISSIONS, meaning=staff.MEANING)


def _about(recorded: proof.Recorded) -> str:
    subject = recorded.event.subject_id
    return subject_number(subject) if subject and is_case(subject) else ""


ROUTES: Sequence[Route] = [
    Route("/desk/audit", audit, methods=["GET"]),
    Route("/desk/staff", people, methods=["GET"]),
]
