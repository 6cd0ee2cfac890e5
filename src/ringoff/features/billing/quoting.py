"""What leaving would cost, and what was promised that it would.

A preview is computed whenever somebody looks. When a case is scheduled the same computation is frozen as its quote;
other terms make another version of it, and the last one holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.billing import closing_store as store
from ringoff.features.billing.facts import facts
from ringoff.features.billing.model import FinalBill, Leaving
from ringoff.features.billing.rating import final_bill
from ringoff.features.billing.serial import (
    continuing_from_json,
    continuing_to_json,
    items_from_json,
    items_to_json,
)
from ringoff.features.rules import RulePack

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """A line that may leave, or (`case_id`) is going to."""

    line_id: int
    leaving: Leaving
    pack: RulePack
    case_id: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """What the holder confirmed."""

    quoted_at: datetime
    leaving: Leaving
    bill: FinalBill


def last_day_of(instant: datetime, zone: str) -> date:
    """The day that service ends with. Leaving in the very second in which a day begins is leaving the day before."""
    return (instant - _MOMENT).astimezone(ZoneInfo(zone)).date()


def unbilled_since(asked_at: datetime, zone: str, pack: RulePack) -> date:
    """From which day on service that no bill has may still be charged to somebody who asks to leave at that time."""
    return (asked_at - pack.billing.unbilled_most).astimezone(ZoneInfo(zone)).date()


async def preview(conn: Connection, wishes: Sequence[Wish]) -> list[FinalBill]:
    """In the order of the wishes; a line may be asked for with several days."""
    known = await facts(conn, sorted({wish.line_id for wish in wishes}))
    return [final_bill(known[wish.line_id], wish.leaving, wish.pack.billing) for wish in wishes]


async def quote(conn: Connection, wishes: Sequence[Wish], now: datetime) -> None:
    """Freeze what each case's holder was shown; the next version where there is one already."""
    bills = await preview(conn, wishes)
    await conn.execute(
        store.INSERT_QUOTES,
        {
            "now": now,
            "case_ids": arrays.ints([wish.case_id for wish in wishes]),
            "last_days": arrays.times([wish.leaving.last_day for wish in wishes]),
            "charged_untils": arrays.times([wish.leaving.charged_until for wish in wishes]),
            "last_lines": arrays.bools([wish.leaving.last_line for wish in wishes]),
            "items": arrays.texts([items_to_json(bill.items) for bill in bills]),
            "continuing": arrays.texts([continuing_to_json(bill.continuing) for bill in bills]),
        },
    )


async def quotes(conn: Connection, case_ids: Sequence[int]) -> dict[int, Quote]:
    """The version that holds, of those cases that have one."""
    cursor = await conn.execute(store.QUOTES, {"case_ids": arrays.ints(case_ids)})
    return {
        case_id: Quote(
            quoted_at,
            Leaving(last_day, last_line, charged_until),
            FinalBill(items_from_json(items), continuing_from_json(continuing)),
        )
        for case_id, quoted_at, last_day, charged_until, last_line, items, continuing in await cursor.fetchall()
    }
