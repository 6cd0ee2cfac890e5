"""What the reconciler's parts say to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from ringoff.db.pool import Connection
from ringoff.ports import Connector, Evidence, Key, Kind, Outcome

ObligationState = Literal["due", "discharged", "fallout", "void"]

INTERACTIVE, BULK = 0, 10
"""Priorities. A person waits for an interactive obligation; nobody waits for one of a bulk."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the loops turn. Durations that are rules come from the rule pack; the rest is tuning."""

    lease: timedelta = timedelta(seconds=15)
    batch_most: int = 500
    batch_takes: float = 0.25  # seconds that one claim should last
    batches_at_once: int = 2  # per system and worker
    poll: float = 0.2  # seconds between looks when nothing is due
    backoff_first: timedelta = timedelta(seconds=1)
    backoff_most: timedelta = timedelta(minutes=5)
    patience_strikes: int = 12
    patience_time: timedelta = timedelta(days=3)
    breaker_failures: int = 5
    breaker_first: timedelta = timedelta(seconds=1)
    breaker_most: timedelta = timedelta(seconds=30)
    overdue: timedelta = timedelta(seconds=2)  # when a bulk worker helps out with interactive work


@dataclass(frozen=True, slots=True)
class Lane:
    """What one worker takes. The interactive lane takes nothing else, so a bulk never stands in its way."""

    name: Literal["bulk", "interactive"]

    @property
    def priorities(self) -> tuple[int, ...]:
        return (INTERACTIVE,) if self.name == "interactive" else (BULK, INTERACTIVE)

    def due_before(self, priority: int, now: datetime, pace: Pace) -> datetime:
        """A bulk worker takes an interactive obligation only when its own lane left it lying."""
        return now - pace.overdue if self.name == "bulk" and priority == INTERACTIVE else now


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row in hand, before its owner has said what it is about."""

    subject_id: int
    kind: Kind
    cycle: int
    attempts: int
    strikes: int
    reference: str | None
    keepsake: bytes | None
    payload: Mapping[str, Any] | None
    accepted_at: datetime | None
    due_at: datetime

    @property
    def key(self) -> Key:
        return self.subject_id, self.kind, self.cycle


@dataclass(frozen=True, slots=True)
class Settled:
    """How one obligation stands after a settle; `claimed` is how it stood before."""

    claimed: Claimed
    system: str
    state: ObligationState
    outcome: Outcome

    @property
    def subject_id(self) -> int:
        return self.claimed.subject_id


@dataclass(frozen=True, slots=True)
class NewObligation:
    subject_id: int
    system: str
    kind: Kind
    cycle: int
    priority: int
    due_at: datetime
    wave: int = 0
    gates: bool = False
    state: ObligationState = "due"
    payload: Mapping[str, Any] | None = None
    keepsake: bytes | None = None
    last_outcome: str | None = None


class Owner(Protocol):
    """Who owes: told in the same transaction whenever obligations of its kinds have been settled."""

    async def lock(self, conn: Connection, claimed: Sequence[Claimed]) -> Any:
        """Lock, in id order, the subjects that these endings may move on; what it returns is handed to `settled`."""
        ...

    async def brief(self, conn: Connection, claimed: Sequence[Claimed]) -> Mapping[Key, Mapping[str, Any] | Outcome]:
        """What the connector must know of each; or at once how it ends, where acting would be wrong."""
        ...

    async def settled(self, conn: Connection, held: Any, settled: Sequence[Settled], now: datetime) -> None:
        """Go on from here: write what follows, set-based."""
        ...


@dataclass(frozen=True, slots=True)
class System:
    """One outside system as the reconciler sees it."""

    name: str
    connector: Connector
    owners: Mapping[Kind, Owner] = field(repr=False)


def evidence_of(outcome: Outcome) -> Evidence | None:
    return getattr(outcome, "evidence", None)
