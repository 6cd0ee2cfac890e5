"""Who is on the way out: one line by its address, or several by a form, always the visitor's own."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from ringoff.db.pool import Connection
from ringoff.features import directory, identity, readiness
from ringoff.features.cancellation import Leeway, casefile
from ringoff.features.cancellation.account import LINES_MOST
from ringoff.features.cancellation.casefile import Summary
from ringoff.features.identity import Session
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.kit.actor import Actor
from ringoff.surfaces.portal.ownership import own_line, own_lines
from ringoff.surfaces.portal.pages import context_of
from ringoff.surfaces.web.forms import Form
from ringoff.surfaces.web.naming import address
from ringoff.surfaces.web.visitors import visit_of

SEVERAL = "/leave"


@dataclass(frozen=True, slots=True)
class Journey:
    """`base`: where its steps are found. `together`: lines that leave with all that depend on them.

    `fields` say in the forms of several lines which they are; a single line stands in the address. `latest`: the last
    case of the line, or of the account, as the page is shown: a form that knows another one is an old copy.
    """

    session: Session
    base: str
    lines: Sequence[LineFacts]
    leeway: Leeway
    latest: Summary | None
    fields: Sequence[tuple[str, str]] = ()
    whole: bool = False
    together: frozenset[int] = frozenset()

    @property
    def pack(self) -> RulePack:
        return self.leeway.pack

    @property
    def one(self) -> LineFacts | None:
        return None if self.base == SEVERAL else self.lines[0]

    @property
    def newest(self) -> str:
        return self.latest.number if self.latest else ""

    @property
    def is_leaving(self) -> bool:
        return self.one is not None and self.latest is not None and self.latest.state.is_open

    @property
    def closes_account(self) -> bool:
        return self.whole or (self.one is not None and not self.one.has_other_lines)

    @property
    def back(self) -> str:
        """Where those go who stay."""
        return "/account" if self.one is None else address(self.one.line_ref)

    @property
    def going(self) -> list[LineFacts]:
        """Those for which a case can be made."""
        return [line for line in self.lines if self.stops(line) is None]

    @property
    def may_go(self) -> bool:
        return bool(self.going)

    def stops(self, line: LineFacts) -> str | None:
        """The code of what keeps this line's request from becoming a case; None where nothing does."""
        if line.status == "closed":
            return "closed"
        stop = readiness.stop(line, self.pack)
        if stop is not None:
            return stop.code
        if all(self._decides(line, kind) == "decline" for kind in ("now", "period_end", "date")):
            return "secondary_lines" if line.has_live_secondaries and not line.cancel_locked else "declined"
        return None

    def waits_for_a_person(self, when_kind: str) -> bool:
        """Whether somebody will look at it before anything happens."""
        return any(
            bool(readiness.blocking_holds(line, self.pack, "schedule")) or self._decides(line, when_kind) == "manual"
            for line in self.going
        )

    def _decides(self, line: LineFacts, when_kind: str) -> str:
        facts = line.for_rules(
            self.pack,
            self.leeway.now,
            channel="web",
            cause="cancelled",
            when_kind=when_kind,
            whole_account=line.line_id in self.together,
            level="two" if self.leeway.level == 2 else "one",
            confidential=False,
        )
        return self.pack.decide(facts).decision


async def set_out(request: Request, conn: Connection, session: Session, form: Form | None) -> Journey:
    """Raises the 404 of any other page for what is not the visitor's own."""
    line_ref = request.path_params.get("line_ref")
    if line_ref is None:
        return await _several(request, conn, session, form or Form({}))
    line = await own_line(conn, session, line_ref)
    newest = await casefile.page(conn, line_id=line.line_id, in_confidence=False, limit=1)
    room = _leeway(request, session)
    return Journey(session, f"{address(line_ref)}/leave", [line], room, newest[0] if newest else None)


async def _several(request: Request, conn: Connection, session: Session, form: Form) -> Journey:
    """Every box ticked is the whole account."""
    of_account = await directory.page_of_lines(conn, session.account_id, size=1, living_only=True)
    if not of_account.living:
        raise HTTPException(404)
    whole = form["whole"] == "yes"
    lines = await (living_lines(conn, session) if whole else _chosen(conn, session, form))
    room = _leeway(request, session)
    newest = await casefile.page(conn, account_number=session.account_number, in_confidence=False, limit=1)
    latest = newest[0] if newest else None
    ids = [line.line_id for line in lines]
    if whole or len(lines) >= of_account.living:
        fields = [("whole", "yes")]
        return Journey(session, SEVERAL, lines, room, latest, fields, whole=True, together=frozenset(ids))
    needed = await directory.primaries_left_needed(conn, ids)
    together = frozenset(ln.line_id for ln in lines if ln.has_live_secondaries and ln.line_id not in needed)
    fields = [("line", line.line_ref) for line in lines]
    return Journey(session, SEVERAL, lines, room, latest, fields, together=together)


async def _chosen(conn: Connection, session: Session, form: Form) -> list[LineFacts]:
    """In the order in which they close."""
    own = await own_lines(conn, session, form.all("line"))
    living = [line for line in own if line.status != "closed"]
    return sorted(living, key=lambda line: (line.primary_line_id is None, line.line_id))


def _leeway(request: Request, session: Session) -> Leeway:
    """Who has not proved enough waits, and so does whoever changed something a short while ago."""
    app = context_of(request).app
    pack, now = app.rules.pack(session.jurisdiction), app.database.clock.now()
    return Leeway(pack, now, identity.earliest(session.level, session.changed_at, pack.identity, now), session.level)


async def living_lines(conn: Connection, session: Session) -> list[LineFacts]:
    """Secondary lines before their primary: in that order they are asked for, and close."""
    ids = await directory.living_lines(conn, session.account_number, limit=LINES_MOST)
    facts = await readiness.facts(conn, ids)
    return [facts[line_id] for line_id in ids]


def holder(request: Request, session: Session) -> Actor:
    """Who asks, as every audit event will say."""
    return Actor(f"account:{session.account_number}", "web", visit_of(request).address)
