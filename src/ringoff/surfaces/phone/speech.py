"""What is said, as text: for a vendor's text-to-speech, and for our own. Pure.

Phrases come from `phrases/LANGUAGE.toml`; what varies is told the way people say it on the telephone. Digits stay
digits where every voice reads them rightly, and become words where it would not.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import assert_never
from zoneinfo import ZoneInfo

from ringoff.kit.i18n import Language, tell_day, zone_city
from ringoff.surfaces.phone.model import Amount, Count, Day, Moment, Part, Phrase, Spelled
from ringoff.surfaces.phone.money import money
from ringoff.surfaces.phone.spelling import spelled

_STOP: Mapping[Language, str] = {"en": ".", "zh-Hans": "。", "es": "."}
_PAUSES = tuple(".,;:!?。，；：！？、…")


def words(parts: Sequence[Part], language: Language) -> str:
    """All of them as one text. A sentence that a date or a sum ends, ends with a stop."""
    if not parts:
        return ""
    said = [spoken(part, language) for part in parts]
    text = said[0]
    for (part, following), (now, then) in zip(pairwise(parts), pairwise(said), strict=True):
        text += _between(part, now, following, then, language) + then
    return text if isinstance(parts[-1], Phrase) else text + _STOP[language]


def spoken(part: Part, language: Language) -> str:
    """Raises KeyError for a phrase that the catalogue lacks."""
    match part:
        case Phrase(name):
            return phrases(language)[name]
        case Spelled(text):
            return spelled(text, language)
        case Day(on):
            return _day(on, language)
        case Moment(at, zone):
            return _moment(at, zone, language)
        case Amount(minor, currency):
            return money(minor, currency, language)
        case Count(number):
            return "两" if number == 2 and language == "zh-Hans" else str(number)
    assert_never(part)


@cache
def phrases(language: Language) -> Mapping[str, str]:
    """Sentences by their names."""
    source = files("ringoff.surfaces.phone") / "phrases" / f"{language}.toml"
    told: dict[str, str] = tomllib.loads(source.read_text(encoding="utf-8"))
    return told


def _between(part: Part, now: str, following: Part, then: str, language: Language) -> str:
    """Where one part ends and the next begins: a stop before a new sentence, else what the language writes there."""
    new_sentence = not isinstance(part, Phrase) and isinstance(following, Phrase)
    if language == "zh-Hans":
        return "，" if new_sentence and not isinstance(part, Count) and not then.startswith(_PAUSES) else ""
    if then.startswith(_PAUSES):
        return ""
    stop = new_sentence and then.lstrip("¿¡")[:1].isupper() and not now.endswith(_PAUSES)
    return ". " if stop else " "


def _day(on: date, language: Language) -> str:
    told = tell_day(on, language)
    # In America and in careful Spanish everywhere the first is an ordinal.
    return told.replace(" 1 de ", " primero de ") if language == "es" and on.day == 1 else told


def _moment(at: datetime, zone: str, language: Language) -> str:
    """To the minute, in the words of a clock: a voice reads `23:00` as two numbers."""
    city = zone_city(zone, language)
    here = at.astimezone(ZoneInfo(zone) if city else UTC)
    day, time = _day(here.date(), language), _time(here, language)
    match language:
        case "en":
            return f"{day}, {time}" + (f", {city} time" if city else ", universal time")
        case "es":
            return f"{day}, a {time}" + (f", hora de {city}" if city else ", hora universal")
        case "zh-Hans":
            return (f"{city}时间" if city else "世界标准时间") + day + time
    assert_never(language)


def _time(here: datetime, language: Language) -> str:
    hour, minute = here.hour, here.minute
    match language:
        case "en":
            if not minute and hour % 12 == 0:
                return "12 noon" if hour else "midnight, as the day begins"
            half = "AM" if hour < 12 else "PM"
            return f"{hour % 12 or 12}:{minute:02} {half}" if minute else f"{hour % 12 or 12} {half}"
        case "es":
            hours = "la una" if hour == 1 else f"las {_feminine(hour)}"
            return hours + (f" y {minute}" if minute else " en punto" if hour else " horas")
        case "zh-Hans":
            hours = f"{'两' if hour == 2 else hour}点"
            return hours + (f"{'零' if minute < 10 else ''}{minute}分" if minute else "整")
    assert_never(language)


def _feminine(hour: int) -> str:
    """Hours are feminine in Spanish; only one of them shows it."""
    return "veintiuna" if hour == 21 else str(hour)
