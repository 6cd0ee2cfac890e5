"""The account's bills, as they stand in the carrier's billing, and their documents; and the account's statement."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import directory
from ringoff.surfaces.papers import holders_statement, pdf_response, statement_pdf
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.shield import signed_in


async def bills(request: Request) -> Response:
    session = signed_in(request)
    async with context_of(request).app.database.transaction() as conn:
        found = await directory.bills(conn, session.account_id)
    statement = context_of(request).app.terms.final_bills
    return page(request, "account/bills", bills=found, all=len(found) < directory.BILLS_MOST, statement=statement)


async def bill(request: Request) -> Response:
    """The PDF. Another's bill looks like one that does not exist."""
    session = signed_in(request)
    async with context_of(request).app.database.transaction() as conn:
        content = await directory.bill_document(conn, session.account_id, request.path_params["number"])
    if content is None:
        raise HTTPException(404)
    return Response(content, 200, {"Content-Disposition": 'attachment; filename="bill.pdf"'}, "application/pdf")


async def statement(request: Request) -> Response:
    """From our ledger, of the last twelve months or of the days that are asked for, such as `?since=2025-01-01`.

    Where the carrier's own billing makes the bills, it speaks.
    """
    session, app = signed_in(request), context_of(request).app
    if not app.terms.final_bills:
        raise HTTPException(404)
    async with app.database.transaction() as conn:
        account = await directory.get_account(conn, session.account_number)
        document = await holders_statement(conn, app, account, request.query_params)
    return pdf_response("statement", await statement_pdf(app, document))


ROUTES: Sequence[Route] = [
    Route("/account/bills", bills, methods=["GET"]),
    Route("/account/bills/{number}", bill, methods=["GET"]),
    Route("/account/statement.pdf", statement, methods=["GET"]),
]
