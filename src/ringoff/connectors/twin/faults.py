"""How a system can misbehave, and when the twin does."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Literal

Fault = Literal[
    "slow",  # answers late
    "refuse",  # says no, and does nothing
    "down",  # cannot be reached
    "die_after_effect",  # does it, and its answer is lost
    "lie",  # says done, and does nothing
    "answer_twice",  # the same answer comes two times
    "answer_later",  # takes the work, and does it after a while
]


class Faults:
    """A script for one identity is used up first, then its triggers, then chance."""

    def __init__(self, wanted: Mapping[Fault, float | list[str]], seed: int | None) -> None:
        self._chances = [(fault, chance) for fault, chance in wanted.items() if not isinstance(chance, list)]
        self._triggers = {who: fault for fault, whom in wanted.items() if isinstance(whom, list) for who in whom}
        self._scripts: dict[str, deque[Fault | None]] = defaultdict(deque)
        self._random = Random(seed)
        self.any = bool(wanted)

    def script(self, who: str, faults: Sequence[Fault | None]) -> None:
        """The next calls about `who` (an MSISDN, IMSI or line_ref, or "*") meet these, one each; None is a good one."""
        self._scripts[who].extend(faults)
        self.any = True

    def next(self, names: Iterable[str]) -> Fault | None:
        """What the present call about a line with these names meets."""
        if not self.any:
            return None
        names = [*names, "*"]
        for name in names:
            if self._scripts.get(name):
                return self._scripts[name].popleft()
        for name in names:
            if name in self._triggers:
                return self._triggers[name]
        return next((fault for fault, chance in self._chances if self._random.random() < chance), None)
