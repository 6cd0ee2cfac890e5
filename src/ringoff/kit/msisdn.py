"""Telephone numbers as subscribers' identities (MSISDN): read in any common spelling, kept as E.164 (`+8613812345678`).

A number is accepted when its country code exists and its length is possible there (phonenumbers' "possible"), or
when a number plan of the rule packs knows it; never with fewer than 7 digits, nor with more than E.164's 15. The
library's stricter "valid" is not asked: it follows its own release's data, and would refuse ranges that a regulator
opened last week.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat, PhoneNumberType, ValidationResult

from ringoff.kit.errors import InvalidInput

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SPELLING = re.compile(r"\+?[\d\s().\-/\u2010-\u2015\u00a0\u3000]{4,40}")
_MASK = "•"
_COSTLY = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER})
_SATELLITES = frozenset({870, 881, 882, 883})  # Inmarsat, satellite networks, and networks that belong to no country


class NumberPlan(Protocol):
    """Numbers that exist although phonenumbers refuses them; see `ringoff.features.rules.NumberPlan`."""

    @property
    def prefix(self) -> str: ...
    @property
    def lengths(self) -> Sequence[int]: ...


class Numbering:
    """Reads numbers. Made once and kept: it remembers, per country and length, what phonenumbers said.

    A number already spelled as E.164 costs about a microsecond, and gets the same verdict as the slow road: the
    library's verdict depends on country code and length alone, unless a national prefix could be cut off, and then
    the slow road is taken.
    """

    def __init__(self, plans: Iterable[NumberPlan] = ()) -> None:
        self._plans = {plan.prefix: frozenset(plan.lengths) for plan in plans}
        self._plan_starts = tuple(self._plans)
        self._countries: dict[str, tuple[str, re.Pattern[str] | None] | None] = {}
        self._lengths: dict[tuple[str, int], bool] = {}

    def parse(self, text: str, region: str | None = None) -> str:
        """The E.164 spelling; InvalidInput where `text` is none.

        `region` (ISO 3166, `CN`) reads national spellings. Without it the number has to begin with + or 00: bare
        digits could be national, and China's 138 1234 5678 would quietly become a number in America.
        """
        if self.is_e164(text):
            return text
        number = self._read(text, region)
        if number is None:
            raise InvalidInput(
                "msisdn_invalid", "This is no telephone number that can exist, written like +8613812345678."
            )
        return number

    def candidates(self, text: str, region: str | None = None) -> list[str]:
        """Every E.164 spelling that `text` may stand for, to look a number up that is known already.

        Here bare digits are also read with a plus in front, the way carriers' systems write an MSISDN.
        """
        spelled = _tidied(text)
        if not _SPELLING.fullmatch(spelled):
            return []
        digits = re.sub(r"\D", "", spelled)
        readings = (self._read(text, region), "+" + digits.removeprefix("00"), self._read(f"+{digits}", None))
        return list(dict.fromkeys(number for number in readings if number and _E164.fullmatch(number)))

    def is_e164(self, text: str) -> bool:
        """Whether `text` is a possible number, spelled exactly as it is kept."""
        if not _E164.fullmatch(text):
            return False
        if self._planned(text):
            return True
        start = text[1:4]
        try:
            country = self._countries[start]
        except KeyError:
            country = self._countries[start] = _country(start)
        if country is None:
            return False
        code, national_prefix = country
        if national_prefix is not None and (cut := national_prefix.match(text, 1 + len(code))) and cut.group():
            return self._possible(text, None) == text
        key = code, len(text)
        if key not in self._lengths:
            self._lengths[key] = self._possible(text, None) == text
        return self._lengths[key]

    def _read(self, text: str, region: str | None) -> str | None:
        spelled = _tidied(text)
        if region is None and spelled.startswith("00"):
            spelled = "+" + spelled.removeprefix("00")
        if not _SPELLING.fullmatch(spelled) or (region is None and not spelled.startswith("+")):
            return None
        digits = "+" + re.sub(r"\D", "", spelled)
        if spelled.startswith("+") and self._planned(digits):
            return digits
        return self._possible(spelled, region)

    def _possible(self, text: str, region: str | None) -> str | None:
        """The library's own answer. Numbers that can be dialled only locally are none, because E.164 is global."""
        number = _parsed(text, region)
        if number is None:
            return None
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if not _E164.fullmatch(e164):
            return None
        possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
        return e164 if possible or self._planned(e164) else None

    def _planned(self, e164: str) -> bool:
        if not e164.startswith(self._plan_starts):
            return False
        return any(e164.startswith(prefix) and len(e164) - 1 in lengths for prefix, lengths in self._plans.items())


def international(msisdn: str) -> str:
    """For people: `+86 138 1234 5678`. What cannot be grouped by its country's custom is grouped by fours."""
    number = _parsed(msisdn, None)
    if number is None:
        return msisdn
    if phonenumbers.is_possible_number(number):
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.national_significant_number(number)
    groups = " ".join(national[at : at + 4] for at in range(0, len(national), 4))
    return f"+{number.country_code} {groups}"


def masked(msisdn: str) -> str:
    """For those who may not see it whole: the country and the last three digits, `+86 ••••••••678`."""
    number = _parsed(msisdn, None)
    country = f"+{number.country_code}" if number else ""
    hidden = max(len(msisdn) - len(country) - 3, 0)
    return f"{country} {_MASK * hidden}{msisdn[-3:]}".strip()


def is_costly(number: str) -> bool:
    """Whether calling it pays somebody: premium and shared-cost ranges, personal numbers that forward anywhere,
    satellites. What cannot be read is costly too: nobody calls what nobody understands. `number` as E.164.
    """
    parsed = _parsed(number, None)
    if parsed is None:
        return True
    return parsed.country_code in _SATELLITES or phonenumbers.number_type(parsed) in _COSTLY


def _tidied(text: str) -> str:
    """Full-width digits and signs, as Chinese keyboards write them, become the common ones."""
    return unicodedata.normalize("NFKC", text).strip().removeprefix("tel:")


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _country(start: str) -> tuple[str, re.Pattern[str] | None] | None:
    """The country code that these first three digits begin with, and what its numbers may have cut off in front."""
    for length in (1, 2, 3):
        region = phonenumbers.region_code_for_country_code(int(start[:length]))
        if region != phonenumbers.UNKNOWN_REGION:
            metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(start[:length]), region)
            prefix = metadata.national_prefix_for_parsing if metadata else None
            return start[:length], re.compile(prefix) if prefix else None
    return None
