"""What a connector is.

A connector reaches one kind of outside system. The reconciler hands it tasks; for each, the connector does what the
task's kind says *once*, and tells how it ended. It never sleeps between tries, loops, retries or swallows an error:
the reconciler decides all of that in one way for every system (STYLE 9).
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol, runtime_checkable

Kind = Literal["release", "restore", "verify", "notify", "deliver", "charge", "refund"]
Evidence = Mapping[str, Any]  # JSON-ready, never a secret: it is shown to agents and kept as proof
Key = tuple[int, str, int]  # subject id, kind, cycle: identifies a task within its system


@dataclass(frozen=True, slots=True)
class Task:
    """One obligation in a worker's hand.

    `attempt` counts from 1; above 1 the effect may already have happened, so read back before repeating. A try that
    ended in RetryAfter certainly had no effect and is not counted.
    `reference` is set once the system has answered `Accepted`: from then on only ask, never repeat.
    `brief` says what the obligation is about, in the words of its owner: for release, restore and verify the
    identity as it was when the line's holder asked (`case_number`, `line_ref`, `msisdn`, `imsi`, `iccid`, `eid`,
    `service`, `account_number`), for notify the rendered message. `keepsake` is what the release kept for a restore.
    """

    subject_id: int
    kind: Kind
    cycle: int
    attempt: int
    brief: Mapping[str, Any]
    reference: str | None = None
    keepsake: bytes | None = None

    @property
    def key(self) -> Key:
        return self.subject_id, self.kind, self.cycle

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt at this obligation, different for every other one of this system."""
        return f"{self.subject_id}.{self.kind}.{self.cycle}"


@dataclass(frozen=True, slots=True)
class Done:
    """The effect is there, and was read back. `leftover` (verify only): the line had come back to life.

    `keepsake` is kept sealed for a restore and shown to nobody.
    """

    evidence: Evidence
    leftover: bool = False
    keepsake: bytes | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The system took the work and answers later. `ask_in`: when to ask, if no callback wakes us before.

    `patience`: how long such work may well take there; None leaves it to the rule pack.
    """

    reference: str
    ask_in: timedelta
    patience: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Nothing happened, and another try may work. `delay` None leaves the wait to the reconciler's backoff.

    `system_failed`: the system as a whole is unwell (refused connection, timeout, 5xx), which counts towards its
    circuit breaker and never towards this obligation's patience. `waiting`: its turn has not come, which counts
    towards neither.
    """

    why: str
    delay: timedelta | None = None
    system_failed: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """No repetition will help; the obligation goes to fallout. `evidence` is what the person should see.

    `untouched`: this try certainly had no effect, so it is not counted: tried again, it is a first try again.
    """

    why: str
    evidence: Evidence = field(default_factory=dict)
    untouched: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The effect may or may not have happened. The next attempt reads back before it repeats."""

    why: str
    system_failed: bool = False


Outcome = Done | Accepted | RetryAfter | NeedsPerson | Unknown
StillOurs = Callable[[Task], bool]
"""Ask right before each outside call: False means the lease ran out (the process was stopped, say); let it be."""


@dataclass(frozen=True, slots=True)
class Health:
    """What `ringoff doctor` and `/readyz` say about one system. `advice` tells the operator what to do about it."""

    ok: bool
    says: str
    advice: str = ""


ReadBack = Literal["present", "absent", "unsure"]


class Connector(Protocol):
    """One outside system. Instances live as long as the process and serve many batches at once."""

    trial: bool
    """True for stand-ins: whatever they serve is marked as a trial everywhere."""
    parallel: int
    """How many tasks this connector can usefully have in hand at once."""

    def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        """Act on each task, in any order, yielding each outcome as soon as it is known.

        Raises nothing for what the outside does: that is an Outcome. An exception is a bug; its tasks become Unknown.
        A task for which `still_ours` says no is left out of the answer.
        """
        ...

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        """Look, touch nothing: is the line still there with the identity of `task.brief`? Never raises."""
        ...

    async def health(self) -> Health:
        """A cheap look (≤ 5 s) at whether the system answers. Never raises."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class AnswersLater(Protocol):
    """A connector whose system calls back about work it had accepted."""

    def callback(self, headers: Mapping[str, str], body: bytes) -> str:
        """Which accepted work the callback is about: its `Accepted.reference`.

        Raises ringoff.kit.errors.Unauthenticated where it is not surely the system's, InvalidInput where it makes no
        sense. A callback only wakes: what happened is asked and read back as ever, so repeating one does nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Where a holder pays by themselves. `reference`: what the processor calls it; `url`: for their browser."""

    reference: str
    url: str


@runtime_checkable
class TakesPayments(Protocol):
    """A connector whose system has a page of its own, on which anybody pays a bill."""

    async def payment_page(self, task: Task) -> PaymentPage | None:
        """The page of this charge, the same one however often it is asked for; None once it is paid, or over.

        Raises ringoff.kit.errors.Unavailable where the system does not answer.
        """
        ...
