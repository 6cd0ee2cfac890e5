"""Paying a final bill: signed in, as a guest with the code from our mail, or from the archive of a closed account.

No card number ever comes near us: the processor has a page of its own, and ours leads there.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features.billing import paying
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.identity import Visit
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, RingoffError
from ringoff.kit.i18n import phrases
from ringoff.surfaces.portal import money
from ringoff.surfaces.portal.ownership import own_case
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.shield import signed_in
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of


async def go(request: Request, case: Summary, bill_number: str, back: str) -> Response:
    """The page that leads to the processor's. `back`: the path of ours that it returns to where nothing was paid."""
    app, visitor = context_of(request).app, visitor_of(request)
    say, connector, url = phrases(visitor.language), money.taker(app), None
    problem = say.gettext("Nothing is left to pay of this bill.")
    if connector is not None:
        home = app.settings.public_url.rstrip("/")
        whereto = {"paid": f"{home}/paid", "back": f"{home}{back}", "language": visitor.language}
        try:
            async with app.database.transaction() as conn:
                now = app.database.clock.now()
                task = await paying.begin(
                    conn, case.id, bill_number, whereto, money.PAYMENTS, _actor(visit_of(request)), now
                )
            opened = await connector.payment_page(task)
            if opened is None:
                async with app.database.transaction() as conn:
                    await paying.look(conn, task, money.PAYMENTS, app.database.clock.now())
                problem = say.gettext("A payment for this bill is being looked at. Please look again in a minute.")
            else:
                url = opened.url
        except Conflict:
            pass
        except RingoffError:
            problem = say.gettext("The payment page cannot be opened now. Please try again in a few minutes.")
    async with app.database.transaction() as conn:
        found = await money.issued(conn, app, case, bill_number)
    shown = money.bill_of(found, say, payable=False) if found is not None else None
    host = urlsplit(url).hostname if url else None
    return page(request, "public/pay", 200 if url else 409, bill=shown, url=url, host=host, problem=problem, back=back)


async def pay(request: Request) -> Response:
    session, app = signed_in(request), context_of(request).app
    await read_form(request)
    async with app.database.transaction() as conn:
        case = await own_case(conn, session, request.path_params["number"])
    return await go(request, case, request.path_params["bill"], f"/cases/{case.number}")


async def paid(request: Request) -> Response:
    """Where the processor's page returns to. It says nothing of whose bill it was: anybody may open this address."""
    return page(request, "public/paid")


def _actor(visit: Visit) -> Actor:
    return Actor("guest", "web", visit.address)


ROUTES = [
    Route("/cases/{number}/bills/{bill}/pay", pay, methods=["POST"]),
    Route("/paid", paid, methods=["GET"]),
]
