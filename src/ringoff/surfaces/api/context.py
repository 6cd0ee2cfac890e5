"""What the routes share: the wired application and what this process keeps beside it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from ringoff.app import App
from ringoff.surfaces.api.gauges import Gauges
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Context:
    app: App
    traffic: Traffic
    streams: EventStreams
    gauges: Gauges

    @property
    def answers_kept(self) -> timedelta:
        """How long a saved answer is replayed: one time for all, as a request may concern several jurisdictions."""
        return self.app.rules.pack("neutral").intervals.idempotency_kept


def context_of(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


async def _context(request: Request) -> Context:
    """Async because the framework runs other dependencies in a thread, which costs more than the rest of a request."""
    return context_of(request)


Shared = Annotated[Context, Depends(_context)]
