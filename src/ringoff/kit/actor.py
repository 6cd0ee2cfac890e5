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

    @property
    def staff(self) -> str | None:
        """The name of somebody at the desk; None for programs, operators and holders."""
        kind, _, name = self.name.partition(":")
        return name if kind == "staff" else None


SYSTEM = Actor("ringoff", "system")
