"""What each letter says, in English; the other languages stand in `ringoff/locale`.

How we write: short sentences, "you", the present tense. A letter may reach somebody who asked for nothing, so each
says what to do then. Whoever reads it may not be the holder: it never names a line, an amount or a plan by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ringoff.features.letters.care_words import (
    BY_CARE,
    call_callback,
    call_code,
    call_emergency,
    call_refused,
    phone_confirm,
)
from ringoff.features.letters.model import LetterKind
from ringoff.features.letters.saying import Words, not_you
from ringoff.features.notices.text import tidy
from ringoff.kit.i18n import Phrases, tell_time


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom: `holder_name` is empty where the letter is about no account."""

    holder_name: str
    time_zone: str


def words(kind: LetterKind, facts: Mapping[str, str], say: Phrases) -> Words:
    return _WORDS[kind](facts, say)


def particulars(facts: Mapping[str, str], reader: Reader, say: Phrases) -> list[tuple[str, str]]:
    """What is known, each by its name."""
    _ = say.gettext

    def time(name: str) -> str:
        at = facts.get(name)
        return tell_time(datetime.fromisoformat(at), reader.time_zone, say.language) if at else ""

    told = [
        (_("When"), time("at")),
        (_("From the internet address"), facts.get("address", "")),
        (_("With"), facts.get("device", "")),
        (_("New address"), facts.get("contact", "")),
        (_("Phone number"), facts.get("phone", "")),
        (_("Line"), facts.get("line", "")),
        (_("Closing starts"), time("starts_at")),
        (_("Received"), time("received_at")),
        (_("Name"), facts.get("holder_name", "")),
        (_("Contract or number"), facts.get("contract", "")),
        (_("Wish"), facts.get("wanted", "")),
        (_("Case number"), facts.get("case_number", "")),
        (_("Reference"), facts.get("reference", "")),
        (_("The link works until"), time("until")),
        (_("The code works until"), time("code_until")),
    ]
    return [(name, tidy(value)) for name, value in told if value]


def _enrol(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Choose your password"),
        [_("Somebody, we hope you, wants to sign in here for the first time. With this link you choose a password.")],
        _("Choose a password"),
        _("Was it not you? Then do nothing: without this link nobody gets in."),
    )


def _reset(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Choose a new password"),
        [_("Somebody, we hope you, has forgotten the password. With this link you choose a new one.")],
        _("Choose a new password"),
        _("Was it not you? Then do nothing: your password stays as it is."),
    )


def _password_changed(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Your password has been set"),
        [_("The password of your account is a new one from now on. All other devices have been signed out.")],
        ending=not_you(say),
    )


