"""Days, months and parts of an amount, in whole numbers. Whatever does not divide is rounded for the holder.

A period runs from its first day to its `end`, the first day that is no longer in it.
"""

from collections.abc import Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)


def part(amount: int, some: int, of: int) -> int:
    """`some` parts `of` an amount, rounded down: a charge costs never too much, a discount gives never too little."""
    return amount * some // of


def rest(amount: int, some: int, of: int) -> int:
    """What comes back of an amount of which `some` parts `of` all were not used. With the part that was, it is all."""
    return -(amount - part(amount, of - some, of))


def cycle_start(month: date, day: int) -> date:
    """The `day` of that month; the 31st of a shorter month is its last day."""
    return month.replace(day=min(day, _last_of(month)))


def next_cycle(after: date, day: int) -> date:
    """The first start of a cycle that lies after this day."""
    this = cycle_start(after, day)
    return this if this > after else cycle_start(after.replace(day=1) + timedelta(days=_last_of(after)), day)


def cycles(first: date, end: date, day: int) -> Iterator[tuple[date, date]]:
    """The cycles that these days are in: each from where the last one ended, the final one whole, beyond `end`."""
    while first < end:
        stop = next_cycle(first, day)
        yield first, stop
        first = stop


def whole_months(first: date, end: date) -> int:
    """How many months lie between, begun ones not counted: from 31 January to 28 February it is one."""
    months = (end.year - first.year) * 12 + end.month - first.month
    return months if end >= cycle_start(end, first.day) else months - 1


def _last_of(month: date) -> int:
    return ((month.replace(day=1) + timedelta(days=32)).replace(day=1) - DAY).day
