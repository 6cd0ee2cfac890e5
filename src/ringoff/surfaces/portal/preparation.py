"""What only the holder can see to before they leave, as sections of the page Prepare.

`sections` is asked for one line; what it tells replaces the findings of readiness in `COVERED`, which the page then
leaves out. The template `preparation.html.j2` shows them. `account_sections.py` has what concerns money and the
account, `line_sections.py` what concerns the number and the device.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features import readiness
from ringoff.features.readiness import LineFacts
from ringoff.kit.i18n import Language, Phrases, phrases
from ringoff.surfaces.portal import account_sections, line_sections
from ringoff.surfaces.portal.section import Section
from ringoff.surfaces.web.naming import labelled

__all__ = ["COVERED", "Section", "sections"]

COVERED = frozenset({"keep_number", "linked_services", "unpaid_bills"})
"""Codes of findings that the sections tell in more detail."""
_OF_THE_ACCOUNT = frozenset({"unpaid_bills", "data"})


async def sections(
    conn: Connection, app: App, line: LineFacts, language: Language, zone: str, *, name: str = ""
) -> list[Section]:
    """For a line that is not closed. `name`: how it is called where several leave together, and so share a page.

    `zone` says which day it is for the reader: a bill is overdue by their calendar.
    """
    say = phrases(language)
    seen = await readiness.preparation(conn, line.line_id)
    today = app.database.clock.now().astimezone(ZoneInfo(zone)).date()
    pack = app.rules.pack(line.jurisdiction)
    found = [
        *account_sections.sections(line, seen, pack, today, say),
        *line_sections.sections(line, seen, pack, say, alone=not name),
    ]
    return [_named(section, line, name, say) for section in found] if name else found


def _named(section: Section, line: LineFacts, name: str, say: Phrases) -> Section:
    """What concerns the account is told once; everything else says which line is meant."""
    if section.code in _OF_THE_ACCOUNT:
        return section
    return replace(section, code=f"{section.code}-{line.line_id}", title=labelled(name, section.title, say))
