"""What a mail server's answers mean (RFC 5321, 4.2). Pure."""

import re
from datetime import timedelta
from typing import Literal

from ringoff.ports import NeedsPerson, Outcome, RetryAfter, Unknown

Stage = Literal["MAIL", "RCPT", "DATA"]

_GREYLISTED = timedelta(seconds=60)
_WAIT_MOST = timedelta(hours=6)
_WAIT_TOLD = re.compile(r"\b(\d{1,5}) ?(s|sec|second|min|minute|hour)s?\b", re.IGNORECASE)
_SECONDS = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "hour": 3600}
_TEXT_MOST = 300


def refused(stage: Stage, code: int, text: str) -> Outcome:
    """A message that the server did not take, and what to do about it."""
    why = f"answered {said(code, text)} to {stage}"
    if code == 421:  # the server itself is closing down
        return RetryAfter(why, _told(text), system_failed=True)
    if 400 <= code < 500:
        return RetryAfter(why, _told(text) or _GREYLISTED)
    if 500 <= code < 600 and (stage != "MAIL" or code == 552):
        return NeedsPerson(why, {"answer": said(code, text)})
    if stage == "DATA":
        return Unknown(why)
    return RetryAfter(why, system_failed=True)  # it would say the same of every message of ours


def said(code: int, text: str) -> str:
    return f"{code} {' '.join(text.split())}"[:_TEXT_MOST]


def _told(text: str) -> timedelta | None:
    found = _WAIT_TOLD.search(text)
    if found is None:
        return None
    return min(timedelta(seconds=int(found[1]) * _SECONDS[found[2].lower()]), _WAIT_MOST)
