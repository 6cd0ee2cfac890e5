"""Proving once more who one is, on the page that confirms: an old session alone cancels nothing.

And the other side of it: where little was proved, whoever is reached at the contacts of record can object.
"""

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request

from ringoff.db.pool import Connection
from ringoff.features import identity
from ringoff.features.cancellation import casefile
from ringoff.features.identity import Identity, Session, SignedIn, Visit
from ringoff.features.rules import RulePack
from ringoff.kit.errors import InvalidInput, RingoffError, Unavailable
from ringoff.kit.i18n import Phrases
from ringoff.kit.ids import CaseId, case_number
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of
from ringoff.surfaces.portal.refusals import says
from ringoff.surfaces.portal.visitor import visit_of
from ringoff.surfaces.portal.wish import Leeway
from ringoff.surfaces.web.forms import Form

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


async def offer_veto(
    conn: Connection, ctx: Identity, account_id: int, case_ids: Sequence[int], leeway: Leeway, visit: Visit
) -> None:
    """A link for each case to all contacts of record, that stops it without signing in, for as long as it waits.

    Of one in confidence they are told nothing: its contact undoes it with care.
    """
    if not leeway.earliest.veto:
        return
    lives = max(leeway.pack.identity.veto_link_lives, leeway.cooling_off)
    for case_id, case in (await casefile.summaries(conn, case_ids)).items():
        if case.confidential:
            continue
        number = case_number(CaseId(case_id))
        link = await identity.make_link(
            conn, ctx, "veto", account_id=account_id, lives=lives, now=leeway.now, subject=number
        )
        facts = {
            "case_number": number,
            "line": case.msisdn or case.line_ref,
            "starts_at": (case.ripe_at or case.effective_at).isoformat(),
            "until": (leeway.now + lives).isoformat(),
        }
        await identity.tell(conn, ctx, account_id, "cancel_veto", visit, leeway.now, link=link, **facts)
