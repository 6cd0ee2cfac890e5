"""Proving once more who one is, on the page that confirms: an old session alone cancels nothing."""

from datetime import datetime

from starlette.requests import Request

from ringoff.db.pool import Connection
from ringoff.features import identity
from ringoff.features.identity import Session, SignedIn
from ringoff.features.rules import RulePack
from ringoff.kit.errors import InvalidInput, RingoffError, Unavailable
from ringoff.kit.i18n import Phrases
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.web.forms import Form
from ringoff.surfaces.web.visitors import visit_of

_CODE_LENGTH = 6


async def prove(
    request: Request, conn: Connection, session: Session, form: Form, pack: RulePack, now: datetime
) -> SignedIn | RingoffError | None:
    """By the field `proof`: a password or a one-time code. None where the session is fresh enough.

    Every refusal is returned, so that the transaction commits what it counts. No answer is no guess.
    """
    if not session.needs_step_up(pack, now):
        return None
    proof, app = form["proof"], context_of(request).app
    digits = proof.replace(" ", "")
    is_code = digits.isascii() and digits.isdecimal() and len(digits) == _CODE_LENGTH
    secret = {"code": SecretStr(digits)} if is_code else {"password": SecretStr(proof)} if proof else {}
    try:
        return await identity.step_up(conn, app.identity, session, visit_of(request), now, **secret)
    except (InvalidInput, Unavailable) as refused:
        return refused


def problem(refusal: RingoffError, say: Phrases) -> str:
    if refusal.code == "sign_in_failed":  # its usual sentence speaks of a name, and here is none
        return say.gettext("This is not your password. After too many tries, wait a quarter of an hour.")
    return says(refusal, say)
