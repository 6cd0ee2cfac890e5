"""A call, and how far its caller is known. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ringoff.features.identity import Level
from ringoff.kit.errors import Conflict, NotAllowed
from ringoff.kit.secrets import SecretStr

Proof = Literal["pin", "mail", "portal", "callback", "emergency"]
PROOF_LASTS = timedelta(minutes=30)
"""After that the caller proves once more who they are: another voice may be on the line."""


@dataclass(frozen=True, slots=True)
class Call:
    """`staff_id` None: the hotline's menu has it. `line_id`: the line that it is about, where one was named.

    `reference`: what the caller types beside their PIN, to prove themselves to this very call. `wanted`: what they had
    chosen in the hotline's menu; empty where they had not, or have called the desk.
    """

    id: int
    reference: str
    staff_id: int | None
    account_id: int
    line_id: int | None
    opened_at: datetime
    proved_at: datetime | None
    proved_by: Proof | None
    level: Level
    failures: int
    ended_at: datetime | None
    wanted: str

    def is_proved(self, now: datetime) -> bool:
        return self.ended_at is None and self.proved_at is not None and now - self.proved_at <= PROOF_LASTS

    def must_be_proved(self, now: datetime) -> None:
        """Raises Conflict (`call_ended`), NotAllowed (`caller_unknown`)."""
        if self.ended_at is not None:
            raise Conflict("call_ended", "This call has ended.")
        if not self.is_proved(now):
            raise NotAllowed("caller_unknown", "The caller has still to prove who they are.")


@dataclass(frozen=True, slots=True)
class Means:
    """By what this caller can prove who they are. Whether it is there is all that an agent learns."""

    pin: bool
    mail: bool
    portal: bool


@dataclass(frozen=True, slots=True)
class Callback:
    """Whom to call back. `masked` is what is shown; `number` is for whatever dials it, and for nobody to read out."""

    masked: str
    number: SecretStr
