"""What the rules say of one line: the pack that it follows and how that was found, section by section, and what would
become of an ordinary request now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ringoff.features import readiness
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RuleBook, RulePack, Section
from ringoff.kit.actor import Channel
from ringoff.surfaces.cli.rules_words import sentences

SECTIONS: Sequence[Section] = (
    "channels", "review", "holds", "waves", "intervals", "identity", "declaration", "porting", "billing", "four_eyes",
    "representation",
)  # fmt: skip
"""Without the number plans, which hold for every jurisdiction."""
_ASKED: Mapping[Channel, str] = {"web": "two", "phone": "none", "care": "none"}
"""With what the holder proved by signing in: on the web two factors."""


@dataclass(frozen=True, slots=True)
class Step:
    """What was looked up, and the pack that was found, if any."""

    name: str
    pack: str | None


@dataclass(frozen=True, slots=True)
class Word:
    """What `pack` says of a section itself. `confidence`: V, S, M or own, as in `rules.Source`."""

    pack: str
    keys: Sequence[str]
    citation: str
    confidence: str
    read_on: date


@dataclass(frozen=True, slots=True)
class Told:
    section: Section
    says: Sequence[str]
    origins: Sequence[Word]
    rules: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of an ordinary request by this channel: as soon as possible, for this line alone."""

    channel: Channel
    decision: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    line_ref: str
    account_number: str
    locale: str
    jurisdiction: str
    looked_up: Sequence[Step]
    pack: str
    title: str
    in_force_from: date
    sections: Sequence[Told]
    requests: Sequence[Answer]


def explained(book: RuleBook, line: LineFacts, now: datetime) -> Explanation:
    pack = book.pack(line.jurisdiction)
    return Explanation(
        line.line_ref,
        line.account_number,
        line.locale,
        line.jurisdiction,
        [Step(name, found.label if found else None) for name, found in book.steps(line.jurisdiction)],
        pack.label,
        pack.title,
        pack.in_force_from,
        [_told(book, pack, section) for section in SECTIONS],
        [] if line.status == "closed" else [_answer(pack, line, channel, now) for channel in _ASKED],
    )


def _told(book: RuleBook, pack: RulePack, section: Section) -> Told:
    origins = [
        Word(one.pack, one.keys, one.source.citation, one.source.confidence, one.source.read_on)
        for one in book.origins(pack, section)
    ]
    rules = pack.model_dump(mode="json")[section]
    return Told(section, sentences(pack, section), origins, rules)


def _answer(pack: RulePack, line: LineFacts, channel: Channel, now: datetime) -> Answer:
    """A hold refuses the request, or leaves to a person what a rule would have approved."""
    asked = {"channel": channel, "cause": "cancelled", "when_kind": "now", "whole_account": False}
    rule = pack.decide(line.for_rules(pack, now, level=_ASKED[channel], **asked))
    if stop := readiness.stop(line, pack):
        return Answer(channel, "decline", stop.code, stop.says)
    held = readiness.blocking_holds(line, pack, "schedule")
    if held and rule.decision == "approve":
        return Answer(channel, "manual", f"hold_{held[0]}", pack.holds[held[0]].why)
    return Answer(channel, rule.decision, rule.id, rule.why)
