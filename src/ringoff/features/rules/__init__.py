"""Rules are data: dated, versioned, cited, and read from the files in `packs/`. No rule is a literal in code."""

from ringoff.features.rules.billing import BillingRules
from ringoff.features.rules.declaring import DeclarationField, DeclarationKind, DeclarationRules
from ringoff.features.rules.four_eyes import FourEyesRules
from ringoff.features.rules.loading import RuleBook
from ringoff.features.rules.model import (
    Gate,
    HoldKind,
    HoldRule,
    IdentityRules,
    Intervals,
    Limit,
    Limits,
    NumberPlan,
    ReviewRule,
    RulePack,
    Section,
    Source,
    Wave,
)
from ringoff.features.rules.provenance import Origin
from ringoff.features.rules.representing import ROUTES, ProofRules, RepresentationRules, Route, RouteRules

__all__ = [
    "ROUTES",
    "BillingRules",
    "DeclarationField",
    "DeclarationKind",
    "DeclarationRules",
    "FourEyesRules",
    "Gate",
    "HoldKind",
    "HoldRule",
    "IdentityRules",
    "Intervals",
    "Limit",
    "Limits",
    "NumberPlan",
    "Origin",
    "ProofRules",
    "RepresentationRules",
    "ReviewRule",
    "Route",
    "RouteRules",
    "RuleBook",
    "RulePack",
    "Section",
    "Source",
    "Wave",
]
