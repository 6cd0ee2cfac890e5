"""Cancelling on behalf of a caller: choose when, read out what will happen, and do it when they say yes.

The same core as the portal's: what the caller proved decides how soon, and whether the contacts of record can object.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import approvals, cancellation, directory, identity, readiness
from ringoff.features.cancellation import Going, Leeway, Receipt
from ringoff.features.cancellation.account import LINES_MOST
from ringoff.features.identity import Visit
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.kit.errors import InvalidInput, NotAllowed, NotFound, Refused, RingoffError
from ringoff.kit.i18n import LANGUAGES, Language, negotiate, phrases
from ringoff.kit.ids import case_number
from ringoff.surfaces.desk import readout
from ringoff.surfaces.desk.calls import OF_A_CALL, Proved, proved_call
from ringoff.surfaces.desk.pages import context_of, page
from ringoff.surfaces.desk.seat import at_desk
from ringoff.surfaces.desk.seconding import ask as ask_for
from ringoff.surfaces.desk.seconding import standing
from ringoff.surfaces.desk.words import finding_says, says
from ringoff.surfaces.web import naming
from ringoff.surfaces.web.forms import Form, read_form
from ringoff.surfaces.web.pages import see_other
from ringoff.surfaces.web.sheets import Sheet, come_to, sheets
from ringoff.surfaces.web.wish import Wish, reasons


@dataclass(frozen=True, slots=True)
class Plan:
    """Who leaves, as it stands now. `together`: primaries whose dependants leave as well."""

    proved: Proved
    lines: Sequence[LineFacts]
    whole: bool
    together: frozenset[int]
    leeway: Leeway

    @property
    def pack(self) -> RulePack:
        return self.leeway.pack

    @property
    def fields(self) -> Sequence[tuple[str, str]]:
        return [("account", "1")] if self.whole else [("line", str(line.line_id)) for line in self.lines]

    def stop(self, line: LineFacts) -> str | None:
        """What keeps this line's request from becoming a case at all."""
        if line.status == "closed":
            return "closed"
        found = readiness.stop(line, self.pack)
        return found.code if found else None


async def ask(request: Request) -> Response:
    """When, why, and how to reach the holder afterwards."""
    seat, app = at_desk(request, "cases"), context_of(request).app
    async with app.database.transaction() as conn:
        plan = await _plan(request, conn, await proved_call(request, conn, seat), _query(request))
        return _ask_page(request, plan, Wish(), {})


