"""Documents, made when they are first asked for and kept sealed from then on."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ringoff.app import App
from ringoff.features.billing import keeping
from ringoff.features.billing.documents import Sender, render_final_bill
from ringoff.features.billing.issued import IssuedBill


def sender(app: App) -> Sender:
    carrier, portal = app.settings.carrier, app.settings.portal
    return Sender(carrier_name=carrier.name, support=carrier.support, accent=portal.accent or "#0f5c5c")


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


def pdf_response(bill: IssuedBill, content: bytes) -> Response:
    name = f'attachment; filename="{bill.document.bill_number}.pdf"'
    return Response(content, 200, {"Content-Disposition": name}, "application/pdf")
