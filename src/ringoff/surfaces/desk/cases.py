"""A case in an agent's eyes: how it stands, what each system was asked, what was promised, what happened."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features import billing, cancellation, notes, proof
from ringoff.features.cancellation import State, casefile
from ringoff.features.cancellation.casefile import CaseFile, Summary
from ringoff.features.notices import system_title
from ringoff.features.staff import Sight
from ringoff.kit.errors import NotFound
from ringoff.kit.i18n import phrases
from ringoff.kit.ids import CaseId, parse_case_number
from ringoff.surfaces.desk.calls import OF_A_CALL, Proved, proved_call
from ringoff.surfaces.desk.customer import why_of
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import Seat, at_desk
from ringoff.surfaces.desk.words import notice_titles
from ringoff.surfaces.papers import final_bills
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other
from ringoff.surfaces.web.sheets import sheets

_EVENTS_MOST = 200
_CAN_WITHDRAW = frozenset({State.REQUESTED, State.IN_REVIEW, State.SCHEDULED, State.RELEASING})


async def case(request: Request) -> Response:
    seat, app = at_desk(request, "customers"), context_of(request).app
    async with app.database.transaction() as conn:
        proved = await proved_call(request, conn, seat)
        file = await casefile.read(conn, (await own_case(request, conn, proved)).id)
        shown = await shown_case(conn, app, file, seat)
        written = await notes.of_case(conn, app.identity.own_seal, file.summary.id, seat.member)
    return page(request, "case", **shown, call=proved.call, account=proved.account, notes=written)


async def withdraw(request: Request) -> Response:
    """On behalf of the caller; granted until the point of no return."""
    seat, form, app = at_desk(request, "cases"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        proved = await proved_call(request, conn, seat)
        summary = await own_case(request, conn, proved)
    await app.withdraw(CaseId(summary.id), why=why_of(form["why"]), actor=seat.actor)
    return see_other(f"/desk/calls/{proved.call.id}/cases/{summary.number}")


async def again(request: Request) -> Response:
    """What the holder was last told, once more, to the contacts of record."""
    seat, app = at_desk(request, "cases"), context_of(request).app
    await read_form(request)
    async with app.database.transaction() as conn:
        proved = await proved_call(request, conn, seat)
        summary = await own_case(request, conn, proved)
        now = app.database.clock.now()
        await cancellation.tell_again(conn, app.terms, CaseId(summary.id), actor=seat.actor, now=now)
    return see_other(f"/desk/calls/{proved.call.id}/cases/{summary.number}?sent=1")


async def shown_case(conn: Connection, app: App, file: CaseFile, seat: Seat) -> Mapping[str, Any]:
    """What `case_panel.html.j2` needs."""
    summary, say = file.summary, phrases(seat.language)
    pack = app.rules.labelled(summary.rule_pack)
    rule = next((rule for rule in pack.review if rule.id == summary.review_rule), None)
    money: list[Any] = []
    if seat.sight.sees("money"):
        bills = await final_bills(conn, app, [summary])
        quote = (await billing.quotes(conn, [summary.id])).get(summary.id)
        made = [billing.FinalBill(tuple(bill.document.items)) for bill in bills]
        money = sheets(made or ([quote.bill] if quote else []), say)
    return {
        "file": file,
        "case": summary,
        "sight": seat.sight,
        "why": rule.why if rule else None,
        "titles": {each.system: system_title(each.system, seat.language) for each in [*file.releases, *file.notices]},
        "notices": notice_titles(say),
        "events": [(each, event_says(each.event, seat.sight)) for each in await proof.timeline(conn, summary.id)],
        "sheets": money,
        "billed": bool(money and made),
        "can_withdraw": summary.state in _CAN_WITHDRAW and summary.cause == "cancelled",
    }


def event_says(event: proof.Event, sight: Sight) -> str:
    """The log as it is: its own words, and what it tells beside them. What a system answered may name any SIM."""
    hidden = () if sight.sees("numbers") and sight.sees("sims") else ("evidence",)
    detail = {name: value for name, value in (event.detail or {}).items() if name not in hidden}
    told = [f"{name}: {value}" for name, value in detail.items() if value not in (None, "", [], {})]
    return " · ".join(told)


async def own_case(request: Request, conn: Connection, proved: Proved) -> Summary:
    """Another account's case, and one in confidence, is as unknown as none. Raises NotFound (`case_unknown`)."""
    summary = await casefile.summarise(conn, parse_case_number(request.path_params["number"]))
    hidden = summary.confidential and not proved.seat.may("representatives")
    if summary.account_number != proved.account.account_number or hidden:
        raise NotFound("case_unknown", "There is no such case.")
    return summary


_OF_A_CASE = f"{OF_A_CALL}/cases/{{number}}"
ROUTES: Sequence[Route] = [
    Route(_OF_A_CASE, case, methods=["GET"]),
    Route(f"{_OF_A_CASE}/withdraw", withdraw, methods=["POST"]),
    Route(f"{_OF_A_CASE}/again", again, methods=["POST"]),
]
