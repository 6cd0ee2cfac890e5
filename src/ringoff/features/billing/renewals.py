"""The next period of a line, asked for by whoever bills it: granted and booked at once, or refused for good.

A line that is leaving never renews. The renewal holds the line's row lock while it looks for a case, and a case takes
a share of the same lock before it is quoted, so of the two exactly one comes first: a renewal that was granted is on
the bill that the quote is made from, and a case that was scheduled has refused the renewal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.billing.booking import book_imported
from ringoff.features.billing.model import BilledKind
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput

Refusal = Literal["line_unknown", "line_closed", "line_leaving", "already_renewed", "bill_number_taken"]

LOCK = """
SELECT l.id, l.account_id, l.status FROM line l WHERE l.id = ANY (%(line_ids)s::bigint[]) ORDER BY l.id FOR UPDATE
"""
# In a statement of its own, after the lock: it then sees whatever was committed while it waited.
STANDING = """
SELECT w.position - 1,
       EXISTS (SELECT FROM cancellation c
                WHERE c.line_id = w.line_id AND c.state IN ('scheduled', 'releasing', 'withdrawing')),
       r.bill_number,
       EXISTS (SELECT FROM bill b WHERE b.account_id = l.account_id AND b.bill_number = w.bill_number)
  FROM unnest(%(line_ids)s::bigint[], %(firsts)s::date[], %(numbers)s::text[])
       WITH ORDINALITY AS w (line_id, period_first, bill_number, position)
  JOIN line l ON l.id = w.line_id
  LEFT JOIN renewal r ON r.line_id = w.line_id AND r.period_first = w.period_first
 ORDER BY w.position
"""
INSERT_BILLS = """
INSERT INTO bill (account_id, bill_number, issued_on, due_on, amount, open_amount, currency)
SELECT b.account_id, b.bill_number, b.issued_on, b.due_on, b.amount, b.amount, b.currency
  FROM unnest(%(account_ids)s::bigint[], %(numbers)s::text[], %(issued)s::date[], %(due)s::date[],
              %(amounts)s::bigint[], %(currencies)s::text[])
       AS b (account_id, bill_number, issued_on, due_on, amount, currency)
"""
INSERT_ITEMS = """
INSERT INTO bill_item (account_id, bill_number, item, line_id, kind, name, period_first, period_end, net, tax, tax_name)
SELECT * FROM unnest(%(account_ids)s::bigint[], %(numbers)s::text[], %(items)s::smallint[], %(line_ids)s::bigint[],
                     %(kinds)s::text[], %(names)s::text[], %(firsts)s::date[], %(ends)s::date[], %(nets)s::bigint[],
                     %(taxes)s::bigint[], %(tax_names)s::text[])
"""
INSERT_RENEWALS = """
INSERT INTO renewal (line_id, period_first, bill_number, granted_at)
SELECT r.line_id, r.period_first, r.bill_number, %(now)s
  FROM unnest(%(line_ids)s::bigint[], %(firsts)s::date[], %(numbers)s::text[])
       AS r (line_id, period_first, bill_number)
"""


@dataclass(frozen=True, slots=True)
class RenewedItem:
    """Minor units. A discount's `net` is negative."""

    kind: BilledKind
    name: str
    net: int
    tax: int = 0
    tax_name: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """A period and its bill. `period_end` is the first day that is no longer in it."""

    line_id: int
    period_first: date
    period_end: date
    bill_number: str
    currency: str
    items: tuple[RenewedItem, ...]
    due_on: date | None = None

    @property
    def amount(self) -> int:
        return sum(item.net + item.tax for item in self.items)


@dataclass(frozen=True, slots=True)
class RenewalAnswer:
    """Granted: the bill is booked. Asking again for the same is the same answer, and books nothing more."""

    line_id: int
    refused: Refusal | None = None

    @property
    def granted(self) -> bool:
        return self.refused is None


async def renew(conn: Connection, wishes: Sequence[Renewal], actor: Actor, now: datetime) -> list[RenewalAnswer]:
    """One answer a wish, in their order; a wish that is refused concerns itself only.

    Raises InvalidInput for a period that is none, for a bill without items or below zero, and for a line that is named
    twice.
    """
    _check(wishes)
    line_ids = arrays.ints(sorted({wish.line_id for wish in wishes}))
    found = {row[0]: row[1:] for row in await (await conn.execute(LOCK, {"line_ids": line_ids})).fetchall()}
    asked = [wish for wish in wishes if wish.line_id in found]
    cursor = await conn.execute(STANDING, _periods(asked))
    standing = {asked[row[0]].line_id: row[1:] for row in await cursor.fetchall()}
    answers, new = [], []
    for wish in wishes:
        refused, again = _decide(wish, found, standing)
        answers.append(RenewalAnswer(wish.line_id, refused))
        if refused is None and not again:
            new.append((found[wish.line_id][0], wish))
    if new:
        await _write(conn, new, now)
    await proof.record(conn, [_event(wish, answer, actor, now) for wish, answer in zip(wishes, answers, strict=True)])
    return answers


