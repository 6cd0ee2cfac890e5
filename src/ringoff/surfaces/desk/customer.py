"""The customer page: what an agent sees of an account once its caller is known, masked by role."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import cancellation, directory, notes, readiness
from ringoff.features.calls import PROOF_LASTS
from ringoff.features.cancellation import casefile
from ringoff.kit.errors import InvalidInput, NotFound
from ringoff.kit.i18n import negotiate, phrases
from ringoff.kit.ids import LineId
from ringoff.surfaces.desk.calls import OF_A_CALL, authenticate, own_call, proved_call
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.desk.words import finding_says, hold_titles
from ringoff.surfaces.web import naming
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.pages import see_other

_LINES, _CASES = 50, 20
_WHY_MOST = 500


async def customer(request: Request) -> Response:
    """Nothing but the caller's authentication, until they are known."""
    seat, app = at_desk(request, "customers"), context_of(request).app
    find, number = request.query_params.get("find", "")[:64], _page(request)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        call = await own_call(request, conn, seat)
    if call.ended_at is None and not call.is_proved(now):
        return await authenticate(request, call)
    async with app.database.transaction() as conn:
        account = (await proved_call(request, conn, seat)).account
        lines = await directory.page_of_lines(conn, account.id, find=find, number=number, size=_LINES)
        in_confidence = seat.may("representatives")
        newest = await casefile.newest(conn, [line.id for line in lines.lines], in_confidence=in_confidence)
        cases = await casefile.page(
            conn, account_number=account.account_number, in_confidence=in_confidence, limit=_CASES
        )
        written = await notes.of_account(conn, app.identity.own_seal, account.id, seat.member)
    say = phrases(seat.language)
    return page(
        request,
        "customer",
        call=call,
        account=account,
        caller_language=negotiate(account.locale),
        until=(call.proved_at or now) + PROOF_LASTS,
        sight=seat.sight,
        lines=[(line, naming.name(line, line.service, say), newest.get(line.line_ref)) for line in lines.lines],
        found=lines,
        find=find,
        cases=cases,
        notes=written,
        contact_asked=request.query_params.get("contact") == "asked",
    )


async def line(request: Request) -> Response:
    """One line: who it is in every system's eyes, what stands in the way, what holds it."""
    seat, app = at_desk(request, "customers"), context_of(request).app
    async with app.database.transaction() as conn:
        proved = await proved_call(request, conn, seat)
        facts = await own_facts(request, conn, proved.account.id)
        (found,) = await directory.get_lines(conn, [LineId(facts.line_id)])
        prepared = await readiness.preparation(conn, facts.line_id)
        now = app.database.clock.now()
    say, pack = phrases(seat.language), app.rules.pack(facts.jurisdiction)
    return page(
        request,
        "line",
        call=proved.call,
        line=found,
        facts=facts,
        name=naming.name(found, found.service, say),
        sight=seat.sight,
        findings=[(each, finding_says(each, say)) for each in readiness.findings(facts, pack, now)],
        bindings=prepared.bindings,
        hold_titles=hold_titles(say),
        kinds=sorted(kind for kind in pack.holds if kind not in facts.holds),
    )


async def set_hold(request: Request) -> Response:
    seat, form, app = at_desk(request, "holds"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        proved = await proved_call(request, conn, seat)
        facts = await own_facts(request, conn, proved.account.id)
        now = app.database.clock.now()
        await cancellation.set_hold(
            conn, app.terms, facts, form["kind"], why=why_of(form["why"]), actor=seat.actor, now=now
        )
    return see_other(f"/desk/calls/{proved.call.id}/lines/{facts.line_id}")


async def lift_hold(request: Request) -> Response:
    seat, form, app = at_desk(request, "holds"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        proved = await proved_call(request, conn, seat)
        facts = await own_facts(request, conn, proved.account.id)
        now = app.database.clock.now()
        await cancellation.lift_hold(
            conn, app.terms, facts, form["kind"], why=why_of(form["why"]), actor=seat.actor, now=now
        )
    return see_other(f"/desk/calls/{proved.call.id}/lines/{facts.line_id}")


async def own_facts(request: Request, conn: Connection, account_id: int) -> readiness.LineFacts:
    """Another account's line is as unknown as none. Raises NotFound (`line_unknown`)."""
    line_id = request.path_params["line"]
    facts = (await readiness.facts(conn, [line_id])).get(line_id)
    if facts is None or facts.account_id != account_id:
        raise NotFound("line_unknown", "There is no such line.")
    return facts


def why_of(text: str) -> str:
    """Raises InvalidInput (`why_missing`)."""
    if not 1 <= len(text) <= _WHY_MOST:
        raise InvalidInput("why_missing", "Say why, in a sentence.")
    return text


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


ROUTES: Sequence[Route] = [
    Route(OF_A_CALL, customer, methods=["GET"]),
    Route(f"{OF_A_CALL}/lines/{{line:int}}", line, methods=["GET"]),
    Route(f"{OF_A_CALL}/lines/{{line:int}}/hold", set_hold, methods=["POST"]),
    Route(f"{OF_A_CALL}/lines/{{line:int}}/lift", lift_hold, methods=["POST"]),
]
