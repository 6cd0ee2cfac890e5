"""How a line is called on its holder's pages, and where it is found.

A reference is the carrier's and may hold anything: a slash, a question mark, the very words that end our addresses. So
it stands in an address as one segment, percent-encoded but with `~` for `%`, which no server or proxy in between
decodes: `L-1001` stays `L-1001`, and `B/7/leave` is `B~2F7~2Fleave`. Routes name it `{line_ref:line}`.
"""

from typing import Protocol
from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor

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


class _LineSegment(Convertor[str]):
    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """What is no reference's segment becomes one that no line has."""
        return unquote(value.replace("%", "%25").replace("~", "%"), errors="replace")

    def to_string(self, value: str) -> str:
        """Dots alone would be taken for a way up or nowhere."""
        dots = value.strip(".") == ""
        plain = quote(value, safe="").replace("~", "%7E")
        return (plain.replace(".", "%2E") if dots else plain).replace("%", "~")


_SEGMENT = _LineSegment()
register_url_convertor("line", _SEGMENT)


def address(line_ref: str) -> str:
    """A line's page."""
    return f"/lines/{_SEGMENT.to_string(line_ref)}"


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
