"""Writing a notice: one letter, laid out once as plain text and once as HTML."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ringoff.features.notices import letters
from ringoff.features.notices.model import Message, NoticeFacts, NoticeType
from ringoff.features.notices.text import columns, wrap
from ringoff.kit.i18n import negotiate, phrases

_LAYOUTS = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_LAYOUTS.filters.update(wrap=wrap, columns=columns)
_TEXT = _LAYOUTS.get_template("letter.txt.j2")
_HTML = _LAYOUTS.get_template("letter.html.j2")


def render(notice: NoticeType, facts: NoticeFacts) -> Message:
    """The notice as a mail, in the holder's language. Pure: the same facts always give the same message."""
    letter = letters.write(notice, facts, phrases(negotiate(facts.locale)))
    return Message(
        subject=letter.subject,
        text=_TEXT.render(letter=letter),
        html=_HTML.render(letter=letter),
        language=letter.language,
    )
