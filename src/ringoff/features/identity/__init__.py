"""Who a holder is: signing in and proving it again, the way back in, and what each of it allows.

Functions take the edge's transaction. What a wrong answer counts must be committed, so `sign_in`, `second_factor` and
`step_up` *return* their refusal; `or_raise` turns it into an exception once the transaction is over:

    async with app.database.transaction() as conn:
        answer = await identity.sign_in(conn, app.identity, name, password, visit, now)
    signed_in = identity.or_raise(answer)
"""

from typing import TypeVar

from ringoff.features.identity.cancel_lock import lock_cancel, unlock_cancel
from ringoff.features.identity.contacts import (
    ask_new_email,
    ask_new_phone,
    change_contact,
    confirm_contact,
    confirm_phone,
    contacts_of_record,
    masked,
    tell,
)
from ringoff.features.identity.context import Identity
from ringoff.features.identity.credentials import (
    NewTotp,
    change_password,
    confirm_totp,
    make_recovery_codes,
    remove_totp,
    start_totp,
)
from ringoff.features.identity.holder import ensure_login, record
from ringoff.features.identity.links import Link, make_link, open_link, use_link
from ringoff.features.identity.model import (
    AccountClosed,
    Earliest,
    Level,
    Method,
    Purpose,
    SecuritySummary,
    Session,
    SignedIn,
    Visit,
    earliest,
    rested,
)
from ringoff.features.identity.overview import forget_expired, security
from ringoff.features.identity.pin import check_pin, remove_pin, set_pin
from ringoff.features.identity.presence import (
    end_other_sessions,
    end_session,
    prove_again,
    session,
    sessions,
    start_session,
)
from ringoff.features.identity.provider import Provider
from ringoff.features.identity.recovery import RECOVERY, ask_reset, send_archive_link, set_password
from ringoff.features.identity.seeding import seed_login
from ringoff.features.identity.signing_in import second_factor, sign_in, step_up
from ringoff.kit.errors import RingoffError

_T = TypeVar("_T")


def or_raise(answer: _T | RingoffError) -> _T:
    """After the transaction, never within it: there it would take back the count of wrong answers."""
    if isinstance(answer, RingoffError):
        raise answer
    return answer


__all__ = [
    "RECOVERY",
    "AccountClosed",
    "Earliest",
    "Identity",
    "Level",
    "Link",
    "Method",
    "NewTotp",
    "Provider",
    "Purpose",
    "SecuritySummary",
    "Session",
    "SignedIn",
    "Visit",
    "ask_new_email",
    "ask_new_phone",
    "ask_reset",
    "change_contact",
    "change_password",
    "check_pin",
    "confirm_contact",
    "confirm_phone",
    "confirm_totp",
    "contacts_of_record",
    "earliest",
    "end_other_sessions",
    "end_session",
    "ensure_login",
    "forget_expired",
    "lock_cancel",
    "make_link",
    "make_recovery_codes",
    "masked",
    "open_link",
    "or_raise",
    "prove_again",
    "record",
    "remove_pin",
    "remove_totp",
    "rested",
    "second_factor",
    "security",
    "seed_login",
    "send_archive_link",
    "session",
    "sessions",
    "set_password",
    "set_pin",
    "sign_in",
    "start_session",
    "start_totp",
    "step_up",
    "tell",
    "unlock_cancel",
    "use_link",
]
