"""After an account has closed: its documents, once, by a link to the contact of record. Nobody is signed in by it.

GET shows a button, because mail programs open links by themselves; POST uses the link up and shows everything. Bills
that are files are fetched from that page with a pass: sealed, bound to this browser, good for half an hour.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import directory, identity
from ringoff.features.billing.issued import IssuedBill
from ringoff.features.cancellation import State, casefile
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.identity.holder import Holder, holder
from ringoff.kit.errors import Unauthenticated
from ringoff.kit.i18n import phrases
from ringoff.kit.secrets import SealBroken, SecretStr
from ringoff.surfaces.papers import final_bill_pdf, holders_statement, pdf_response, statement_pdf
from ringoff.surfaces.portal import money, paying
from ringoff.surfaces.portal.case_view import CaseView, view
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

PASS_LIVES = timedelta(minutes=30)
_CASES_MOST = 100
_CLOSED: Mapping[str, Any] = {"state": State.CLOSED, "in_confidence": False, "limit": _CASES_MOST}


async def look(request: Request) -> Response:
    app = context_of(request).app
    async with app.database.transaction() as conn:
        try:
            await identity.open_link(conn, "archive", _token(request), app.database.clock.now())
        except Unauthenticated:
            return page(request, "public/link_over", 410)
    return page(request, "public/archive_door")


async def enter(request: Request) -> Response:
    await read_form(request)
    app, visitor = context_of(request).app, visitor_of(request)
    async with app.database.transaction() as conn:
        now = app.database.clock.now()
        try:
            link = await identity.use_link(conn, "archive", _token(request), now)
        except Unauthenticated:
            return page(request, "public/link_over", 410)
        assert link.account_id is not None
        who = await holder(conn, link.account_id)
        if not _kept(request, who, now):
            return page(request, "public/link_over", 410)
        await identity.record(conn, who, "archive_opened", visit_of(request), now)
        bills = await directory.bills(conn, who.account_id)
        visitor.time_zone = who.time_zone
        cases = await _cases(request, conn, who)
    until = now + PASS_LIVES
    return page(
        request,
        "public/archive",
        who=who,
        bills=bills,
        cases=cases,
        permit=_permit(request, who.account_id, until),
        until=until,
        statement=app.terms.final_bills,
    )


async def final_bill(request: Request) -> Response:
    """As `bill`, of the bills that were made when the lines left."""
    found = await _final_bill(request)
    if found is None:
        raise HTTPException(404)
    content = await final_bill_pdf(context_of(request).app, found[1])
    return pdf_response(found[1].document.bill_number, content)


async def statement(request: Request) -> Response:
    form, app = await read_form(request), context_of(request).app
    account_id = _permitted(request, form["permit"])
    if not app.terms.final_bills:
        raise HTTPException(404)
    async with app.database.transaction() as conn:
        who = await holder(conn, account_id)
        account = await directory.get_account(conn, who.account_number)
        document = await holders_statement(conn, app, account, form)
    return pdf_response("statement", await statement_pdf(app, document))


async def pay(request: Request) -> Response:
    found = await _final_bill(request)
    if found is None:
        raise HTTPException(404)
    return await paying.go(request, found[0], found[1].document.bill_number, "/status")


async def _final_bill(request: Request) -> tuple[Summary, IssuedBill] | None:
    form, app = await read_form(request), context_of(request).app
    account_id = _permitted(request, form["permit"])
    async with app.database.transaction() as conn:
        who = await holder(conn, account_id)
        for case in await casefile.page(conn, account_number=who.account_number, **_CLOSED):
            if (found := await money.issued(conn, app, case, form["bill"])) is not None:
                return case, found
    return None


async def bill(request: Request) -> Response:
    """A bill's file, for the browser that has opened the archive a short while ago."""
    form, app = await read_form(request), context_of(request).app
    account_id = _permitted(request, form["permit"])
    async with app.database.transaction() as conn:
        document = await directory.bill_document(conn, account_id, form["bill"])
    if document is None:
        raise HTTPException(404)
    headers = {"Content-Disposition": 'attachment; filename="bill.pdf"'}
    return Response(document, media_type="application/pdf", headers=headers)


def _kept(request: Request, who: Holder, now: datetime) -> bool:
    """Only of an account that is closed, and only for as long as its rule pack keeps the archive."""
    kept = context_of(request).app.rules.pack(who.jurisdiction).identity.archive_kept
    return who.closed_at is not None and now <= who.closed_at + kept


async def _cases(request: Request, conn: Connection, who: Holder) -> list[CaseView]:
    """The lines' last cases: what was closed, when, and what each system proved."""
    app, say = context_of(request).app, phrases(visitor_of(request).language)
    found = await casefile.page(conn, account_number=who.account_number, **_CLOSED)
    lines = await directory.lines_named(conn, who.account_id, [case.line_ref for case in found])
    services = {line.line_ref: line.service for line in lines}
    files = [await casefile.read(conn, case.id) for case in found]
    shown = []
    for file in files:
        case, pack = file.summary, app.rules.labelled(file.summary.rule_pack)
        seen = view(file, services[case.line_ref], pack, who.time_zone, say)
        final_bills, _promised = await money.of_case(conn, app, case, say)
        shown.append(replace(seen, bills=final_bills))
    return shown


def _permit(request: Request, account_id: int, until: datetime) -> str:
    told = f"{account_id}|{until.isoformat()}|{visitor_of(request).csrf}"
    return context_of(request).app.identity.own_seal.close(told.encode()).decode()


def _permitted(request: Request, permit: str) -> int:
    """The account. Whatever is wrong with a permit, there is nothing here."""
    app = context_of(request).app
    try:
        account_id, until, browser = app.identity.own_seal.open(permit.encode()).decode().split("|")
    except (SealBroken, ValueError):
        raise HTTPException(404) from None
    if not visitor_of(request).wrote(browser) or datetime.fromisoformat(until) < app.database.clock.now():
        raise HTTPException(404)
    return int(account_id)


def _token(request: Request) -> SecretStr:
    return SecretStr(request.path_params["token"])


ROUTES = [
    Route("/archive/bill", bill, methods=["POST"]),
    Route("/archive/final-bill", final_bill, methods=["POST"]),
    Route("/archive/statement", statement, methods=["POST"]),
    Route("/archive/pay", pay, methods=["POST"]),
    Route("/archive/{token}", look, methods=["GET"]),
    Route("/archive/{token}", enter, methods=["POST"]),
]
