"""Money: what a case costs, its bills, an account's statement; renewals and imports; what needs a person."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Security
from starlette.responses import Response

from ringoff.db.pool import Connection
from ringoff.features import billing, directory
from ringoff.features.access.model import ApiKey
from ringoff.features.billing import tasks
from ringoff.features.billing.issued import IssuedBill
from ringoff.features.billing.statement import period, statement
from ringoff.features.cancellation import casefile
from ringoff.kit.errors import NotFound
from ringoff.kit.ids import is_movement, parse_case_number, parse_subject_number
from ringoff.surfaces import money_answers
from ringoff.surfaces.api import money_imports, money_requests
from ringoff.surfaces.api.auth import actor, asking
from ringoff.surfaces.api.cancellations import CaseNumber
from ringoff.surfaces.api.commands import Commanding, Reply, read_response
from ringoff.surfaces.api.context import Context, Shared
from ringoff.surfaces.api.documentation import CHANGING, READING, problems
from ringoff.surfaces.api.lines import AccountNumber
from ringoff.surfaces.papers import final_bill_pdf, final_bills, pdf_response

router = APIRouter(prefix="/v1", tags=["Billing"])

Writer = Annotated[ApiKey, Security(asking, scopes=["billing:write"])]
_READS = Security(asking, scopes=["billing:read"])
_STATEMENT_DAYS = timedelta(days=90)


@router.get(
    "/cancellations/{number}/bills",
    summary="See what a case costs",
    response_model=money_answers.BillsShown,
    responses=problems(*READING),
    dependencies=[_READS],
)
async def read_bills(number: CaseNumber, shared: Shared) -> Response:
    """What was promised when it was scheduled, and the final bills that were made. Scope `billing:read`."""
    case_id = parse_case_number(number)
    async with shared.app.database.transaction() as conn:
        case = await casefile.summarise(conn, case_id)
        quoted = (await billing.quotes(conn, [case_id])).get(case_id)
        bills = await final_bills(conn, shared.app, [case])
    return read_response(money_answers.BillsShown.of(case.number, quoted, bills))


@router.get(
    "/cancellations/{number}/bills/{bill}.pdf",
    summary="Fetch a final bill",
    response_class=Response,
    responses={**problems(*READING), 200: {"description": "PDF/A.", "content": {"application/pdf": {}}}},
    dependencies=[_READS],
)
async def fetch_bill(
    number: CaseNumber, bill: Annotated[str, Path(max_length=64, examples=["F-2N9S-3BZEF"])], shared: Shared
) -> Response:
    """The document in its holder's language. Scope `billing:read`."""
    found = await _bill(shared, parse_case_number(number), bill)
    return pdf_response(found.document.bill_number, await final_bill_pdf(shared.app, found))


@router.get(
    "/accounts/{number}/statement",
    summary="Read a statement",
    response_model=money_answers.StatementShown,
    responses=problems(*READING),
    dependencies=[_READS],
)
async def read_statement(
    number: AccountNumber, wanted: Annotated[money_requests.StatementWanted, Query()], shared: Shared
) -> Response:
    """What was owed, what was billed, paid and returned, what is owed. Scope `billing:read`."""
    async with shared.app.database.transaction() as conn:
        account = await directory.get_account(conn, number)
        today = shared.app.database.clock.now().astimezone(ZoneInfo(account.time_zone)).date()
        since, until = period(wanted.since, wanted.until, today, _STATEMENT_DAYS)
        told = await statement(conn, account.id, since, until)
    return read_response(money_answers.StatementShown.of(account.account_number, told))


