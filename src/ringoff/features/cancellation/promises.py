"""What a case promises about money: computed for whoever looks, frozen when it is scheduled, settled once it closed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import billing
from ringoff.features.billing import FinalBill, Leaving, Wish
from ringoff.features.cancellation import store
from ringoff.features.cancellation.model import When, effective_at
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.kit.actor import Channel
from ringoff.kit.errors import InvalidInput

# Accounts of which nothing but these lines stays, as far as is known today.
ENDING = """
SELECT a.id FROM unnest(%(account_ids)s::bigint[]) AS a (id)
 WHERE NOT EXISTS (SELECT FROM line l WHERE l.account_id = a.id AND l.status <> 'closed'
                   AND l.id <> ALL (%(line_ids)s::bigint[])
                   AND NOT EXISTS (SELECT FROM cancellation c WHERE c.line_id = l.id
                                   AND c.state IN ('scheduled', 'releasing')))
"""


@dataclass(frozen=True, slots=True)
class Going:
    """A line that leaves, or may. `starts_at`: when closing would start. `counts_from`: a declaration's day."""

    line: LineFacts
    pack: RulePack
    starts_at: datetime
    counts_from: date | None = None
    case_id: int = 0


async def costs(conn: Connection, going: Sequence[Going], now: datetime) -> list[FinalBill]:
    """In their order. With what is the account's own where nothing of it would stay, on the last line's bill."""
    return await billing.preview(conn, await _wishes(conn, going, now))


@dataclass(frozen=True, slots=True)
class Cost:
    """What leaving at that time costs, or brings. `last_day`: of service, in the account's zone."""

    when: When
    last_day: date
    bill: FinalBill


async def costs_of_choices(
    conn: Connection, line: LineFacts, pack: RulePack, whens: Sequence[When], channel: Channel, now: datetime
) -> list[Cost]:
    """Of one line, as it stands now; a time that cannot be chosen (it has passed, no period is known) is left out."""
    chosen = []
    for when in whens:
        with suppress(InvalidInput):
            instant = effective_at(
                when,
                now=now,
                zone=line.time_zone,
                paid_until=line.paid_until,
                bill_cycle_day=line.bill_cycle_day,
                most=pack.intervals.max_ahead,
            )
            chosen.append((when, max(instant, now + pack.cooling_off[channel])))
    bills = await costs(conn, [Going(line, pack, starts_at) for _, starts_at in chosen], now) if chosen else []
    return [
        Cost(when, billing.last_day_of(starts_at, line.time_zone), bill)
        for (when, starts_at), bill in zip(chosen, bills, strict=True)
    ]


async def promise(conn: Connection, going: Sequence[Going], now: datetime) -> None:
    """Under a share of the lines' locks: a renewal that is under way ends first, and its bill is seen here."""
    await conn.execute(store.SHARE_LINES, {"line_ids": arrays.ints([one.line.line_id for one in going])})
    await billing.quote(conn, await _wishes(conn, going, now), now)


async def _wishes(conn: Connection, going: Sequence[Going], now: datetime) -> list[Wish]:
    line_ids = arrays.ints([one.line.line_id for one in going])
    account_ids = arrays.ints({one.line.account_id for one in going})
    cursor = await conn.execute(ENDING, {"account_ids": account_ids, "line_ids": line_ids})
    ending = {row[0] for row in await cursor.fetchall()}
    last = {one.line.account_id: one.line.line_id for one in sorted(going, key=lambda g: (g.starts_at, g.line.line_id))}
    return [
        Wish(
            one.line.line_id,
            Leaving(
                billing.last_day_of(one.starts_at, one.line.time_zone),
                last_line=one.line.account_id in ending and last[one.line.account_id] == one.line.line_id,
                charged_until=one.counts_from,
                unbilled_since=billing.unbilled_since(now, one.line.time_zone, one.pack),
            ),
            one.pack,
            one.case_id,
        )
        for one in going
    ]
