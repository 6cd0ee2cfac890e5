"""What the digits that somebody typed mean. Pure."""

from datetime import date

from ringoff.surfaces.phone.states import LISTED_MOST, Choice


def is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal()


def line_in(lines: tuple[Choice, ...], digits: str) -> Choice | None:
    """By its place among a few, by its end among many."""
    if len(lines) <= LISTED_MOST:
        return lines[int(digits) - 1] if is_number(digits) and 1 <= int(digits) <= len(lines) else None
    ending = [choice for choice in lines if choice.ending == digits]
    return ending[0] if len(ending) == 1 else None


def day_in(digits: str, *, month_first: bool) -> date | None:
    """DDMMYYYY, or MMDDYYYY as Americans write it: the question says which."""
    if len(digits) != 8 or not is_number(digits):
        return None
    first, second, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    month, day = (first, second) if month_first else (second, first)
    try:
        return date(year, month, day)
    except ValueError:
        return None
