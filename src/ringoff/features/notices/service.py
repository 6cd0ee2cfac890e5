"""Writing a notice: one letter, laid out once as plain text and once as HTML."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from ringoff.features.notices import letters, sections
from ringoff.features.notices.model import Circumstances, Letter, Message, NoticeFacts, NoticeType
from ringoff.features.notices.text import underlined, wrap
from ringoff.kit.i18n import negotiate, phrases

_LAYOUTS = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_LAYOUTS.filters.update(wrap=wrap, underlined=underlined)
_TEXT, _HTML = _LAYOUTS.get_template("letter.txt.j2"), _LAYOUTS.get_template("letter.html.j2")
_TEXT_SECTIONS, _HTML_SECTIONS = _LAYOUTS.get_template("sections.txt.j2"), _LAYOUTS.get_template("sections.html.j2")


def render(notice: NoticeType, facts: NoticeFacts) -> Message:
    """The notice as a mail, in the holder's language. Pure: the same facts always give the same message."""
    language = negotiate(facts.locale)
    letter = letters.write(notice, facts, phrases(language))
    return lay_out(letter, *_sections(sections.circumstances(notice, facts, language)))


def lay_out(letter: Letter, text: str, html: Markup) -> Message:
    """Any letter of ours, and what stands between its particulars and its ending in either shape."""
    return Message(
        subject=letter.subject,
        text=_TEXT.render(letter=letter, sections=text),
        html=_HTML.render(letter=letter, sections=html),
        language=letter.language,
    )


@lru_cache(maxsize=512)  # a few hundred cover a bulk, and they are most of a letter
def _sections(case: Circumstances) -> tuple[str, Markup]:
    """The sections as plain text and as HTML, which the template has escaped."""
    written = sections.write(case)
    return _TEXT_SECTIONS.render(sections=written), Markup(_HTML_SECTIONS.render(sections=written))  # noqa: S704
