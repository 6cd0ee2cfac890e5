"""What only the holder can see to before they leave, as sections of the page Prepare.

`sections` is asked for one line; what it tells replaces the findings of readiness in `COVERED`, which the page then
leaves out. The template `preparation.html.j2` shows `sections`.
"""

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features.readiness import LineFacts
from ringoff.kit.i18n import Language
from ringoff.surfaces.portal.section import Section

__all__ = ["COVERED", "Section", "sections"]

COVERED = frozenset({"keep_number", "linked_services"})
"""Codes of findings that the sections tell in more detail."""


async def sections(conn: Connection, app: App, line: LineFacts, language: Language, zone: str) -> list[Section]:
    """For a line that is not closed, worst first."""
    return []
