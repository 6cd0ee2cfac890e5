"""Documents, made when they are first asked for and kept sealed from then on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features.billing import keeping
from ringoff.features.billing.documents import Holder, Sender, StatementDocument, render_final_bill, render_statement
from ringoff.features.billing.issued import IssuedBill, issued_bills
from ringoff.features.billing.statement import period, statement
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.directory import Account
from ringoff.kit.errors import InvalidInput

_STATEMENT_DAYS = timedelta(days=365)
_STATEMENT_DAYS_MOST = timedelta(days=3 * 366)


def sender(app: App) -> Sender:
    carrier, portal = app.settings.carrier, app.settings.portal
    return Sender(
        carrier_name=carrier.name,
        support=carrier.support,
        pay_to=app.settings.billing.pay_to,
        accent=portal.accent or "#0f5c5c",
    )


async def final_bills(conn: Connection, app: App, cases: Sequence[Summary]) -> list[IssuedBill]:
    """By case, a bill before its supplements; each by the rules of its own case, which say how soon a refund comes."""
    found: list[IssuedBill] = []
    for label in sorted({case.rule_pack for case in cases}):
        ids = [case.id for case in cases if case.rule_pack == label]
        found += await issued_bills(conn, ids, sender(app), app.rules.labelled(label))
    return sorted(found, key=lambda one: one.case_id)


async def final_bill_pdf(app: App, bill: IssuedBill) -> bytes:
    """The same document for ever, once it was made. Without a secret to seal it under it is made anew each time.

    Raises NotFound where its time is over, Unavailable where no font has a character that it needs.
    """
    seal = app.identity.seal
    if seal is not None:
        async with app.database.transaction() as conn:
            kept = await keeping.fetch(conn, seal, bill.id)
        if kept is not None:
            return kept
    made = await run_in_threadpool(render_final_bill, bill.document, app.settings.billing.fonts)
    if seal is None:
        return made
    async with app.database.transaction() as conn:
        return await keeping.keep(conn, seal, bill.id, made, app.database.clock.now())


async def holders_statement(
    conn: Connection, app: App, account: Account, asked: Mapping[str, str]
) -> StatementDocument:
    """As the account's own holder may see it. `asked`: `since` and `until`; by default the last twelve months.

    Raises InvalidInput (`period_invalid`) for days that are none, of the future, or more than three years apart.
    """
    now = app.database.clock.now()
    today = now.astimezone(ZoneInfo(account.time_zone)).date()
    since, until = _period(asked.get("since", ""), asked.get("until", ""), today)
    told = await statement(conn, account.id, since, until, in_confidence=False)
    holder = Holder(
        name=account.holder_name,
        account_number=account.account_number,
        locale=account.locale,
        time_zone=account.time_zone,
    )
    by = replace(sender(app), paper=app.rules.pack(account.jurisdiction).billing.paper)
    return StatementDocument(sender=by, holder=holder, issued_at=now, statement=told)


async def statement_pdf(app: App, document: StatementDocument) -> bytes:
    """Raises as `final_bill_pdf`."""
    return await run_in_threadpool(render_statement, document, app.settings.billing.fonts)


def _period(since: str, until: str, today: date) -> tuple[date, date]:
    try:
        asked = tuple(date.fromisoformat(day) if day else None for day in (since, until))
    except ValueError:
        raise InvalidInput("period_invalid", "A day is written as in 2026-11-27.") from None
    first, last = period(asked[0], asked[1], today, _STATEMENT_DAYS)
    if last > today or last - first > _STATEMENT_DAYS_MOST:
        raise InvalidInput("period_invalid", "A statement ends today at the latest, and tells of three years at most.")
    return first, last


def pdf_response(name: str, content: bytes) -> Response:
    disposition = f'attachment; filename="{name}.pdf"'
    return Response(content, 200, {"Content-Disposition": disposition}, "application/pdf")
