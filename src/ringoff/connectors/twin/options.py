"""What a twin can be configured with."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ringoff.connectors.twin.faults import Fault

Chance = Annotated[float, Field(ge=0, le=1)]


class Options(BaseModel):
    """`faults`: for each fault the chance that a call meets it, or the MSISDNs, IMSIs or line_refs that always do.

    `state`: a file that keeps what was done, shared by all processes that name it; without one it lives in memory
    only. `remember = false` keeps nothing at all, for benchmarks of millions of lines. `holds_all`: whoever was never
    heard of is held as asked for; otherwise only who was put there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    latency_ms: float = Field(0, ge=0)
    state: Path | None = None
    remember: bool = True
    holds_all: bool = True
    faults: dict[Fault, Chance | list[str]] = {}
    slow_ms: float = Field(250, ge=0)
    later_ms: float = Field(1000, ge=0)
    seed: int | None = None
