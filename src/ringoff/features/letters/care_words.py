"""What letters say of calls, and of contacts that are changed with the help of care. How we write: `words.py`."""

from collections.abc import Callable, Mapping

from ringoff.features.letters.saying import Words, not_you, stopped_by_care
from ringoff.kit.i18n import Phrases


def _email_asked(say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("A new e-mail address is to be confirmed"),
        [
            _("Somebody who calls our care, we hope you, wants mail to go to another address."),
            _("Until that address is confirmed, everything stays as it is."),
        ],
        ending=stopped_by_care(say),
    )


def _phone_asked(say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("A new phone number is to be confirmed"),
        [
            _("Somebody who calls our care, we hope you, wants us to have another phone number for your account."),
            _("Until it is confirmed by a link that we sent to your e-mail address, everything stays as it is."),
        ],
        ending=stopped_by_care(say),
    )


def _phone_changed(say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Your phone number with us has been changed"),
        [_("From now on we have another phone number for your account. For a few days we call nobody back there.")],
        ending=not_you(say),
    )


BY_CARE: Mapping[str, Callable[[Phrases], Words]] = {
    "care": _email_asked,
    "phone": _phone_asked,
    "phone_changed": _phone_changed,
}
"""A contact that changes with the help of care: by the letter's fact `what`."""


def phone_confirm(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Confirm the new phone number"),
        [_("Somebody, we hope you, wants us to have another phone number for your account. This link confirms it.")],
        _("Confirm the number"),
        _("Was it not you? Then do nothing: your number with us stays as it is."),
    )


def call_code(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Your code for the phone"),
        [_("Somebody, we hope you, is on the phone with our care. Read this code out to them, and to nobody else.")],
        _("Your code"),
        _("Are you not on the phone with us? Then do nothing, and tell it to nobody: we never call to ask for it."),
        is_code=True,
    )


def call_refused(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("Somebody called us about your account"),
        [
            _("They could not prove that they are you, so we told them nothing and changed nothing."),
            _("Was it you? With a PIN or a code from the portal it works the next time."),
        ],
        ending=_("Was it not you? Then nobody learned anything. Tell care, if it happens again."),
    )


def call_emergency(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("We helped a caller without the usual proof"),
        [
            _("Somebody, we hope you, called us and could not prove it as usual."),
            _("Two of us agreed to help all the same."),
            _("Whatever they have changed or closed, we tell you in a mail of its own."),
        ],
        ending=stopped_by_care(say),
    )


def call_callback(_facts: Mapping[str, str], say: Phrases) -> Words:
    _ = say.gettext
    return Words(
        _("We called you back"),
        [
            _("Somebody called us about your account. We called back the phone number that we have for you."),
            _("Whoever answered said that it was they who had called us, so we go on with what they asked for."),
        ],
        ending=stopped_by_care(say),
    )
