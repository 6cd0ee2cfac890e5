"""Who calls: proved before anything is shown, by what only the holder has, never by what others can find out.

`model.py` says what a call may do, `service.py` how a caller proves who they are. No function here tells an agent
anything about the account; what a proved call may see, the surfaces ask `Call.must_be_proved`.
"""

from ringoff.features.calls.model import PROOF_LASTS, Call, Means, Proof
from ringoff.features.calls.service import (
    CODE_LIVES,
    call_of,
    check_code,
    check_pin,
    check_pin_for,
    end_call,
    means,
    open_call,
    open_calls,
    portal_code,
    send_code,
)

__all__ = [
    "CODE_LIVES",
    "PROOF_LASTS",
    "Call",
    "Means",
    "Proof",
    "call_of",
    "check_code",
    "check_pin",
    "check_pin_for",
    "end_call",
    "means",
    "open_call",
    "open_calls",
    "portal_code",
    "send_code",
]
