"""A notice as one text message, to be read on the very line that goes.

One message is 160 characters of GSM 7-bit (3GPP TS 23.038), or 70 of UCS-2 where the language needs others; longer
ones are billed and arrive in parts. No links: a text message about closing a line that has a link looks like fraud.
"""

import re
import unicodedata
from collections.abc import Sequence

from ringoff.features.notices import line
from ringoff.features.notices.model import NoticeFacts, NoticeType
from ringoff.features.notices.text import columns, tidy
from ringoff.kit.i18n import Phrases, negotiate, phrases, tell_time_briefly

_GSM_7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_LONG = "^{}\\[~]|€"  # behind an escape: two characters each
_SPELLED = re.compile(f"[{re.escape(_GSM_7 + _GSM_7_LONG)}]*")
_FOREIGN = re.compile(f"[^{re.escape(_GSM_7 + _GSM_7_LONG)}]")
_PLAIN = str.maketrans({"’": "'", "–": "-", "−": "-", "…": "..."})


def render_sms(notice: NoticeType, facts: NoticeFacts) -> str:
    """The notice in one text message; what matters less is left out until it fits."""
    say = phrases(negotiate(facts.locale))
    told, advice = _told(notice, facts, say), _advice(notice, facts, say)
    sender = say.gettext("%(carrier)s: %(message)s")
    for parts, signed in (([*told, *advice], True), ([*told, *advice], False), (told, True)):
        message = _joined(parts, say)
        if signed:
            message = sender % {"carrier": tidy(facts.carrier_name), "message": message}
        if fits(message := plain(message)):
            return message
    return plain(_joined(told, say))


def fits(message: str) -> bool:
    """Whether it is one text message."""
    if _SPELLED.fullmatch(message):
        return len(message) + sum(map(message.count, _GSM_7_LONG)) <= 160
    return len(message.encode("utf-16-be")) <= 140


def plain(message: str) -> str:
    """Spelled within GSM 7-bit, without the accents that it lacks, if that is all that is missing (línea → linea)."""
    if _SPELLED.fullmatch(message) or columns(message) > len(message):  # Chinese is more than accents
        return message
    spelled = _FOREIGN.sub(_bare, message.translate(_PLAIN))
    return spelled if _SPELLED.fullmatch(spelled) else message


def _bare(foreign: re.Match[str]) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", foreign.group()) if not unicodedata.combining(c))


def _joined(parts: Sequence[str], say: Phrases) -> str:
    return ("" if say.language == "zh-Hans" else " ").join(parts)


def _told(notice: NoticeType, facts: NoticeFacts, say: Phrases) -> list[str]:
    """What must be said, whatever its length."""
    _ = say.gettext
    known = {"line": line.called_briefly(facts, say), "case": facts.case_number}
    trial = [_("Only a trial.")] if facts.trial else []
    match notice:
        case "acknowledged":
            return [*trial, _("We have a request to cancel your %(line)s. Not you? Tell care: %(case)s.") % known]
        case "scheduled" if facts.cause == "ported":
            told = _("Your number has moved to your new carrier. We now close your %(line)s with us: %(case)s.")
            return [*trial, told % known]
        case "scheduled":
            return [*trial, *_scheduled(facts, known, say)]
        case "closed":
            return [*trial, _("Your %(line)s is closed. Case %(case)s.") % known]
        case "withdrawn":
            return [*trial, _("Your %(line)s stays open: the request to cancel it is undone. Case %(case)s.") % known]
        case "billed":
            return [*trial, _("Your final bill is ready: see our mail. Case %(case)s.") % known]
        case "declined":
            return [*trial, _("Your %(line)s is not closed for now. Care tells you why: %(case)s.") % known]


def _scheduled(facts: NoticeFacts, known: dict[str, str], say: Phrases) -> list[str]:
    _ = say.gettext
    begin, until = facts.starts_at, facts.undoable_until
    when = {"when": tell_time_briefly(begin, facts.time_zone, say.language)}
    told = [_("Your %(line)s closes %(when)s.") % {**known, **when}]
    if until is None:
        return [*told, _("Case %(case)s.") % known]
    if until == begin:
        return [*told, _("Undo until then through care: %(case)s.") % known]
    until_when = {"until": tell_time_briefly(until, facts.time_zone, say.language)}
    return [*told, _("Undo through care until %(until)s: %(case)s.") % {**known, **until_when}]


def _advice(notice: NoticeType, facts: NoticeFacts, say: Phrases) -> list[str]:
    if notice != "scheduled" or facts.cause == "ported" or not facts.msisdn or facts.service == "iot":
        return []
    return [say.gettext("Move log-ins to another number first.")]
