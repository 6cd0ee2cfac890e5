"""What somebody may be asked to approve, written so that the one who asks and the one who acts mean the same. Pure."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson

from ringoff.kit.errors import NotAllowed

Kind = Literal["skip_release", "emergency", "amount", "many_lines"]
State = Literal["waiting", "approved", "refused", "expired", "used"]
WHY_MOST = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """`about`: the id of what it is about, by kind. `terms`: what exactly, JSON-ready and nothing secret."""

    kind: Kind
    about: int
    account_id: int | None
    terms: Mapping[str, Any]

    @property
    def digest(self) -> bytes:
        """Of the terms: the same terms, written in whatever order, have the same."""
        return hashlib.sha256(orjson.dumps(self.terms, option=orjson.OPT_SORT_KEYS)).digest()


@dataclass(frozen=True, slots=True)
class Approval:
    """`asked_by`, `decided_by`: as they sign in. `expires_at`: until then it can be given, and used."""

    id: int
    kind: Kind
    about: int
    account_id: int | None
    asked_by: str
    asked_at: datetime
    why: str
    terms: Mapping[str, Any]
    state: State
    decided_by: str | None
    decided_at: datetime | None
    why_decided: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """What one person may move alone, in minor units by currency; `other`: of currencies that are not named."""

    above: Mapping[str, int] = field(default_factory=dict)
    other: int = 0

    def needs_two(self, amount: int, currency: str) -> bool:
        return amount > self.above.get(currency, self.other)


ALONE_NOTHING = Limits()


def skip_release(subject_id: int, obligation: str, account_id: int | None) -> Wish:
    """`obligation` as it is written, `C-8K3M-V0QXX.hlr.release.1`, is not to be discharged at all."""
    return Wish("skip_release", subject_id, account_id, {"obligation": obligation})


def emergency(call_id: int, account_id: int, *, confidential: bool) -> Wish:
    """The caller of this call counts as known. `confidential`: the contacts of record are not told of it."""
    return Wish("emergency", call_id, account_id, {"call": call_id, "confidential": confidential})


def amount(movement_id: int, account_id: int, value: int, currency: str) -> Wish:
    """This movement counts as paid. `value` in minor units."""
    return Wish("amount", movement_id, account_id, {"movement": movement_id, "amount": value, "currency": currency})


def many_lines(account_id: int, line_ids: Collection[int], whens: Collection[str]) -> Wish:
    """These lines are closed then: `now`, `period_end`, `2026-12-24`."""
    terms = {"lines": sorted(set(line_ids)), "when": sorted(set(whens))}
    return Wish("many_lines", account_id, account_id, terms)


def missing(wish: Wish) -> NotAllowed:
    """Whatever is wrong with the approval: who acts learns only that they have none for this."""
    return NotAllowed("approval_missing", "Somebody else has to approve this first, exactly as it is.", kind=wish.kind)
