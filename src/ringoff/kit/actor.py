"""Who does something, through which channel and from where: every audit event carries it."""

from dataclasses import dataclass
from typing import Literal, get_args

Channel = Literal["web", "phone", "care", "api", "cli", "bulk", "demo", "system"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` says which person or program (`key:ab12`, `agent:lin`), never a secret; `address` is an IP."""

    name: str
    channel: Channel
    address: str | None = None


SYSTEM = Actor("ringoff", "system")