def _contact_changed(facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    if facts.get("what") in BY_CARE:
        return BY_CARE[facts["what"]](say)
    if facts.get("what") == "asked":
        return Words(
            _("A new e-mail address is to be confirmed"),
            [
                _("Somebody who is signed in to your account wants mail to go to another address."),
                _("Until that address is confirmed, everything stays as it is."),
            ],
            ending=not_you(say),
        )
    return Words(
        _("Your e-mail address has been changed"),
        [
            _("From now on mail about your account goes to another address."),
            _("For a few days we still write of important things to the former one as well."),
        ],
        ending=not_you(say),
    )


def _contact_confirm(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Confirm this e-mail address"),
        [_("Somebody, we hope you, wants our mail to go to this address. With this link you confirm it.")],
        _("Confirm the address"),
        _("Was it not you? Then do nothing: we write no more to this address."),
    )


def _passkey_added(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("A passkey has been added"),
        [_("Your account has a new passkey. Whoever has that device can sign in with it.")],
        ending=not_you(say),
    )


def _passkey_removed(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("A passkey has been removed"),
        [_("One of your passkeys no longer signs in.")],
        ending=not_you(say),
    )


def _totp_changed(facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    if facts.get("what") == "removed":
        return Words(
            _("One-time codes have been switched off"),
            [_("From now on your account asks for no code after the password.")],
            ending=not_you(say),
        )
    return Words(
        _("One-time codes have been set up"),
        [_("From now on your account asks for a code from your authenticator app after the password.")],
        ending=not_you(say),
    )


def _recovery_codes_made(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("New recovery codes have been made"),
        [_("Recovery codes that you saved before no longer work.")],
        ending=not_you(say),
    )


def _pin_changed(facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    if facts.get("what") == "removed":
        return Words(
            _("Your account PIN has been removed"),
            [_("Care can no longer tell by a PIN that it is you who calls.")],
            ending=not_you(say),
        )
    return Words(
        _("Your account PIN has been set"),
        [_("Tell it only when you call care, never to somebody who calls you.")],
        ending=not_you(say),
    )


def _cancel_lock(facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    if facts.get("what") == "lifted":
        return Words(
            _("Your cancel lock has been lifted"),
            [_("From now on lines of your account can be cancelled again, after a few days' wait.")],
            ending=not_you(say),
        )
    return Words(
        _("Your cancel lock has been set"),
        [_("Nobody can cancel a line of your account until you lift the lock.")],
        ending=not_you(say),
    )


def _sign_in_blocked(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Wrong passwords were tried at your account"),
        [
            _("Somebody has tried too many wrong passwords, so for a while we take none, not even the right one."),
            _("With “forgot password” on the sign-in page you get in at once, by a link to this address."),
        ],
        ending=_("Was it not you? Then nobody got in, and there is nothing that you need to do."),
    )


def _cancel_veto(facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    asked = {
        "phone": _("Somebody who called and typed your account PIN, we hope you, has asked for a line to be closed."),
        "care": _("Somebody who talked to care and proved to be you has asked for a line to be closed."),
    }
    signed_in = _("Somebody who is signed in to your account, we hope you, has asked for a line to be closed.")
    return Words(
        _("A line of yours is to be closed"),
        [
            asked.get(facts.get("channel", ""), signed_in),
            _("Until closing starts you can stop it with this link. Nobody needs to sign in for that."),
        ],
        _("Stop the cancellation"),
        _("Was it you? Then there is nothing that you need to do."),
    )


def _archive_link(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("The documents of your closed account"),
        [_("Your account with us is closed. With this link you get at its bills and confirmations, once.")],
        _("See the documents"),
        _("Was it not you who asked? Then do nothing: without this link nobody sees them."),
    )


def _declaration_received(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("We have received your declaration"),
        [
            _("This confirms what you declared, and when. Keep this mail."),
            _("We now make sure that it comes from the holder of the contract. Until then nothing is changed."),
        ],
        _("Go on with your declaration"),
        _("Did you declare nothing? Then do nothing: a declaration alone closes no line."),
    )


def _status_code(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Your code to check a cancellation"),
        [_("With this code and your case number you see how your cancellation stands.")],
        _("Your code"),
        _("Did you ask for none? Then do nothing, and tell it to nobody."),
        is_code=True,
    )


_WORDS: Mapping[LetterKind, Callable[[Mapping[str, str], Phrases], Words]] = {
    "enrol": _enrol,
    "reset": _reset,
    "password_changed": _password_changed,
    "contact_changed": _contact_changed,
    "contact_confirm": _contact_confirm,
    "phone_confirm": phone_confirm,
    "passkey_added": _passkey_added,
    "passkey_removed": _passkey_removed,
    "totp_changed": _totp_changed,
    "recovery_codes_made": _recovery_codes_made,
    "pin_changed": _pin_changed,
    "cancel_lock": _cancel_lock,
    "sign_in_blocked": _sign_in_blocked,
    "cancel_veto": _cancel_veto,
    "archive_link": _archive_link,
    "declaration_received": _declaration_received,
    "status_code": _status_code,
    "call_code": call_code,
    "call_refused": call_refused,
    "call_emergency": call_emergency,
    "call_callback": call_callback,
}
