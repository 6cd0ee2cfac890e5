"""After the right password of an account that is closed: since when, and how its holder still gets at documents."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.db.pool import Connection
from ringoff.features import identity
from ringoff.features.identity import AccountClosed, challenges
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import read_form
from ringoff.surfaces.web.visitors import visit_of

_PURPOSE = "closed_account"
_LIVES = timedelta(minutes=15)


async def tell(conn: Connection, request: Request, closed: AccountClosed, now: datetime) -> Response:
    """The page, with a form that carries the proof of this moment: it sends one link."""
    visitor_of(request).time_zone = closed.time_zone
    proof = await challenges.make(
        conn, _PURPOSE, bound_to=visitor_of(request).csrf, lives=_LIVES, now=now, account_id=closed.account_id
    )
    return page(request, "sign_in/closed", 403, since=closed.since, proof=proof.get_secret_value())


async def send(request: Request) -> Response:
    form, app = await read_form(request), context_of(request).app
    async with app.database.transaction() as conn:
        now, bound_to = app.database.clock.now(), visitor_of(request).csrf
        taken = await challenges.take(conn, _PURPOSE, SecretStr(form["proof"]), bound_to=bound_to, now=now)
        if taken is None or taken.account_id is None:
            return see_other("/forgot")
        sent = await identity.send_archive_link(conn, app.identity, taken.account_id, visit_of(request), now)
    return see_other("/sign-in/closed/sent" if sent else "/sign-in/closed/unsent")


async def sent(request: Request) -> Response:
    return page(request, "sign_in/closed_sent", sent=request.url.path.endswith("/sent"))


ROUTES: Sequence[Route] = [
    Route("/sign-in/closed", send, methods=["POST"]),
    Route("/sign-in/closed/sent", sent, methods=["GET"]),
    Route("/sign-in/closed/unsent", sent, methods=["GET"]),
]
