"""What a rule pack holds. Everything is checked when it is read: a misspelt key or an impossible value never loads."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from ringoff.features.rules.billing import BillingRules
from ringoff.features.rules.declaring import DeclarationRules
from ringoff.features.rules.four_eyes import FourEyesRules
from ringoff.features.rules.porting import PortingRules
from ringoff.features.rules.representing import RepresentationRules
from ringoff.features.rules.values import Duration, Sentence, Slug, Strict
from ringoff.kit.actor import CHANNELS, Channel

Decision = Literal["approve", "manual", "decline"]
Gate = Literal["request", "schedule", "ripen"]
HoldKind = Literal["port_pending", "legal", "fraud", "stolen", "recent_change"]
Section = Literal[
    "channels",
    "review",
    "holds",
    "waves",
    "intervals",
    "identity",
    "declaration",
    "porting",
    "billing",
    "four_eyes",
    "representation",
    "number_plans",
]
SECTIONS: tuple[Section, ...] = get_args(Section)

FACTS: Mapping[str, frozenset[str | bool]] = {
    "account_kind": frozenset({"consumer", "business"}),
    "service": frozenset({"voice", "data", "iot"}),
    "line_status": frozenset({"active", "suspended"}),
    "channel": frozenset(CHANNELS),
    "trusted": frozenset({True, False}),  # derived from the channel by the pack itself
    "cause": frozenset({"cancelled", "ported"}),
    "when_kind": frozenset({"now", "period_end", "date"}),
    "whole_account": frozenset({True, False}),
    "has_live_secondaries": frozenset({True, False}),
    "has_other_lines": frozenset({True, False}),
    "level": frozenset({"none", "one", "two"}),  # what the holder themselves proved; none where they did not sign in
    "recent_change": frozenset({True, False}),
    "cancel_lock": frozenset({True, False}),
    "confidential": frozenset({True, False}),
}
"""What a review rule may ask about a request, and the answers that exist."""


def _several(value: object) -> object:
    return value if isinstance(value, (list, tuple, set, frozenset)) else [value]


Values = Annotated[frozenset[str | bool], BeforeValidator(_several), Field(min_length=1)]


class Source(Strict):
    """Where a section comes from, so that an operator's lawyer can check it.

    `confidence`: V read in a primary text, S a secondary source, M from memory, own: our own choice, no duty.
    """

    citation: Sentence
    confidence: Literal["V", "S", "M", "own"]
    read_on: date


class Channels(Strict):
    """`cooling_off`: how long after the confirmation a case waits before the first wave, by the channel it came by.

    `trusted` channels are used by the carrier's own staff and systems, which have checked the holder themselves.
    """

    cooling_off: dict[Channel, Duration]
    trusted: frozenset[Channel]

    @model_validator(mode="after")
    def _every_channel(self) -> Self:
        if missing := [c for c in CHANNELS if c not in self.cooling_off]:
            raise ValueError(f"cooling_off lacks {', '.join(missing)}")
        return self


class ReviewRule(Strict):
    """Matches when every fact in `when` has one of the values named. `why` is told to care, and kept with the case."""

    id: Slug
    when: dict[str, Values] = Field(default={})
    decision: Decision
    why: Sentence

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        for fact, values in self.when.items():
            if fact not in FACTS:
                raise ValueError(f"when.{fact} is not a fact that is known; the facts are {', '.join(FACTS)}")
            if unknown := values - FACTS[fact]:
                named = ", ".join(sorted(map(str, unknown)))
                raise ValueError(f"when.{fact} can never be {named}")
        return self

    def matches(self, facts: Mapping[str, object]) -> bool:
        return all(facts[fact] in values for fact, values in self.when.items())


class HoldRule(Strict):
    """`blocks` names the first gate at which the hold stops a case; every later gate is shut as well.

    request: no case is made · schedule: the case waits in review · ripen: it is scheduled, but does not start.
    Only a `public` hold may be named to the subscriber; the existence of another is not disclosed.
    """

    blocks: Gate
    public: bool
    why: Sentence


class Wave(Strict):
    """How systems of one role take part in a release, unless their own configuration says otherwise.

    `systems` are the names by which a configured system is recognised as of this role, besides the role's own name.
    `ported`: whether the system is also released when the number was ported out.
    """

    wave: int = Field(ge=0, le=99)
    effect: Literal["undo", "pivot", "forward_only"]
    gates: bool
    scope: Literal["line", "account"] = "line"
    ported: bool = True
    systems: tuple[Slug, ...] = ()


class Intervals(Strict):
    """How long, how often. Meaning of each in the neutral pack, beside its value."""

    verify_after: tuple[Duration, ...]
    recheck: Duration
    recheck_most: Duration
    notice_grace: Duration
    max_ahead: Duration
    patience_attempts: int = Field(ge=1)
    patience_time: Duration
    archive_after: Duration
    idempotency_kept: Duration


class Limit(Strict):
    """At most so many within so long. The window opens with the first."""

    most: int = Field(ge=1)
    within: Duration


class Limits(Strict):
    """Of failed proofs and of letters asked for: by account, by address, and by network (IPv4 /24, IPv6 /48)."""

    failures_address: Limit
    failures_network: Limit
    asks_account: Limit
    asks_address: Limit
    asks_network: Limit


class IdentityRules(Strict):
    """How holders prove who they are, and what that allows. Meaning of each in the neutral pack, beside its value."""

    password_least_alone: int = Field(ge=8, le=64)
    password_least: int = Field(ge=8, le=64)
    guesses: int = Field(ge=1, le=100)
    blocked_for: Duration
    guesses_most: int = Field(ge=1, le=100)
    second_factor_within: Duration
    session_idle: Duration
    session_most: Duration
    step_up_after: Duration
    level_one_may_now: bool
    level_one_waits: Duration
    recent_change: Duration
    factor_rest: Duration
    reset_link_lives: Duration
    enrol_link_lives: Duration
    confirm_link_lives: Duration
    contact_link_lives: Duration
    veto_link_lives: Duration
    archive_link_lives: Duration
    archive_kept: Duration
    limits: Limits


class NumberPlan(Strict):
    """Numbers that exist and that the phonenumbers library refuses. `lengths` count all digits after the plus."""

    prefix: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{1,12}$")]
    lengths: Annotated[tuple[Annotated[int, Field(ge=5, le=18)], ...], Field(min_length=1)]
    citation: Sentence


class RulePack(Strict):
    """One jurisdiction's rules in one version. Immutable: a change is a new version with its own date."""

    id: Slug
    version: int = Field(ge=1)
    also: tuple[Slug, ...] = ()
    """Other names of the jurisdiction, which are no pack's id: `uk` for `gb`."""
    title: Sentence
    in_force_from: date
    channels: Channels
    review: Annotated[tuple[ReviewRule, ...], Field(min_length=1)]
    holds: dict[HoldKind, HoldRule]
    waves: dict[Slug, Wave]
    intervals: Intervals
    identity: IdentityRules
    declaration: DeclarationRules
    porting: PortingRules
    billing: BillingRules
    four_eyes: FourEyesRules
    representation: RepresentationRules
    number_plans: tuple[NumberPlan, ...] = ()
    sources: dict[Section, Source]

    @property
    def label(self) -> str:
        """`neutral@1`: what a case remembers of the rules under which it was decided."""
        return f"{self.id}@{self.version}"

    @property
    def cooling_off(self) -> Mapping[Channel, timedelta]:
        return self.channels.cooling_off

    def decide(self, facts: Mapping[str, object]) -> ReviewRule:
        """The first rule that matches. `facts` answers all of FACTS but `trusted`; a missing one is a KeyError."""
        known = {**facts, "trusted": facts["channel"] in self.channels.trusted}
        return next(rule for rule in self.review if rule.matches(known))

    def wave(self, system: str) -> Wave:
        """The default for a configured system by its name; one that no role knows takes part as `other`."""
        if system in self.waves:
            return self.waves[system]
        return next((wave for wave in self.waves.values() if system in wave.systems), self.waves["other"])

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.review[-1].when:
            raise ValueError("review: the last rule has to match everything (leave out its `when`)")
        if (ids := [rule.id for rule in self.review]) and len(ids) != len(set(ids)):
            raise ValueError("review: two rules have the same id")
        if missing := [kind for kind in get_args(HoldKind) if kind not in self.holds]:
            raise ValueError(f"holds lacks {', '.join(missing)}")
        if "other" not in self.waves:
            raise ValueError("waves lacks other, which stands for systems of no known role")
        if missing := [section for section in SECTIONS if section not in self.sources]:
            raise ValueError(f"sources lacks {', '.join(missing)}")
        return self