async def check(request: Request) -> Response:
    """What will happen, to be read out. Nothing is written yet."""
    seat, form, app = at_desk(request, "cases"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        plan = await _plan(request, conn, await proved_call(request, conn, seat), form)
        wish = Wish.sent(form)
        problems = wish.problems(plan.lines, plan.leeway, phrases(seat.language))
        if problems:
            return _ask_page(request, plan, wish, problems)
        return await _check_page(request, conn, plan, wish, _language(form, plan))


async def leave(request: Request) -> Response:
    """The caller said yes. What was read out is what they agreed to: if it comes to something else now, it is read out
    once more."""
    seat, form, app = at_desk(request, "cases"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        plan = await _plan(request, conn, await proved_call(request, conn, seat), form)
        wish, language = Wish.sent(form), _language(form, plan)
        problems = wish.problems(plan.lines, plan.leeway, phrases(seat.language))
        if problems:
            return _ask_page(request, plan, wish, problems)
        if come_to(await _sheets(request, conn, plan, wish, language)) != form["costs"]:
            return await _check_page(request, conn, plan, wish, language, changed=True)
        second = await standing(conn, seat, _many(plan, wish), plan.leeway.now)
        approval = second.id if second is not None and second.state == "approved" else None
        try:
            async with conn.transaction():
                answers = await _request(request, conn, plan, wish, approval)
        except NotAllowed as missing:
            if missing.code != "approval_missing":
                raise
            return await _check_page(request, conn, plan, wish, language, alone=False)
        made = [answer for answer in answers if isinstance(answer, Receipt)]
        new = [receipt.case_id for receipt in made if receipt.created]
        ctx, account = app.identity, plan.proved.account
        await cancellation.offer_veto(conn, ctx, account.id, new, plan.leeway, Visit())
        await cancellation.ask_to_confirm(conn, ctx, new, seat.actor, plan.leeway.now)
    call = plan.proved.call.id
    return see_other(
        f"/desk/calls/{call}/cases/{case_number(made[0].case_id)}" if len(answers) == 1 else f"/desk/calls/{call}"
    )


async def ask_second(request: Request) -> Response:
    """So many lines need a second person, who sees which, and when."""
    seat, form, app = at_desk(request, "cases"), await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        plan = await _plan(request, conn, await proved_call(request, conn, seat), form)
        wish = Wish.sent(form)
        await ask_for(request, conn, seat, _many(plan, wish), form["why"])
        return await _check_page(request, conn, plan, wish, _language(form, plan), alone=False)


def _many(plan: Plan, wish: Wish) -> approvals.Wish:
    wishes = [wish.request(line.line_id, plan.leeway, together=True) for line in plan.lines]
    return cancellation.closing_many(plan.proved.account.id, wishes)


async def _request(
    request: Request, conn: Connection, plan: Plan, wish: Wish, approval: int | None
) -> Sequence[Receipt | RingoffError]:
    """Raises the first error where no case was made, so that nothing is written."""
    terms, who, now = context_of(request).app.terms, plan.proved.seat.actor, plan.leeway.now
    if plan.whole:
        number = plan.proved.account.account_number
        answered = await cancellation.request_account(
            conn,
            terms,
            number,
            lambda line_id: wish.request(line_id, plan.leeway, together=True),
            who,
            now,
            approval=approval,
        )
        return [answer for _line, answer in answered]
    wishes = [wish.request(line.line_id, plan.leeway, together=line.line_id in plan.together) for line in plan.lines]
    answers = await cancellation.request(conn, terms, wishes, who, now, approval=approval)
    errors = [answer for answer in answers if isinstance(answer, RingoffError)]
    if len(errors) == len(answers):
        raise errors[0]
    return answers


async def _plan(request: Request, conn: Connection, proved: Proved, form: Form) -> Plan:
    """Raises InvalidInput (`nothing_chosen`), Refused (`lines_many`), NotFound for another account's line."""
    app, account, whole = context_of(request).app, proved.account, form["account"] == "1"
    if whole:
        ids: Sequence[int] = await directory.living_lines(conn, account.account_number, limit=LINES_MOST + 1)
    else:
        ids = [int(text) for text in dict.fromkeys(form.all("line")) if text.isascii() and text.isdecimal()]
    if not ids:
        raise InvalidInput("nothing_chosen", "Choose at least one line.")
    if len(ids) > LINES_MOST:
        raise Refused("account_too_large", f"More than {LINES_MOST} lines.", rule="account_lines_most")
    facts = await readiness.facts(conn, ids)
    if any(id_ not in facts or facts[id_].account_id != account.id for id_ in ids):
        raise NotFound("line_unknown", "There is no such line.")
    lines = sorted((facts[id_] for id_ in ids), key=lambda line: (line.primary_line_id is None, line.line_id))
    needed = await directory.primaries_left_needed(conn, ids)
    together = frozenset(ln.line_id for ln in lines if ln.has_live_secondaries and ln.line_id not in needed)
    pack, now, level = app.rules.pack(account.jurisdiction), app.database.clock.now(), proved.call.level
    earliest = identity.earliest(level, lines[0].changed_at, pack.identity, now)
    return Plan(proved, lines, whole, together, Leeway(pack, now, earliest, level, "care"))


def _ask_page(request: Request, plan: Plan, wish: Wish, problems: dict[str, str]) -> Response:
    seat, app = plan.proved.seat, context_of(request).app
    say, now = phrases(seat.language), plan.leeway.now
    shown = []
    for line in plan.lines:
        found = readiness.findings(line, plan.pack, now)
        shown.append((naming.name(line, line.service, say), [(each, finding_says(each, say)) for each in found]))
    return page(
        request,
        "leave",
        422 if problems else 200,
        plan=plan,
        call=plan.proved.call,
        account=plan.proved.account,
        sight=seat.sight,
        lines=shown,
        wish=wish,
        reasons=reasons(say),
        problems=problems,
        days=plan.leeway.days(plan.lines[0].time_zone),
        has_period=bool(plan.leeway.period_ends(plan.lines)),
        caller_language=negotiate(plan.proved.account.locale),
        final_bills=app.terms.final_bills,
    )


async def _check_page(
    request: Request,
    conn: Connection,
    plan: Plan,
    wish: Wish,
    language: Language,
    *,
    changed: bool = False,
    alone: bool = True,
) -> Response:
    """`changed`: it costs something else by now. `alone`: no second person has been found to be needed."""
    told = await _sheets(request, conn, plan, wish, language)
    aloud = readout.sentences(plan.lines, wish.when, plan.leeway, told, _closes(plan), phrases(language))
    own = await _sheets(request, conn, plan, wish, plan.proved.seat.language)
    return page(
        request,
        "leave_check",
        409 if changed else 200,
        asked=await standing(conn, plan.proved.seat, _many(plan, wish), plan.leeway.now),
        alone=alone and len(plan.lines) <= plan.pack.four_eyes.lines_above,
        plan=plan,
        call=plan.proved.call,
        account=plan.proved.account,
        sight=plan.proved.seat.sight,
        wish=wish,
        aloud=aloud,
        spoken=language,
        sheets=own,
        costs=come_to(told),
        changed=changed,
        problem=says(Refused("hold", "", rule="hold"), phrases(plan.proved.seat.language))
        if all(plan.stop(line) for line in plan.lines)
        else None,
    )


async def _sheets(request: Request, conn: Connection, plan: Plan, wish: Wish, language: Language) -> list[Sheet]:
    if not context_of(request).app.terms.final_bills:
        return []
    going = [
        Going(line, plan.pack, plan.leeway.starts_at(line, wish.when)) for line in plan.lines if not plan.stop(line)
    ]
    return sheets(await cancellation.costs(conn, going, plan.leeway.now) if going else [], phrases(language))


def _closes(plan: Plan) -> bool:
    """Whether nothing of the account would stay."""
    return plan.whole or (len(plan.lines) == 1 and not plan.lines[0].has_other_lines)


def _language(form: Form, plan: Plan) -> Language:
    """In which it is read out."""
    chosen = next((language for language in LANGUAGES if language == form["language"]), None)
    return chosen or negotiate(plan.proved.account.locale)


def _query(request: Request) -> Form:
    return Form({name: request.query_params.getlist(name) for name in ("line", "account")})


ROUTES: Sequence[Route] = [
    Route(f"{OF_A_CALL}/leave", ask, methods=["GET"]),
    Route(f"{OF_A_CALL}/leave/check", check, methods=["POST"]),
    Route(f"{OF_A_CALL}/leave/ask", ask_second, methods=["POST"]),
    Route(f"{OF_A_CALL}/leave", leave, methods=["POST"]),
]
