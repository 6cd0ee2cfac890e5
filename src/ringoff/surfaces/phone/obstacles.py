"""What cannot be done by phone, and in which words it is told. Whatever must not be disclosed sounds the same."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import readiness
from ringoff.features.cancellation import casefile
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.surfaces.phone import telling
from ringoff.surfaces.phone.model import Part, Phrase

LINES_MOST = 100
_BUSINESS_MOST = 25
_UNDISCLOSED: tuple[Part, ...] = (Phrase("finding_hold"),)


def too_many(lines: int, account_kind: str) -> bool:
    """More than somebody can choose from by keypad; and a business's many are a person's matter."""
    return lines > (_BUSINESS_MOST if account_kind == "business" else LINES_MOST)


async def obstacle(conn: Connection, line: LineFacts, pack: RulePack, now: datetime) -> list[Part] | None:
    newest = await casefile.page(conn, line_id=line.line_id, limit=1)
    if newest and newest[0].state.is_open:
        case = newest[0]
        return list(_UNDISCLOSED) if case.confidential else telling.case_parts(case, line.time_zone)
    blocks = [finding for finding in readiness.findings(line, pack, now) if finding.severity == "blocks"]
    if blocks:
        return telling.finding_parts(blocks[0], line)
    if all(_decision(line, pack, now, kind) == "decline" for kind in ("now", "period_end", "date")):
        return [Phrase("finding_secondary_lines" if line.has_live_secondaries else "declined")]
    return None


def _decision(line: LineFacts, pack: RulePack, now: datetime, when_kind: str) -> str:
    facts = line.for_rules(
        pack, now, channel="phone", cause="cancelled", when_kind=when_kind, whole_account=False, level="one"
    )
    return pack.decide(facts).decision
