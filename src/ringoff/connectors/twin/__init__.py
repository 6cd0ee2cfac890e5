"""A stand-in for trials: it answers as a well-behaved system would, and whatever it serves is marked as a trial."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ringoff.kit.secrets import Seal
from ringoff.ports import Done, Evidence, Health, Outcome, ReadBack, StillOurs, Task


class TwinConnector:
    trial = True
    parallel = 500

    def __init__(self, name: str) -> None:
        self.name = name

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        for task in batch:
            if still_ours(task):
                yield task, Done({"read_back": "absent", "trial": True})

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        return "unsure", {}

    async def health(self) -> Health:
        return Health(True, "a stand-in for trials")

    async def close(self) -> None:
        return None


def connect(name: str, options: Mapping[str, Any], seal: Seal | None) -> TwinConnector:
    return TwinConnector(name)
