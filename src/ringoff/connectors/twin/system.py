"""The other system, as the twin plays it. It holds whatever line it is asked about, until it lets go of it."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ringoff.connectors.twin.faults import Fault, Faults
from ringoff.connectors.twin.ledger import Identity, Ledger
from ringoff.connectors.twin.options import Options

NAMES = ("line_ref", "msisdn", "imsi", "iccid")


class Unreachable(Exception):
    """Nothing was heard and nothing was done."""


class AnswerLost(Exception):
    """It was done, and nobody heard of it."""


@dataclass(frozen=True, slots=True)
class Order:
    """`to`: what shall become of the line; None for what changes no line, such as a message or a charge."""

    key: str
    about: Mapping[str, Any]
    to: Literal["held", "gone"] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """`times`: how often the same answer comes. `reference` of accepted work holds all that is needed to ask."""

    status: Literal["done", "accepted", "refused"]
    reference: str = ""
    times: int = 1


class TwinSystem:
    """`is_down`: set it, and nothing is heard of the system until it is unset."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._faults = Faults(options.faults, options.seed)
        self._ledger = Ledger(options.state)
        self.is_down = False

    @property
    def calm(self) -> bool:
        """No fault, no delay and no file, so that work may be done at once."""
        busy = self._faults.any or self.is_down or self._options.latency_ms or self._ledger.shared
        return self._options.holds_all and not busy

    @property
    def effects(self) -> Counter[str]:
        """What was done, by anybody who shares the state, counted by idempotency key."""
        with self._ledger.locked():
            return Counter(self._ledger.effects)

    def script(self, who: str, faults: Sequence[Fault | None]) -> None:
        self._faults.script(who, faults)

    def put(self, line: str, held: Identity | None) -> None:
        """Behind everybody's back: this line is now held under this identity, or (None) not at all."""
        with self._ledger.locked():
            self._ledger.write(line, held, None)

    def let_go_at_once(self, about: Mapping[str, Any], key: str) -> bool:
        """The short way, only while calm. False where the line is not simply there, and nothing was done."""
        if self._options.remember:
            line = _line(about)
            if line in self._ledger.lines:
                return False
            self._ledger.lines[line] = None
            self._ledger.count(key)
        return True

    def perform_at_once(self, key: str) -> None:
        """The short way for what changes no line, only while calm."""
        if self._options.remember:
            self._ledger.count(key)

    async def do(self, order: Order) -> Answer:
        """Raises Unreachable or AnswerLost."""
        fault = self._faults.next(name for field in NAMES if (name := order.about.get(field)))
        if self.is_down or fault == "down":
            raise Unreachable
        wait = self._options.latency_ms + (self._options.slow_ms if fault == "slow" else 0)
        if wait:
            await asyncio.sleep(wait / 1000)
        if fault == "refuse":
            return Answer("refused")
        if fault == "answer_later":
            return Answer("accepted", f"{time.time() + self._options.later_ms / 1000:.3f}/{order.key}")
        if fault != "lie":
            self._write(order)
        if fault == "die_after_effect":
            raise AnswerLost
        return Answer("done", times=2 if fault == "answer_twice" else 1)

    async def ask(self, order: Order, reference: str) -> Answer:
        """What became of accepted work. Raises Unreachable."""
        if self.is_down:
            raise Unreachable
        if time.time() < float(reference.partition("/")[0]):
            return Answer("accepted", reference)
        self._write(order, unless_done=True)
        return Answer("done")

    async def look(self, about: Mapping[str, Any]) -> Identity | None:
        """Whom the system holds under this line; None where nobody. Raises Unreachable."""
        if self.is_down:
            raise Unreachable
        with self._ledger.locked():
            return self._ledger.lines.get(_line(about), about if self._options.holds_all else None)

    def close(self) -> None:
        self._ledger.close()

    def _write(self, order: Order, *, unless_done: bool = False) -> None:
        if not self._options.remember:
            return
        held = {field: order.about.get(field) for field in NAMES} if order.to == "held" else None
        with self._ledger.locked():
            if not (unless_done and order.key in self._ledger.effects):
                self._ledger.write(_line(order.about) if order.to else None, held, order.key)


def _line(about: Mapping[str, Any]) -> str:
    return str(about.get("line_ref") or about.get("imsi") or about.get("msisdn"))
