"""Is it the device on record? The number that `*#06#` shows is compared and not kept: it warns, it never blocks.

Nothing is proved by it: anybody can read an IMEI off a box, and phones with two SIMs have two.
"""

import re
from typing import Literal

from stdnum import imei as imeis
from stdnum.exceptions import ValidationError

Verdict = Literal["same", "different", "unknown"]
_SEPARATORS = re.compile(r"[\s./-]+")
_CHECKED, _DEVICE = 15, 14  # digits: with the check digit; those that name the device, without it


def read_imei(text: str) -> str | None:
    """The 15 digits, without what is written between them and the software version that may follow; None if none.

    The last of the 15 is a Luhn check digit (3GPP TS 23.003, annex B).
    """
    digits = _SEPARATORS.sub("", text)
    if not digits.isascii() or not digits.isdecimal() or len(digits) not in (_CHECKED, _CHECKED + 2):
        return None
    try:
        return str(imeis.validate(digits[:_CHECKED]))
    except ValidationError:
        return None


def compare(imei: str, on_record: str | None) -> Verdict:
    """By the digits that name the device: the one on record may lack its check digit, or end in a software version."""
    if on_record is None:
        return "unknown"
    return "same" if imei[:_DEVICE] == on_record[:_DEVICE] else "different"
