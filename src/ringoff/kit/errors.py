"""What can go wrong, as one tree. No class here knows HTTP; each surface turns an error into its own words.

RingoffError
├── InvalidInput      the request itself is malformed, whoever asks
├── Unauthenticated   we do not know who asks
├── NotAllowed        we know who asks, and they may not
├── NotFound          there is no such thing (or none that the asker may know of)
├── Conflict          the thing is in a state that does not allow it
├── Refused           a rule says no; `rule` names it
└── Unavailable       we cannot now; asking again later may work
"""

from collections.abc import Mapping
from typing import Any


class RingoffError(Exception):
    """`code` is a stable slug for programs, the message a sentence for people, `details` JSON-ready extras."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = details


class InvalidInput(RingoffError):
    pass


class Unauthenticated(RingoffError):
    pass


class NotAllowed(RingoffError):
    pass


class NotFound(RingoffError):
    pass


class Conflict(RingoffError):
    pass


class Refused(RingoffError):
    def __init__(self, code: str, message: str, *, rule: str, **details: Any) -> None:
        super().__init__(code, message, rule=rule, **details)
        self.rule = rule


class Unavailable(RingoffError):
    pass
