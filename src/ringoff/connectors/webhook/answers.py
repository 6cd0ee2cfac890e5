"""What the carrier's answers mean. Pure: an answer in, an outcome out (README.md is the specification)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import orjson

from ringoff.connectors.webhook.client import Answer
from ringoff.ports import Accepted, Done, Evidence, NeedsPerson, Outcome, RetryAfter, Unknown

IDENTITY = ("msisdn", "imsi", "iccid")
_TEXT_MOST = 500  # characters
_EVIDENCE_MOST = 4096  # bytes
_ASK_MOST = 7 * 86400  # seconds
_OURS_IS_WRONG = {401, 403, 407}  # every call would meet the same, so it is the system that is not usable


@dataclass(frozen=True, slots=True)
class Look:
    """What a read-back saw. `ours`: something of the identity that we were given is still there."""

    state: Literal["ours", "absent", "stranger", "unsure"]
    why: str
    evidence: Evidence
    system_failed: bool = False


def release_posted(answer: Answer, release_id: str, ask_in: timedelta) -> Outcome:
    """`Done` here only repeats what the system said; it is not read back yet."""
    outcome = _understood(answer, release_id, ask_in)
    return outcome if outcome is not None else _by_status(answer)


def release_asked(answer: Answer, release_id: str, ask_in: timedelta) -> Outcome | Literal["never heard"]:
    """An answer to a question, which has no effect: whatever cannot be understood is asked again."""
    outcome = _understood(answer, release_id, ask_in)
    if outcome is not None:
        return outcome
    if answer.status == 404 and _text(answer.said, "status") == "unknown":
        return "never heard"
    return RetryAfter(_puzzling(answer), answer.retry_after, _unwell(answer))


def message_posted(answer: Answer) -> Outcome:
    if answer.status in (200, 202):
        return Done(_evidence(answer))
    return _by_status(answer)


def line_seen(answer: Answer, brief: Mapping[str, Any]) -> Look:
    state = _text(answer.said, "state")
    if answer.status != 200 or answer.said is None or state not in ("present", "absent"):
        return Look("unsure", _puzzling(answer), {}, _unwell(answer))
    seen = {name: _text(answer.said, name) for name in IDENTITY}
    evidence = {"line": {"state": state, **{name: value for name, value in seen.items() if value}}}
    both = [name for name in IDENTITY if seen[name] and brief.get(name)]
    other = [name for name in both if seen[name] != brief[name]]
    same = [name for name in both if name not in other]
    if state == "absent" and not same:
        return Look("absent", "the line is gone", evidence)
    if state == "absent":
        return Look("ours", f"the line is gone, but its {', '.join(same)} is not", evidence)
    if other:
        return Look("stranger", f"the line has another {', '.join(other)} there", evidence)
    if not same:
        return Look("unsure", "the line is there, but nothing tells whether it is the same one", evidence)
    return Look("ours", "the line is still there", evidence)


def _understood(answer: Answer, release_id: str, ask_in: timedelta) -> Outcome | None:
    match answer.status, _text(answer.said, "status"):
        case 200, "done":
            return Done(_evidence(answer))
        case ((200 | 202), "accepted"):
            return Accepted(_text(answer.said, "reference") or release_id, _ask_in(answer, ask_in))
        case ((200 | 409), "needs_person"):
            return NeedsPerson(_text(answer.said, "why") or "the system asks for a person", _evidence(answer))
    return None


def _by_status(answer: Answer) -> Outcome:
    """What the bare status of an answer to a POST tells about whether anything has happened."""
    status = answer.status
    if status in _OURS_IS_WRONG:
        return RetryAfter(f"refuses our signature ({status})", system_failed=True)
    if 300 <= status < 400:
        return RetryAfter(f"redirects ({status}), which is not followed", system_failed=True)
    if status == 429 or (status == 503 and answer.retry_after is not None):
        return RetryAfter(f"asks to come back later ({status})", answer.retry_after, system_failed=True)
    if 400 <= status < 500:
        return NeedsPerson(_text(answer.said, "why") or f"refused with {status}", _evidence(answer))
    return Unknown(_puzzling(answer), _unwell(answer))


def _unwell(answer: Answer) -> bool:
    return answer.status >= 500 or answer.status == 429 or answer.status in _OURS_IS_WRONG


def _puzzling(answer: Answer) -> str:
    if answer.status >= 400:
        return f"answered {answer.status}"
    return f"answered {answer.status} with something that is not in the protocol"


def _evidence(answer: Answer) -> dict[str, Any]:
    """What the system wants to be kept: its own reference, and a small object of its choice."""
    evidence: dict[str, Any] = {"status": answer.status}
    if reference := _text(answer.said, "reference"):
        evidence["reference"] = reference
    own = answer.said.get("evidence") if answer.said else None
    if isinstance(own, dict) and own and len(orjson.dumps(own)) <= _EVIDENCE_MOST:
        evidence["system"] = own
    return evidence


def _ask_in(answer: Answer, otherwise: timedelta) -> timedelta:
    seconds = answer.said.get("ask_in_seconds") if answer.said else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        return otherwise
    return timedelta(seconds=min(seconds, _ASK_MOST))


def _text(said: Mapping[str, Any] | None, name: str) -> str | None:
    value = said.get(name) if said else None
    return value[:_TEXT_MOST] if isinstance(value, str) and value else None
