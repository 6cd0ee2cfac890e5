"""What stands in the way of closing a line, and what will happen.

Asked three times with the same code: when somebody looks, when a cancellation is requested, and again in the very
transaction in which a case starts to release. Holds stop; findings only tell.
"""

from ringoff.features.readiness.model import Finding, LineFacts
from ringoff.features.readiness.service import blocking_holds, facts, findings, hold_finding

__all__ = ["Finding", "LineFacts", "blocking_holds", "facts", "findings", "hold_finding"]
