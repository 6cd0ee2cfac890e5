"""How a line is called before its holder: by its number as people write it, or by the end of its SIM's number."""

from functools import lru_cache

import phonenumbers

from ringoff.features.notices.model import NoticeFacts
from ringoff.features.notices.text import tidy
from ringoff.kit.i18n import Phrases

_VARYING = 4  # the last digits never decide how the others are grouped


def thing(facts: NoticeFacts, say: Phrases) -> str:
    _ = say.gettext
    return {"voice": _("line"), "data": _("data SIM"), "iot": _("IoT SIM")}[facts.service]


def title(facts: NoticeFacts, say: Phrases) -> str:
    """The noun where it stands alone, as the name of a row."""
    _ = say.gettext
    return {"voice": _("Line"), "data": _("Data SIM"), "iot": _("IoT SIM")}[facts.service]


def identity(facts: NoticeFacts, say: Phrases) -> str:
    if facts.msisdn:
        return written_number(facts.msisdn)
    if facts.iccid:
        return say.gettext("ending in %(digits)s") % {"digits": facts.iccid[-4:]}
    return tidy(facts.line_ref)


def called(facts: NoticeFacts, say: Phrases) -> str:
    """`line +86 138 0013 8000`, `data SIM ending in 1234`: a noun that follows "your"."""
    _ = say.gettext
    return _("%(thing)s %(identity)s") % {"thing": thing(facts, say), "identity": identity(facts, say)}


def called_briefly(facts: NoticeFacts, say: Phrases) -> str:
    """The same for a text message, which others may see: never the whole number."""
    _ = say.gettext
    digits = (facts.msisdn or facts.iccid or tidy(facts.line_ref))[-4:]
    return _("%(thing)s ending in %(digits)s") % {"thing": thing(facts, say), "digits": digits}


def written_number(msisdn: str) -> str:
    """`+8613800138000` → `+86 138 0013 8000`"""
    written, start = [], 0
    for length in _grouping(msisdn[:-_VARYING], len(msisdn)):
        written.append(msisdn[start : start + length])
        start += length
    return " ".join(written)


@lru_cache(maxsize=65_536)  # by block of numbers: libphonenumber takes longer than the whole rest of a notice
def _grouping(block: str, length: int) -> tuple[int, ...]:
    """Lengths of the groups of the numbers that begin with `block`."""
    try:
        number = phonenumbers.parse(block.ljust(length, "0"))
    except phonenumbers.NumberParseException:
        return (length,)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("-", " ")
    groups = tuple(len(group) for group in written.split())
    return groups if sum(groups) == length else (length,)