def _check(wishes: Sequence[Renewal]) -> None:
    for wish in wishes:
        if wish.period_first >= wish.period_end:
            raise InvalidInput("period_invalid", "A period ends after its first day.", bill=wish.bill_number)
        if not wish.items or wish.amount < 0:
            raise InvalidInput(
                "bill_invalid", "A renewal's bill has items, and is not below zero.", bill=wish.bill_number
            )
    if len({wish.line_id for wish in wishes}) < len(wishes):
        raise InvalidInput("line_twice", "Ask for one period of a line at a time.")
    if len({wish.bill_number for wish in wishes}) < len(wishes):
        raise InvalidInput("bill_twice", "A renewal has a bill of its own.")


def _decide(
    wish: Renewal, found: dict[int, tuple[int, str]], standing: dict[int, tuple[bool, str | None, bool]]
) -> tuple[Refusal | None, bool]:
    """Why not, and whether the very same was granted before."""
    if wish.line_id not in found:
        return "line_unknown", False
    leaving, renewed_by, number_taken = standing[wish.line_id]
    if renewed_by is not None:
        return (None, True) if renewed_by == wish.bill_number else ("already_renewed", False)
    if found[wish.line_id][1] == "closed":
        return "line_closed", False
    if leaving:
        return "line_leaving", False
    return ("bill_number_taken", False) if number_taken else (None, False)


async def _write(conn: Connection, new: Sequence[tuple[int, Renewal]], now: datetime) -> None:
    wishes = [wish for _, wish in new]
    await conn.execute(INSERT_RENEWALS, {**_periods(wishes), "now": now})
    await conn.execute(
        INSERT_BILLS,
        {
            "account_ids": arrays.ints([account_id for account_id, _ in new]),
            "numbers": arrays.texts([wish.bill_number for wish in wishes]),
            "issued": arrays.times([wish.period_first for wish in wishes]),
            "due": arrays.times([wish.due_on for wish in wishes]),
            "amounts": arrays.ints([wish.amount for wish in wishes]),
            "currencies": arrays.texts([wish.currency for wish in wishes]),
        },
    )
    rows = [(account_id, wish, n, item) for account_id, wish in new for n, item in enumerate(wish.items, 1)]
    await conn.execute(
        INSERT_ITEMS,
        {
            "account_ids": arrays.ints([account_id for account_id, *_ in rows]),
            "numbers": arrays.texts([wish.bill_number for _, wish, _, _ in rows]),
            "items": arrays.ints([n for _, _, n, _ in rows]),
            "line_ids": arrays.ints([wish.line_id for _, wish, _, _ in rows]),
            "kinds": arrays.texts([item.kind for *_, item in rows]),
            "names": arrays.texts([item.name for *_, item in rows]),
            "firsts": arrays.times([wish.period_first for _, wish, _, _ in rows]),
            "ends": arrays.times([wish.period_end for _, wish, _, _ in rows]),
            "nets": arrays.ints([item.net for *_, item in rows]),
            "taxes": arrays.ints([item.tax for *_, item in rows]),
            "tax_names": arrays.texts([item.tax_name for *_, item in rows]),
        },
    )
    await book_imported(conn, now, sorted({account_id for account_id, _ in new}))


def _periods(wishes: Sequence[Renewal]) -> dict[str, str]:
    return {
        "line_ids": arrays.ints([wish.line_id for wish in wishes]),
        "firsts": arrays.times([wish.period_first for wish in wishes]),
        "numbers": arrays.texts([wish.bill_number for wish in wishes]),
    }


def _event(wish: Renewal, answer: RenewalAnswer, actor: Actor, now: datetime) -> proof.Event:
    detail = {"bill": wish.bill_number, "period": wish.period_first.isoformat(), "why": answer.refused}
    return proof.Event(type=f"renewal.{'granted' if answer.granted else 'refused'}", actor=actor, at=now, detail=detail)
