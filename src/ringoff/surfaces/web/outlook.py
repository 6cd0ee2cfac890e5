"""What a cancellation will do, before anybody confirms it: wave by wave, with the line that one crosses."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ringoff.features.cancellation import Leeway, Step, When
from ringoff.features.cancellation.model import Plan
from ringoff.features.notices import system_meaning, system_title
from ringoff.features.readiness import LineFacts
from ringoff.kit.i18n import Phrases, tell_span, tell_time, zone_city

OF_A_NUMBER = frozenset({"number", "bindings"})
"""Systems that mean nothing to a line without a number."""


@dataclass(frozen=True, slots=True)
class Part:
    """One system: what it is called, and what its letting go means for the holder."""

    title: str
    meaning: str | None


@dataclass(frozen=True, slots=True)
class Wave:
    """`crossing`: the point of no return lies before it."""

    title: str
    parts: Sequence[Part]
    crossing: bool


def waves(steps: Iterable[Step], *, numbered: bool, closes_account: bool, say: Phrases) -> list[Wave]:
    plan = Plan(0, tuple(steps))
    wanted = plan.wanted("cancelled", closes_account=closes_account)
    concerned = sorted((s for s in wanted if numbered or s.system not in OF_A_NUMBER), key=lambda s: s.wave)
    grouped = [list(wave) for _, wave in groupby(concerned, key=lambda s: s.wave)]
    crossed = next((n for n, wave in enumerate(grouped) if any(s.system in plan.irrevocable for s in wave)), None)
    return [
        Wave(ordinal(n, len(grouped), wave[0].wave, say), [_part(step, say) for step in wave], crossing=n == crossed)
        for n, wave in enumerate(grouped)
    ]


def ordinal(position: int, count: int, wave: int, say: Phrases) -> str:
    _ = say.gettext
    if wave == 0:
        return _("As soon as you have confirmed")
    if position == 0:
        return _("First")
    return _("At last") if position == count - 1 else _("Then")


def _part(step: Step, say: Phrases) -> Part:
    return Part(system_title(step.system, say.language), system_meaning(step.system, say.language))


def starts(lines: Sequence[LineFacts], when: When, leeway: Leeway, say: Phrases) -> str:
    """When closing starts, as a sentence's end: a time, or a span from the moment of confirming."""
    instants = [leeway.starts_at(line, when) for line in lines]
    if max(instants) <= leeway.now + leeway.cooling_off and not leeway.recent_change:
        return after(leeway, say)
    first, last = (tell_time(at, lines[0].time_zone, say.language) for at in (min(instants), max(instants)))
    return first if first == last else say.gettext("%(first)s to %(last)s") % {"first": first, "last": last}


def after(leeway: Leeway, say: Phrases) -> str:
    """Told as a span, because its clock starts with the button; after a recent change it is an instant that stands."""
    if not leeway.cooling_off:
        return say.gettext("as soon as you confirm")
    return say.gettext("%(span)s after you confirm") % {"span": tell_span(leeway.cooling_off, say.language)}


def zone_words(zone: str, say: Phrases) -> str:
    """`Shanghai time`, `hora de Madrid`: whose midnight ends a day."""
    city = zone_city(zone, say.language)
    return say.gettext("%(city)s time") % {"city": city} if city else zone


def losses(lines: Sequence[LineFacts], *, closes_account: bool, say: Phrases) -> list[str]:
    """What is gone for good, and what stays."""
    return list(_losses(lines, closes_account, say))


def _losses(lines: Sequence[LineFacts], closes_account: bool, say: Phrases) -> Iterator[str]:
    _ = say.gettext
    numbered = [line for line in lines if line.msisdn is not None and line.service != "iot"]
    if any(line.service == "voice" for line in numbered):
        yield _("Voicemail and messages that are kept with us are deleted.")
    if numbered:
        yield _("Log-ins that send codes to the number no longer reach you.")
        yield _("Later the number may be given to somebody else.")
    if any(line.service != "voice" for line in lines):
        yield _("Devices with this SIM go offline.")
    yield _("What is closed cannot be opened again. If you come back, you get a new line.")
    if closes_account:
        yield _("The account closes with its last line: you can then no longer sign in here.")
    else:
        yield _("Your other lines stay as they are.")
