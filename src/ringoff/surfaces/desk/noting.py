"""Notes about an account or a case, and another contact for a holder: what an agent writes down for a known caller."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import approvals, notes
from ringoff.kit.errors import InvalidInput
from ringoff.surfaces.desk.calls import OF_A_CALL, proved_call
from ringoff.surfaces.desk.cases import own_case
from ringoff.surfaces.desk.pages import context_of
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other


async def on_account(request: Request) -> Response:
    seat, form, app = at_desk(request, "cases"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        proved, now = await proved_call(request, conn, seat), app.database.clock.now()
        seal = app.identity.own_seal
        await notes.add(conn, seal, form["text"], seat.member, now, account_id=proved.account.id, address=seat.address)
    return see_other(f"/desk/calls/{proved.call.id}")


async def on_case(request: Request) -> Response:
    seat, form, app = at_desk(request, "cases"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        proved, now = await proved_call(request, conn, seat), app.database.clock.now()
        summary = await own_case(request, conn, proved)
        await notes.add(
            conn,
            app.identity.own_seal,
            form["text"],
            seat.member,
            now,
            case_id=summary.id,
            confidential=summary.confidential,
            address=seat.address,
        )
    return see_other(f"/desk/calls/{proved.call.id}/cases/{summary.number}")


async def contact(request: Request) -> Response:
    """A link goes there, and nothing changes before it is opened; every contact of record hears of it at once."""
    seat, form, app = at_desk(request, "cases"), await read_form(request), context_of(request).app
    text = form["contact"]
    if not text:
        raise InvalidInput("contact_missing", "Give an e-mail address or a telephone number.")
    where = {"email": text} if "@" in text else {"phone": text}
    async with app.database.transaction() as conn:
        proved, now = await proved_call(request, conn, seat), app.database.clock.now()
        await approvals.care_change_contact(
            conn, app.identity, proved.account.id, member=seat.member, now=now, address=seat.address, **where
        )
    return see_other(f"/desk/calls/{proved.call.id}?contact=asked")


ROUTES: Sequence[Route] = [
    Route(f"{OF_A_CALL}/notes", on_account, methods=["POST"]),
    Route(f"{OF_A_CALL}/contact", contact, methods=["POST"]),
    Route(f"{OF_A_CALL}/cases/{{number}}/notes", on_case, methods=["POST"]),
]
