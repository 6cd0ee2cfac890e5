"""How a line is called on its holder's pages, and where it is found."""

from typing import Protocol
from urllib.parse import quote

from ringoff.features.notices.line import written_number
from ringoff.kit.i18n import Phrases

_SPACE, _UNBROKEN = " ", "\u00a0"


class Named(Protocol):
    """A line, a case, a look at a line: whatever names one."""

    @property
    def line_ref(self) -> str: ...
    @property
    def msisdn(self) -> str | None: ...
    @property
    def iccid(self) -> str | None: ...


def address(line_ref: str) -> str:
    """A line's page. A reference may hold anything, slashes as well."""
    return f"/lines/{quote(line_ref, safe='')}"


def identity(line: Named, say: Phrases) -> str:
    """`+86 138 0013 8000`; a line without a number goes by the end of its SIM's."""
    if line.msisdn:
        return written_number(line.msisdn).replace(_SPACE, _UNBROKEN)
    if line.iccid:
        return say.gettext("ending in %(digits)s") % {"digits": line.iccid[-4:]}
    return line.line_ref


def kind(service: str, say: Phrases) -> str:
    _ = say.gettext
    return {"voice": _("Line"), "data": _("Data SIM"), "iot": _("IoT SIM")}[service]


def name(line: Named, service: str, say: Phrases) -> str:
    """`+86 138 0013 8000`, `Data SIM ending in 1234`"""
    if line.msisdn:
        return identity(line, say)
    return say.gettext("%(thing)s %(identity)s") % {"thing": kind(service, say), "identity": identity(line, say)}


def leave(kind: str, say: Phrases) -> str:
    """What the button says: `kind` is a line's service, `several` lines, or the `whole` account."""
    _ = say.gettext
    words = {
        "voice": _("Cancel this line"),
        "data": _("Cancel this data SIM"),
        "iot": _("Cancel this IoT SIM"),
        "several": _("Cancel these lines"),
        "whole": _("Close the account"),
    }
    return words[kind]


def keep(kind: str, say: Phrases) -> str:
    """And what the one beside it says, as large and as near."""
    _ = say.gettext
    words = {
        "voice": _("Keep this line"),
        "data": _("Keep this data SIM"),
        "iot": _("Keep this IoT SIM"),
        "several": _("Keep these lines"),
        "whole": _("Keep the account"),
    }
    return words[kind]


def labelled(label: str, text: str, say: Phrases) -> str:
    """`Voicemail: 3 messages`, `语音信箱：3 条留言`"""
    return f"{label}：{text}" if say.language == "zh-Hans" else f"{label}: {text}"
