"""What the commands on cases do: one transaction each, then an answer as JSON or for the eye."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features import cancellation, directory, proof, readiness
from ringoff.features.cancellation import Receipt, Request, State, When, casefile
from ringoff.kit.errors import InvalidInput, NotFound, Refused, RingoffError
from ringoff.kit.ids import CaseId, case_number, parse_case_number
from ringoff.kit.msisdn import Numbering
from ringoff.surfaces import answers, line_answers
from ringoff.surfaces.cli import case_view, line_view, problems
from ringoff.surfaces.cli.command import Place
from ringoff.surfaces.cli.running import installation, operator
from ringoff.surfaces.cli.screen import console, give, say
from ringoff.surfaces.cli.watch import watch

_CASE_NUMBER = re.compile(r"c-[0-9a-z-]+", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_LINE_CASES = 10
_PROSE_MOST, _LABEL_MOST = 1000, 255


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed; `request` checks it."""

    when: str
    reason: str | None = None
    email: str | None = None
    phone: str | None = None
    reference: str | None = None
    confidential: bool = False

    def request(self, line_id: int, numbering: Numbering, *, whole_account: bool = False) -> Request:
        if self.email is not None and not _EMAIL.fullmatch(self.email):
            raise InvalidInput("email_invalid", "--email is not an e-mail address.")
        for name, text, most in (("reason", self.reason, _PROSE_MOST), ("reference", self.reference, _LABEL_MOST)):
            if text is not None and not 1 <= len(text.strip()) <= most:
                raise InvalidInput(f"{name}_invalid", f"--{name} has 1 to {most} characters.")
        return Request(
            line_id,
            When.parse(self.when),
            reason=self.reason,
            contact_email=self.email,
            contact_phone=numbering.parse(self.phone) if self.phone else None,
            external_reference=self.reference,
            whole_account=whole_account,
            confidential=self.confidential,
        )


async def cancel_line(place: Place, line: str, wish: Wish, *, watching: bool) -> int:
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            line_id = await directory.find_line(conn, line)
            request = wish.request(line_id, Numbering(app.rules.number_plans))
            now = app.database.clock.now()
            (receipt,) = await cancellation.request(conn, app.terms, [request], operator(), now)
            if isinstance(receipt, RingoffError):
                raise receipt
            case = await casefile.summarise(conn, receipt.case_id)
        if watching:
            return await follow(place, app, [CaseId(case.id)])
        if place.json:
            give(answers.Case.of(case))
        else:
            case_view.tell(case, app.database.clock.now(), _why(app, case), first=receipt.created)
    return _ending(case)


async def cancel_account(place: Place, number: str, wish: Wish, *, watching: bool) -> int:
    """A line that cannot be closed does not keep the others open; when it is so for all, the first one's problem."""
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            asked = partial(wish.request, numbering=Numbering(app.rules.number_plans), whole_account=True)
            now = app.database.clock.now()
            answered = await cancellation.request_account(conn, app.terms, number, asked, operator(), now)
            answer = await line_answers.AccountCancellation.read(conn, number, answered, problems.document)
        refused = any(isinstance(receipt, RingoffError) for _, receipt in answered)
        if place.json and not watching:
            give(answer)
        elif not place.json:
            line_view.show_account(answer)
        if watching:
            cases = [CaseId(receipt.case_id) for _, receipt in answered if isinstance(receipt, Receipt)]
            return await follow(place, app, cases) or (problems.FOUND if refused else problems.DONE)
    return problems.FOUND if refused else problems.DONE


async def show(place: Place, name: str, *, watching: bool) -> int:
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            case_id = parse_case_number(name) if _CASE_NUMBER.fullmatch(name) else None
            if case_id is None and watching:
                case_id = await _case(conn, name)
            if case_id is None:
                await _show_line(conn, app, place, name)
                return problems.DONE
        if watching:
            return await follow(place, app, [case_id])
        async with app.database.transaction() as conn:
            file = await casefile.read(conn, case_id)
            timeline = await proof.timeline(conn, case_id)
        if place.json:
            give(answers.CaseInFull.of_file(file, timeline))
        else:
            now = app.database.clock.now()
            console().print(case_view.draw(file, now, _why(app, file.summary)), case_view.history(timeline, now))
    return problems.DONE


