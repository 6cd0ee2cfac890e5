"""Roles and what each may do: one table, to be read by people. docs/reference/roles.md shows it.

Nothing here lets anybody skip the caller's authentication, approve what they asked for themselves, or edit a contact
and decide in the same case: that is nobody's permission.
"""

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal["agent", "senior", "finance", "operations", "auditor", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
Permission = Literal[
    "customers",
    "cases",
    "holds",
    "review",
    "declarations",
    "representatives",
    "emergency",
    "fallout",
    "resolve",
    "refunds",
    "approve",
    "operations",
    "audit",
    "staff",
]
MEANING: Mapping[Permission, str] = {
    "customers": "Search, authenticate a caller, and see their account once that is done.",
    "cases": "Cancel, withdraw and note on behalf of an authenticated caller; send documents again.",
    "holds": "Set and lift holds.",
    "review": "Decide cases that wait for a person.",
    "declarations": "Verify the holders of declarations.",
    "representatives": "Close for a deceased holder, by power of attorney, for a business, or in confidence.",
    "emergency": "Ask for a caller's authentication to be waived; a second person decides.",
    "fallout": "See what got stuck, and have it tried again.",
    "resolve": "Answer for what got stuck, with evidence; ask for a release to be skipped.",
    "refunds": "See and pay refunds; let stuck bills go on.",
    "approve": "Be the second person: decide what somebody else has asked for.",
    "operations": "See throughput, waiting times and the systems' states.",
    "audit": "Read the audit log.",
    "staff": "See who works here. They are made and changed at the command line.",
}
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    "agent": frozenset({"customers", "cases", "declarations", "emergency"}),
    "senior": frozenset(
        {
            "customers",
            "cases",
            "holds",
            "review",
            "declarations",
            "representatives",
            "emergency",
            "fallout",
            "approve",
            "operations",
        }
    ),
    "finance": frozenset({"refunds", "approve", "operations"}),
    "operations": frozenset({"fallout", "resolve", "operations"}),
    "auditor": frozenset({"audit", "operations", "staff"}),
    "administrator": frozenset({"staff", "operations", "approve"}),
}
