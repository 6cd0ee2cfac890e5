"""What waits in each queue, as its rows are listed: the oldest first, with why, since when, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features import approvals, cancellation, declaration, representation
from ringoff.features.billing import tasks
from ringoff.features.cancellation import casefile
from ringoff.features.notices import system_title
from ringoff.features.queues import QUEUES, Queue
from ringoff.kit.i18n import Phrases, phrases, tell_money
from ringoff.kit.ids import case_number, subject_number
from ringoff.kit.money import decimal
from ringoff.kit.workdays import end_of_business_day
from ringoff.surfaces.desk.approval_words import titles
from ringoff.surfaces.desk.seat import Seat

_MOST = 200
SOON = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Row:
    """`about` is masked for whoever looks; `until` None: nothing happens by itself."""

    queue: Queue
    item: str
    about: str
    why: str
    since: datetime
    until: datetime | None = None


async def rows(conn: Connection, app: App, queue: Queue, seat: Seat) -> Sequence[Row]:
    say = phrases(seat.language)
    match queue:
        case "review":
            return await _review(conn, app, seat, say)
        case "fallout":
            return await _fallout(conn, seat)
        case "declarations":
            return await _declarations(conn, app, seat)
        case "refunds":
            return await _refunds(conn, seat, say)
        case "representatives":
            return await _representatives(conn, app, seat, say)
        case "approvals":
            return await _approvals(conn, app, seat, say)


async def deadlines(conn: Connection, app: App, seat: Seat) -> list[Row]:
    """Of all the queues that this person may work on: what will be over soon, or is."""
    now, found = app.database.clock.now(), []
    for queue, permission in QUEUES.items():
        if seat.may(permission):
            waiting = await rows(conn, app, queue, seat)
            found += [(row.until, row) for row in waiting if row.until is not None and row.until - now < SOON]
    return [row for _, row in sorted(found, key=lambda each: each[0])]


async def _review(conn: Connection, app: App, seat: Seat, say: Phrases) -> list[Row]:
    found = []
    for case in await casefile.in_review(conn, _MOST):
        if case.confidential and not seat.may("representatives"):
            continue
        pack = app.rules.labelled(case.rule_pack)
        why = next((rule.why for rule in pack.review if rule.id == case.review_rule), case.review_rule or "")
        until = case.effective_at if case.effective_at > case.requested_at else None
        if case.confidential:  # as long as the law gives for a survivor's request (47 USC 345)
            rules, zone = pack.representation, app.settings.desk.time_zone
            days = rules.routes["survivor"].business_days
            until = end_of_business_day(case.requested_at, days, zone, rules.holidays)
        about = seat.sight.number(case.msisdn) or case.line_ref
        found.append(Row("review", case.number, about, say.gettext(why), case.requested_at, until))
    return found


async def _fallout(conn: Connection, seat: Seat) -> list[Row]:
    found = []
    for owed in await cancellation.list_obligations(conn, limit=_MOST):
        about = f"{system_title(owed.id.system, seat.language)} · {owed.id.kind} · {subject_number(owed.id.subject_id)}"
        found.append(Row("fallout", str(owed.id), about, owed.last_outcome or "", owed.created_at))
    return sorted(found, key=lambda row: row.since)


async def _declarations(conn: Connection, app: App, seat: Seat) -> list[Row]:
    found = []
    for said in await declaration.waiting(conn, _MOST):
        told = declaration.particulars(said.said, app.rules.labelled(said.rule_pack), seat.language)
        about = " · ".join(value for _, value in told[:2])
        found.append(Row("declarations", said.number, about, "", said.received_at, said.expires_at))
    return found


async def _representatives(conn: Connection, app: App, seat: Seat, say: Phrases) -> list[Row]:
    found = []
    for one in await representation.waiting(conn, app.identity, seat.member, _MOST):
        rules = app.rules.labelled(one.rule_pack).representation.routes[one.route]
        about = say.gettext("in confidence") if one.confidential or not one.person else one.person.name
        found.append(Row("representatives", str(one.id), about, say.gettext(rules.says), one.opened_at, one.due_at))
    return found


async def _approvals(conn: Connection, app: App, seat: Seat, say: Phrases) -> list[Row]:
    names = titles(say)
    return [
        Row("approvals", str(one.id), f"{names[one.kind]} · {one.asked_by}", one.why, one.asked_at, one.expires_at)
        for one in await approvals.waiting(conn, app.identity, seat.member, app.database.clock.now(), _MOST)
    ]


async def _refunds(conn: Connection, seat: Seat, say: Phrases) -> list[Row]:
    _ = say.gettext
    found = []
    for due in await tasks.payouts(conn, _MOST):
        amount = tell_money(decimal(due.amount, due.currency), due.currency, say.language)
        about = f"{amount} · {seat.sight.holder(due.holder_name)} · {due.account_number}"
        item = subject_number(due.movement_id)
        found.append(Row("refunds", item, about, _("A transfer to make by hand"), due.asked_at))
    for stuck in await tasks.stuck_bills(conn, _MOST):
        why = _("Nothing explains: %(why)s") % {"why": stuck.why or ""}
        found.append(Row("refunds", case_number(stuck.case_id), stuck.account_number, why, stuck.closed_at))
    return sorted(found, key=lambda row: row.since)
