"""Identities of SIMs and devices: IMSI, ICCID, EID, IMEI. Each reader returns the bare spelling or raises InvalidInput.

Separators that people write (spaces, dashes) are dropped. Only what certainly cannot exist is refused: these numbers
come from carriers' systems, and a refused SIM is a line that cannot be closed.
"""

import re
from functools import lru_cache

from stdnum import numdb

from ringoff.kit.errors import InvalidInput

_SEPARATORS = str.maketrans("", "", " -\u00a0")
_IMSI = re.compile(r"[0-9]{6,15}")
_ICCID = re.compile(r"89[0-9]{16,20}|8986[0-9A-Z]{16}")
_IMEI = re.compile(r"[0-9]{14,16}")
_EID = re.compile(r"[0-9]{32}")
_DOUBLED = str.maketrans("0123456789", "0246813579")


def imsi(text: str) -> str:
    """6 to 15 digits that begin with a mobile country code in use (3GPP TS 23.003, ITU-T E.212)."""
    number = text.translate(_SEPARATORS)
    if not _IMSI.fullmatch(number):
        raise InvalidInput("imsi_invalid", "An IMSI has 6 to 15 digits.")
    if not _is_country(number[:3]):
        raise InvalidInput("imsi_invalid", f"No country has the mobile country code {number[:3]}.")
    return number


def iccid(text: str) -> str:
    """18 to 22 digits that begin with 89 (ITU-T E.118).

    Twenty digits end in a Luhn check digit. Nineteen may be eighteen and their check digit, or twenty whose check
    digit was left out: nobody can tell, so it is not checked there. China's carriers (8986) number by a custom of
    their own, with letters (M, the number's range, is A to E) and without a dependable check digit. The F that fills
    an odd number on the card is dropped.
    """
    number = text.translate(_SEPARATORS).upper()
    if len(number) == 20 and number.endswith("F"):
        number = number[:-1]
    if not _ICCID.fullmatch(number):
        raise InvalidInput("iccid_invalid", "An ICCID has 18 to 22 digits and begins with 89.")
    if len(number) == 20 and not number.startswith("8986") and not _luhn(number):
        raise InvalidInput("iccid_invalid", "The check digit at the end of this ICCID is wrong.")
    return number


def imei(text: str) -> str:
    """15 digits of which the last is a Luhn check digit; 14 without it; or 16, an IMEISV (3GPP TS 23.003, 6.2)."""
    number = text.translate(_SEPARATORS)
    if not _IMEI.fullmatch(number):
        raise InvalidInput("imei_invalid", "An IMEI has 14 to 16 digits.")
    if len(number) == 15 and not _luhn(number):
        raise InvalidInput("imei_invalid", "The check digit at the end of this IMEI is wrong.")
    return number


def eid(text: str) -> str:
    """32 digits that leave 1 when divided by 97 (GSMA SGP.02, annex J; SGP.29)."""
    number = text.translate(_SEPARATORS)
    if not _EID.fullmatch(number):
        raise InvalidInput("eid_invalid", "An EID has 32 digits.")
    if int(number) % 97 != 1:
        raise InvalidInput("eid_invalid", "The check digits at the end of this EID are wrong.")
    return number


@lru_cache(maxsize=1000)
def _is_country(code: str) -> bool:
    return len(numdb.get("imsi").split(code + "011234567890")) > 1


def _luhn(number: str) -> bool:
    """Python-stdnum's own takes 15 times as long, which a million SIMs would feel."""
    digits = number[-1::-2] + number[-2::-2].translate(_DOUBLED)
    return (sum(digits.encode()) - 48 * len(digits)) % 10 == 0
