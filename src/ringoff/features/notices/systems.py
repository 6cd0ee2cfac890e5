"""What the parts of a cancellation are called before the person whom it concerns: systems, states.

Each system has a title and one sentence: what it means for *you*. Mails, pages and the command line all speak so.
"""

from collections.abc import Mapping

from ringoff.kit.i18n import Language, phrases


def N_(message: str) -> str:  # noqa: N802  # the name that pybabel looks for
    """Marks a phrase for pybabel; it is told in a language later."""
    return message


_NETWORK = (N_("Network"), N_("The SIM no longer connects: no calls, no messages, no data."))
_SYSTEMS: Mapping[str, tuple[str, str]] = {
    "network": _NETWORK,
    "hlr": _NETWORK,
    "hss": _NETWORK,
    "udm": _NETWORK,
    "esim": (N_("eSIM"), N_("The eSIM profile is released. You can then delete it from your device.")),
    "bindings": (
        N_("Linked services"),
        N_("Services that work with us are told that this number is no longer yours."),
    ),
    "access": (N_("Account access"), N_("You can no longer manage this account online.")),
    "billing": (
        N_("Final bill"),
        N_("The final bill is made up once all use has stopped, and comes to you separately."),
    ),
    "mandate": (N_("Auto-pay"), N_("The stored card or direct debit is removed once everything is settled.")),
    "number": (N_("Number"), N_("The number rests for a time. Only then may it be given to somebody else.")),
    "mail": (N_("Mail"), N_("You get word by mail.")),
    "sms": (N_("Text message"), N_("You get word by text message.")),
}

_CASE_STATES: Mapping[str, str] = {
    "requested": N_("Requested"),
    "in_review": N_("In review"),
    "scheduled": N_("Scheduled"),
    "releasing": N_("Being released"),
    "closed": N_("Closed"),
    "declined": N_("Declined"),
    "withdrawing": N_("Being undone"),
    "withdrawn": N_("Undone"),
}

_OBLIGATION_STATES: Mapping[str, str] = {
    "waiting": N_("Waiting for its turn"),
    "due": N_("Under way"),
    "discharged": N_("Done"),
    "fallout": N_("Needs a person"),
    "void": N_("No longer needed"),
}


def system_title(name: str, language: Language) -> str:
    """A system that a carrier named itself goes by that name."""
    known = _SYSTEMS.get(name)
    return phrases(language).gettext(known[0]) if known else name


def system_meaning(name: str, language: Language) -> str | None:
    """One sentence, in the present tense; None for a system that a carrier named itself."""
    known = _SYSTEMS.get(name)
    return phrases(language).gettext(known[1]) if known else None


def case_state_title(state: str, language: Language) -> str:
    return phrases(language).gettext(_CASE_STATES[state])


def obligation_state_title(state: str, language: Language) -> str:
    return phrases(language).gettext(_OBLIGATION_STATES[state])
