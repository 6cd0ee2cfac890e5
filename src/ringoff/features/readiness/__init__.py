"""What stands in the way of closing a line, and what will happen.

Asked three times with the same code: when somebody looks, when a cancellation is requested, and again in the very
transaction in which a case starts to release. Holds stop; findings only tell. `preparation` is more, for pages alone.
"""

from ringoff.features.readiness.model import (
    CHECKLIST,
    Binding,
    ChecklistItem,
    Finding,
    LineFacts,
    Preparation,
)
from ringoff.features.readiness.preparing import keep_checklist, preparation, unlink
from ringoff.features.readiness.service import UNDISCLOSED, blocking_holds, facts, findings, hold_finding, stop

__all__ = [
    "CHECKLIST",
    "UNDISCLOSED",
    "Binding",
    "ChecklistItem",
    "Finding",
    "LineFacts",
    "Preparation",
    "blocking_holds",
    "facts",
    "findings",
    "hold_finding",
    "keep_checklist",
    "preparation",
    "stop",
    "unlink",
]
