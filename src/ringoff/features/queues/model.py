"""The queues, and who may work on each. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ringoff.features.staff.roles import Permission

Queue = Literal["callers", "review", "fallout", "declarations", "refunds", "representatives", "approvals"]
QUEUES: Mapping[Queue, Permission] = {
    "callers": "customers",
    "review": "review",
    "fallout": "fallout",
    "declarations": "declarations",
    "refunds": "refunds",
    "representatives": "representatives",
    "approvals": "approve",
}
LAPSES = timedelta(minutes=30)
"""What somebody took and left lying so long, anybody else may take."""


@dataclass(frozen=True, slots=True)
class Held:
    """In whose hands an item is."""

    item: str
    staff_id: int
    name: str
    display_name: str
    taken_at: datetime

    def stands(self, now: datetime) -> bool:
        return now - self.taken_at < LAPSES