async def list_cases(
    place: Place,
    state: str | None,
    line: str | None,
    account: str | None,
    reference: str | None,
    limit: int,
    cursor: str | None,
) -> None:
    before = parse_case_number(cursor) if cursor else None
    async with installation(place) as app, app.database.transaction() as conn:
        found = await casefile.page(
            conn,
            state=State(state) if state else None,
            line_id=await directory.find_line(conn, line) if line else None,
            account_number=account,
            external_reference=reference,
            before=before,
            limit=limit + 1,
        )
        now = app.database.clock.now()
    shown = found[:limit]
    more = shown[-1].number if len(found) > limit else None
    if place.json:
        give(answers.CasePage(cancellations=[answers.Case.of(case) for case in shown], next_cursor=more))
    else:
        case_view.show_list(shown, more, now)


async def withdraw(place: Place, case: str, reason: str | None, *, watching: bool) -> int:
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            case_id = await _case(conn, case)
        await app.withdraw(case_id, why=reason, actor=operator())
        if watching:
            return await follow(place, app, [case_id])
        await _tell(place, app, case_id)
    return problems.DONE


async def reschedule(place: Place, case: str, when: str) -> None:
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            case_id, now = await _case(conn, case), app.database.clock.now()
            await cancellation.reschedule(conn, app.terms, case_id, When.parse(when), actor=operator(), now=now)
        await _tell(place, app, case_id)


async def review(place: Place, case: str, *, approve: bool, why: str) -> None:
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            case_id, now = await _case(conn, case), app.database.clock.now()
            await cancellation.review(conn, app.terms, case_id, approve=approve, why=why, actor=operator(), now=now)
        await _tell(place, app, case_id)


async def follow(place: Place, app: App, cases: Sequence[CaseId]) -> int:
    """Until all have ended; with --json in silence, then the whole cases. Ctrl-C leaves them going, and says so."""
    try:
        files = await watch(app, cases, silent=place.json)
    except asyncio.CancelledError:
        if not place.json:
            again = f"show {case_number(cases[0])} --watch" if len(cases) == 1 else "list"
            say(f"You stopped watching; it goes on without you. See it again: ringoff {again}")
        raise
    if place.json:
        async with app.database.transaction() as conn:
            told = [answers.CaseInFull.of_file(f, await proof.timeline(conn, f.summary.id)) for f in files]
        give(told[0] if len(told) == 1 else {"cancellations": [one.model_dump(mode="json") for one in told]})
    good = (State.CLOSED, State.WITHDRAWN)
    return problems.DONE if all(file.summary.state in good for file in files) else problems.FOUND


async def _tell(place: Place, app: App, case_id: CaseId) -> None:
    async with app.database.transaction() as conn:
        case = await casefile.summarise(conn, case_id)
    if place.json:
        give(answers.Case.of(case))
    else:
        case_view.tell(case, app.database.clock.now(), _why(app, case))


def _why(app: App, case: casefile.Summary) -> str | None:
    """The sentence of the review rule that decided."""
    pack = app.rules.labelled(case.rule_pack)
    return next((rule.why for rule in pack.review if rule.id == case.review_rule), None)


def _ending(case: casefile.Summary) -> int:
    """A request that a rule declines is on record, and a no all the same."""
    return problems.EXIT_CODES[Refused] if case.state is State.DECLINED else problems.DONE


async def _case(conn: Connection, name: str) -> CaseId:
    """A case by its number; or a line's newest case."""
    if _CASE_NUMBER.fullmatch(name):
        return parse_case_number(name)
    cases = await casefile.page(conn, line_id=await directory.find_line(conn, name), limit=1)
    if not cases:
        raise NotFound("case_unknown", "This line has no case.")
    return CaseId(cases[0].id)


async def _show_line(conn: Connection, app: App, place: Place, name: str) -> None:
    line = await directory.get_line(conn, name)
    facts = (await readiness.facts(conn, [line.id]))[line.id]
    cases = await casefile.page(conn, line_id=line.id, limit=_LINE_CASES)
    if place.json:
        give(line_answers.Line.of(facts, holds=facts.holds, cases=cases))
        return
    now = app.database.clock.now()
    found = readiness.findings(facts, app.rules.pack(facts.jurisdiction), now)
    line_view.show_line(line, found, cases, now)
