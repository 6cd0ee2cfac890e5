"""How soon somebody may leave who proved so much; and where that was little, that the contacts of record can object.

One rule for the portal, the hotline and the desk: a proof of level 1 schedules, and waits under a veto.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ringoff.db.pool import Connection
from ringoff.features import identity
from ringoff.features.cancellation import casefile
from ringoff.features.cancellation.model import When, effective_at
from ringoff.features.identity import Earliest, Identity, Level, Visit
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.kit.actor import Channel
from ringoff.kit.errors import InvalidInput
from ringoff.kit.ids import CaseId, case_number


@dataclass(frozen=True, slots=True)
class Leeway:
    """Not before `earliest`, which says why, and not before the time is over in which an undo is certain."""

    pack: RulePack
    now: datetime
    earliest: Earliest
    level: Level
    channel: Channel = "web"

    @property
    def recent_change(self) -> bool:
        return self.earliest.why == "recent_change"

    @property
    def waits(self) -> timedelta:
        """Because of how they signed in, or of what was changed."""
        return max(self.earliest.at - self.now, timedelta(0))

    @property
    def cooling_off(self) -> timedelta:
        return max(self.pack.cooling_off[self.channel], self.waits)

    def instant(self, line: LineFacts, when: When) -> datetime:
        """The instant asked for. Raises InvalidInput (`when_past`, `when_too_far`, `period_unknown`)."""
        return effective_at(
            when,
            now=self.now,
            zone=line.time_zone,
            paid_until=line.paid_until,
            bill_cycle_day=line.bill_cycle_day,
            most=self.pack.intervals.max_ahead,
        )

    def starts_at(self, line: LineFacts, when: When) -> datetime:
        return max(self.instant(line, when), self.now + self.cooling_off)

    def period_ends(self, lines: Iterable[LineFacts]) -> list[datetime]:
        """When each line's paid period is over; empty where one has none on record."""
        try:
            return [self.starts_at(line, When("period_end")) for line in lines]
        except InvalidInput:
            return []

    def days(self, zone: str) -> tuple[date, date]:
        """The first and the last day that can be chosen."""
        there = ZoneInfo(zone)
        first = self.now + self.waits
        last = self.now + self.pack.intervals.max_ahead - timedelta(days=1)
        return first.astimezone(there).date(), last.astimezone(there).date()


async def offer_veto(
    conn: Connection, ctx: Identity, account_id: int, case_ids: Sequence[int], leeway: Leeway, visit: Visit
) -> None:
    """A link for each case to all contacts of record, that stops it without signing in, for as long as it waits.

    Of one in confidence they are told nothing: its contact undoes it with care.
    """
    if not leeway.earliest.veto:
        return
    lives = max(leeway.pack.identity.veto_link_lives, leeway.cooling_off)
    for case_id, case in (await casefile.summaries(conn, case_ids)).items():
        if case.confidential:
            continue
        number = case_number(CaseId(case_id))
        link = await identity.make_link(
            conn, ctx, "veto", account_id=account_id, lives=lives, now=leeway.now, subject=number
        )
        facts = {
            "case_number": number,
            "line": case.msisdn or case.line_ref,
            "starts_at": (case.ripe_at or case.effective_at).isoformat(),
            "until": (leeway.now + lives).isoformat(),
            "channel": leeway.channel,
        }
        await identity.tell(conn, ctx, account_id, "cancel_veto", visit, leeway.now, link=link, **facts)
