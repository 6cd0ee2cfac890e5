"""Rules are data: dated, versioned, cited, and read from the files in `packs/`. No rule is a literal in code."""

from ringoff.features.rules.loading import RuleBook
from ringoff.features.rules.model import (
    Gate,
    HoldKind,
    HoldRule,
    Intervals,
    NumberPlan,
    ReviewRule,
    RulePack,
    Source,
    Wave,
)

__all__ = [
    "Gate",
    "HoldKind",
    "HoldRule",
    "Intervals",
    "NumberPlan",
    "ReviewRule",
    "RuleBook",
    "RulePack",
    "Source",
    "Wave",
]
