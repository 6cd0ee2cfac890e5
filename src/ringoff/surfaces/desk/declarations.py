"""What was declared without signing in becomes a request once its holder is known: by a call, like everybody else.

And it closes no sooner: what was proved in the call decides how long it waits, and who can object.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import calls, cancellation, declaration, directory, identity, queues, readiness
from ringoff.features.cancellation import Leeway
from ringoff.features.declaration import declaration_number, parse_declaration_number
from ringoff.features.identity import Visit
from ringoff.kit.errors import NotFound
from ringoff.kit.i18n import phrases
from ringoff.kit.ids import case_number
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.queues import hands
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.web import naming
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

HERE = "/desk/queues/declarations"
_LINES = 50


async def show(request: Request) -> Response:
    """With the lines of those accounts whose holders this agent has on the phone, and knows."""
    seat, app = at_desk(request, "declarations"), context_of(request).app
    declared_id = parse_declaration_number(request.path_params["item"])
    say = phrases(seat.language)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        declared = await declaration.get(conn, declared_id)
        known = [call for call in await calls.open_calls(conn, seat.member.id) if call.is_proved(now)]
        lines = []
        for call in known:
            found = await directory.page_of_lines(conn, call.account_id, size=_LINES, living_only=True)
            lines += [(call, line, naming.name(line, line.service, say)) for line in found.lines]
        held = await hands(conn, "declarations", declared.number, seat, now)
    pack = app.rules.labelled(declared.rule_pack)
    said = declaration.particulars(declared.said, pack, seat.language)
    return page(request, "declaration", declared=declared, said=said, lines=lines, **held)


async def verify(request: Request) -> Response:
    """The line must be one of a caller whom this agent knows: nobody is verified by what stands in a declaration."""
    seat, form, app = at_desk(request, "declarations"), await read_form(request), context_of(request).app
    declared_id = parse_declaration_number(request.path_params["item"])
    item = declaration_number(declared_id)
    call_id, _, line_id = form["line"].partition(":")
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        await queues.must_hold(conn, "declarations", item, seat.member)
        call = await calls.call_of(conn, int(call_id) if call_id.isdecimal() else 0)
        call.must_be_proved(now)
        facts = await readiness.facts(conn, [int(line_id) if line_id.isdecimal() else 0])
        if call.staff_id != seat.member.id or [one.account_id for one in facts.values()] != [call.account_id]:
            raise NotFound("line_unknown", "There is no such line.")
        (line,) = facts.values()
        pack = app.rules.pack(line.jurisdiction)
        earliest = identity.earliest(call.level, line.changed_at, pack.identity, now)
        leeway = Leeway(pack, now, earliest, call.level, "care")
        receipt = await cancellation.request_declared(
            conn,
            app.terms,
            declared_id,
            line.line_id,
            contact_verified=form["contact_verified"] == "1",
            leeway=leeway,
            actor=seat.actor,
            now=now,
        )
        new = [receipt.case_id] if receipt.created else []
        await cancellation.offer_veto(conn, app.identity, call.account_id, new, leeway, Visit())
        await queues.done(conn, "declarations", item)
    return see_other(f"/desk/calls/{call.id}/cases/{case_number(receipt.case_id)}")


ROUTES: Sequence[Route] = [
    Route(f"{HERE}/{{item}}", show, methods=["GET"]),
    Route(f"{HERE}/{{item}}/verify", verify, methods=["POST"]),
]
