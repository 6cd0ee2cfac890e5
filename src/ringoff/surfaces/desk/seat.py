"""Who sits at the desk: their session, what they may do and see, and the secret of their forms."""

import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request

from ringoff.db.pool import Connection
from ringoff.features import staff
from ringoff.features.staff import Member, Permission, Sight, StaffSession
from ringoff.kit.actor import Actor
from ringoff.kit.errors import NotAllowed, Unauthenticated
from ringoff.kit.i18n import Language
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.web.cookies import cookie_name, csrf_of, is_csrf_of
from ringoff.surfaces.web.visitors import language_of, visit_of

SESSION, VISIT = "ringoff_desk", "ringoff_desk_visit"
BY_ITSELF = "x-by-itself"
_RENEWED = re.compile(r"/desk/(queues/[a-z]+|callers|operations|calls/[0-9]+/state)")
"""The header of a request that a page makes by itself: it keeps no session awake, and is no view of its own."""


@dataclass(slots=True)
class Seat:
    """`token` is the random value of the session's or, before sign-in, of the visit's cookie."""

    language: Language
    token: str
    is_new: bool
    address: str | None
    session: StaffSession | None = None

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)

    def wrote(self, csrf: str) -> bool:
        return is_csrf_of(self.token, csrf)

    @property
    def member(self) -> Member:
        """Raises Unauthenticated (`session_needed`), NotAllowed (`desk_locked`)."""
        if self.session is None:
            raise Unauthenticated("session_needed", "Sign in first.")
        if self.session.locked:
            raise NotAllowed("desk_locked", "The desk is locked: prove again who you are.")
        return self.session.member

    @property
    def actor(self) -> Actor:
        return self.member.actor(self.address)

    @property
    def sight(self) -> Sight:
        return Sight(self.member.role)

    def may(self, permission: Permission) -> bool:
        return self.session is not None and not self.session.locked and self.session.member.may(permission)


def seat_of(request: Request) -> Seat:
    """Whoever is there, signed in or not."""
    found: Seat = request.state.visitor
    return found


def at_desk(request: Request, permission: Permission | None = None) -> Seat:
    """Somebody who is signed in, has not left, and may. Raises Unauthenticated, NotAllowed."""
    seat = seat_of(request)
    member = seat.member
    if permission is not None:
        member.require(permission)
    return seat


def renews_itself(request: Request) -> bool:
    """Nobody looks anew. Whatever a request says of itself, only the pages that do so are believed."""
    return BY_ITSELF in request.headers and _RENEWED.fullmatch(request.url.path) is not None


async def recognise(request: Request, conn: Connection) -> Seat:
    app = request.app.state.context.app
    address = visit_of(request).ip
    cookie = request.cookies.get(cookie_name(SESSION, request))
    if cookie:
        seen = not renews_itself(request)
        session = await staff.session(conn, SecretStr(cookie), app.database.clock.now(), seen=seen)
        if session is not None:
            return Seat(language_of(request), cookie, False, address, session)
    visit = request.cookies.get(cookie_name(VISIT, request))
    return Seat(language_of(request), visit or secrets.token_urlsafe(32), visit is None, address)
