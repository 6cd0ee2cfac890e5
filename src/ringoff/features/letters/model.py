"""What a letter is. Pure: no database, no clock, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ringoff.kit.secrets import SecretStr

LetterKind = Literal[
    "enrol",
    "reset",
    "password_changed",
    "contact_changed",
    "contact_confirm",
    "phone_confirm",
    "passkey_added",
    "passkey_removed",
    "totp_changed",
    "recovery_codes_made",
    "pin_changed",
    "cancel_lock",
    "sign_in_blocked",
    "cancel_veto",
    "archive_link",
    "declaration_received",
    "status_code",
    "call_code",
    "call_refused",
    "call_emergency",
    "call_callback",
]
LETTERS: tuple[LetterKind, ...] = get_args(LetterKind)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail about an account, to one address.

    `facts` is what it tells beside its kind; nothing secret, all of it optional: `at` (ISO 8601 with its offset),
    `address` and `device` of whoever did it, `until` (ISO 8601: how long the link works), `what` (`set`, `removed`,
    `changed`, `lifted`), `line`, `case_number`, `starts_at`, `contact`, `phone`, `wanted`, `holder_name`, `reference`.
    `link` is the address that it carries, or the code: sealed at rest, and gone once the letter has been sent.
    """

    kind: LetterKind
    recipient: str
    locale: str
    facts: Mapping[str, str] = field(default_factory=dict)
    link: SecretStr | None = None
    account_id: int | None = None
