"""What a form answers where identity refuses: a sentence in the visitor's language that says what to do next."""

from collections.abc import Callable, Mapping

from ringoff.kit.errors import RingoffError
from ringoff.kit.i18n import Phrases


def says(error: RingoffError, say: Phrases) -> str:
    """English, where there is no sentence of ours."""
    sentences = {**_proofs(say.gettext), **_new_secrets(say.gettext), **_settings(say.gettext)}
    return sentences.get(error.code, error.message) % {name: str(value) for name, value in error.details.items()}


def _proofs(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "sign_in_failed": _(
            "This name and password do not go together, or there were too many tries: then wait a quarter of an hour."
            " With “forgot password” you get in at once."
        ),
        "code_wrong": _("This code is wrong, used, or too old. Take the next one."),
        "too_many_tries": _("Too much was tried from where you are. Wait a quarter of an hour, then try again."),
        "proof_wrong": _(
            "Number and PIN do not go together, or there were too many tries: then wait a quarter of an hour."
        ),
        "busy": _("Too many people sign in just now. Try again in a moment."),
        "passkey_failed": _("This passkey did not work here. Try again, or sign in with your password."),
        "openid_failed": _("The sign-in at your carrier did not work. Try again, or sign in with your password."),
        "proof_missing": _("Enter your password or a code."),
        "no_seal": _("We cannot send links at the moment. Care can help you."),
        "openid_unavailable": _("Your carrier's sign-in does not answer at the moment. Try again in a minute."),
    }


def _new_secrets(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "password_short": _("Use at least %(least)s characters. Several words are easiest."),
        "password_long": _("Use at most %(most)s characters."),
        "password_common": _("Many people use this password, so it is tried first. Choose another."),
        "password_personal": _(
            "This password is little more than a name or number of yours. Choose one that nobody can guess."
        ),
        "passwords_differ": _("The two are not the same. Type the new password twice."),
        "pin_invalid": _("A PIN has 6 to 10 digits."),
        "pin_common": _("This PIN is tried first. Choose another one."),
        "pin_personal": _("This PIN is a part of one of your numbers. Choose another one."),
    }


def _settings(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "email_invalid": _("This is no e-mail address. It looks like name@example.net."),
        "contact_same": _("This is your e-mail address already."),
        "password_too_short_alone": _(
            "Without codes your password needs at least %(least)s characters. Change it first."
        ),
        "passkeys_enough": _("You have as many passkeys as we keep. Remove one first."),
        "passkey_known": _("This passkey is set up already."),
    }
