"""Who calls: proved before anything is shown, by what only the holder has, never by what others can find out.

`model.py` says what a call may do, `service.py` how a caller proves who they are; `callback.py` and `emergency.py` are
the ways that hang on the agent as well. No function here tells an agent anything about the account, but for the number
to call back; what a proved call may see, the surfaces ask `Call.must_be_proved`.
"""

from ringoff.features.calls.callback import ask_callback, can_call_back, prove_by_callback
from ringoff.features.calls.emergency import ask_emergency, prove_by_emergency
from ringoff.features.calls.model import PROOF_LASTS, Call, Callback, Means, Proof
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
    "Callback",
    "Means",
    "Proof",
    "ask_callback",
    "ask_emergency",
    "call_of",
    "can_call_back",
    "check_code",
    "check_pin",
    "check_pin_for",
    "end_call",
    "means",
    "open_call",
    "open_calls",
    "portal_code",
    "prove_by_callback",
    "prove_by_emergency",
    "send_code",
]
