"""Identifiers that people read aloud.

A case number is the case's database id, scrambled (so that neighbours do not look alike and volumes cannot be read
off) and written in Crockford's base 32 with a check character: `C-8K3M-V0QXX`. It is a bijection: no second index is
needed to find the case. It is not a secret.
"""

import re
from functools import lru_cache
from typing import NewType

from stdnum.iso7064 import mod_37_36

from ringoff.kit.errors import InvalidInput

CaseId = NewType("CaseId", int)
LineId = NewType("LineId", int)
AccountId = NewType("AccountId", int)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OTHER_NUMBER = re.compile(r"([MP])-([0-9]{1,18})")
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_HALF = (1 << 20) - 1
_ROUNDS = (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F)


@lru_cache(maxsize=16_384)  # the obligations of one case come within moments
def case_number(case_id: int) -> str:
    """`case_id` from 1 to 2**40 - 1."""
    value = _scramble(case_id)
    body = "".join(_ALPHABET[(value >> shift) & 31] for shift in range(35, -1, -5))
    return f"C-{body[:4]}-{body[4:]}{_check_character(body)}"


def parse_case_number(text: str) -> CaseId:
    """Forgiving about case, spaces, dashes and look-alike letters; a mistyped character raises InvalidInput."""
    body = "".join(c for c in text.upper() if c.isalnum())
    body = (body[1:] if len(body) == 10 and body.startswith("C") else body).translate(_READ_AS)
    body, check = body[:-1], body[-1:]
    if len(body) != 8 or any(c not in _ALPHABET for c in body) or _check_character(body) != check:
        raise InvalidInput("case_number_invalid", "This is not a case number: it looks like C-8K3M-V0QXX.")
    value = 0
    for character in body:
        value = value << 5 | _ALPHABET.index(character)
    return CaseId(_unscramble(value))


FIRST_LETTER = 1 << 62
"""Letters are numbered from here on, far above every case: both can be what an obligation is about."""


FIRST_MOVEMENT = 1 << 61
"""Movements of money are numbered from here on, above every case and below every letter."""


def is_case(subject_id: int) -> bool:
    return subject_id < FIRST_MOVEMENT


def is_movement(subject_id: int) -> bool:
    return FIRST_MOVEMENT <= subject_id < FIRST_LETTER


def subject_number(subject_id: int) -> str:
    """What an obligation is about: a case, `C-8K3M-V0QXX`, a movement of money, `P-17`, or a letter, `M-17`."""
    if is_case(subject_id):
        return case_number(subject_id)
    is_letter = subject_id >= FIRST_LETTER
    return f"M-{subject_id - FIRST_LETTER}" if is_letter else f"P-{subject_id - FIRST_MOVEMENT}"


def parse_subject_number(text: str) -> int:
    """Raises InvalidInput."""
    if found := _OTHER_NUMBER.fullmatch(text.strip().upper()):
        return (FIRST_LETTER if found[1] == "M" else FIRST_MOVEMENT) + int(found[2])
    return parse_case_number(text)


def _check_character(body: str) -> str:
    """ISO 7064's hybrid system over our own 32 characters: every single wrong one is noticed."""
    return str(mod_37_36.calc_check_digit(body, _ALPHABET))


def _round(half: int, key: int) -> int:
    mixed = (half + key) * key
    return (mixed ^ mixed >> 23) >> 9 & _HALF


def _scramble(value: int) -> int:
    """A balanced Feistel network over 40 bits."""
    left, right = value >> 20, value & _HALF
    for key in _ROUNDS:
        left, right = right, left ^ _round(right, key)
    return left << 20 | right


def _unscramble(value: int) -> int:
    left, right = value >> 20, value & _HALF
    for key in reversed(_ROUNDS):
        left, right = right ^ _round(left, key), left
    return left << 20 | right