@router.post(
    "/renewals",
    summary="Ask for the next period of lines",
    response_model=money_answers.RenewalsShown,
    responses=problems(*CHANGING),
)
async def renew(body: money_requests.RenewalWishes, request: Request, command: Commanding, key: Writer) -> Response:
    """Ask before you charge. Granted: the bill is booked, and a line that leaves later gets its unused days back.
    Refused (`line_leaving`, `line_closed`, `already_renewed`, `bill_number_taken`): charge nothing. The same
    period with the same bill asked again is granted again, and booked once. Scope `billing:write`."""

    async def effect(conn: Connection, now: datetime) -> Reply:
        wishes = [wish.of(await directory.find_line(conn, wish.line)) for wish in body.renewals]
        answered = await billing.renew(conn, wishes, actor(request, key), now)
        shown = [
            money_answers.RenewalShown.of(asked.line, asked.bill_number, answer)
            for asked, answer in zip(body.renewals, answered, strict=True)
        ]
        return Reply(200, money_answers.RenewalsShown(renewals=shown))

    return await command.run(effect)


@router.post(
    "/imports",
    summary="Import bills, payments and other money",
    response_model=money_answers.Imported,
    responses=problems(*CHANGING),
)
async def import_money(body: money_requests.MoneyRows, request: Request, command: Commanding, key: Writer) -> Response:
    """The same rows and the same checks as `ringoff import`, all of them or none: where a row is wrong, `problems`
    names its kind, its number (the first row is line 2, as in a file), its column and the reason. Rows that are
    known already are changed or left as they are. Scope `billing:write`."""

    async def effect(conn: Connection, now: datetime) -> Reply:
        rules = command.context.app.rules
        report = await money_imports.take(conn, body.rows, rules, actor(request, key), now)
        return Reply(200, money_answers.Imported(imported=report.summary()))

    return await command.run(effect)


@router.get(
    "/money-tasks",
    summary="See what of the money needs a person",
    response_model=money_answers.MoneyTasks,
    responses=problems(*READING),
    dependencies=[_READS],
)
async def read_tasks(shared: Shared) -> Response:
    """Refunds that no processor can return, and bills that differ from what was promised without a known reason.
    What a processor could not do is fallout: see `/v1/obligations`. Scope `billing:read`."""
    async with shared.app.database.transaction() as conn:
        return read_response(await money_answers.MoneyTasks.read(conn))


@router.post(
    "/money-tasks/{id}/paid",
    summary="Say that a refund was paid",
    response_model=money_answers.MoneyTasks,
    responses=problems(*CHANGING),
)
async def say_paid(
    id: Annotated[str, Path(max_length=40, examples=["P-17"])],  # noqa: A002 (the path's name)
    body: money_requests.PaidOut,
    request: Request,
    command: Commanding,
    key: Writer,
) -> Response:
    """A person has made the transfer. It is booked, and its bill is settled. The answer is what is left to do.
    Scope `billing:write`."""
    movement_id = parse_subject_number(id)
    if not is_movement(movement_id):
        raise NotFound("movement_unknown", "There is no such payment.")

    async def effect(conn: Connection, now: datetime) -> Reply:
        await tasks.paid_out(conn, movement_id, body.reference, actor(request, key), now)
        return Reply(200, await money_answers.MoneyTasks.read(conn))

    return await command.run(effect)


@router.post(
    "/cancellations/{number}/bills/go-on",
    summary="Let a stuck final bill go on",
    response_model=money_answers.MoneyTasks,
    responses=problems(*CHANGING),
)
async def go_on(
    number: CaseNumber, body: money_requests.GoingOn, request: Request, command: Commanding, key: Writer
) -> Response:
    """For a bill that nothing explains, after a person has looked. The answer is what is left to do.
    Scope `billing:write`."""
    case_id = parse_case_number(number)

    async def effect(conn: Connection, now: datetime) -> Reply:
        await tasks.free(conn, case_id, body.goes_on, body.why, actor(request, key), now)
        return Reply(200, await money_answers.MoneyTasks.read(conn))

    return await command.run(effect)


async def _bill(shared: Context, case_id: int, number: str) -> IssuedBill:
    async with shared.app.database.transaction() as conn:
        case = await casefile.summarise(conn, case_id)
        bills = await final_bills(conn, shared.app, [case])
    for one in bills:
        if one.document.bill_number == number:
            return one
    raise NotFound("final_bill_unknown", "There is no such final bill.")
