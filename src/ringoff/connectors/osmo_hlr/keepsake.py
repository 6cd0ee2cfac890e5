"""What a restore needs of a subscriber: its key material too, so it rests sealed and never prints."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from ringoff.connectors.osmo_hlr.subscriber import Subscriber
from ringoff.kit.secrets import Seal, SealBroken

_KEYS = re.compile(r"none|[A-Za-z0-9-]{1,32}(,[A-Za-z0-9]{1,64}){1,4}")  # ALGORITHM,KI and ALGORITHM,K,OP|OPC,…,IND
_IMEI = re.compile(r"[0-9]{14}")


@dataclass(frozen=True, slots=True, repr=False)
class Keepsake:
    """`aud2g` and `aud3g` are the values of the CTRL variables of these names, in the form that a SET takes again.

    `mode_in_doubt`: an earlier try may already have taken it out of service when `cs` and `ps` were read.
    """

    imsi: str
    msisdn: str | None
    imei: str | None
    cs: bool
    ps: bool
    aud2g: str
    aud3g: str
    mode_in_doubt: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        """Raises ValueError, without what it was about."""
        if not (_KEYS.fullmatch(self.aud2g) and _KEYS.fullmatch(self.aud3g)):
            raise ValueError("the authentication data has a form that is not known")
        if self.imei is not None and not _IMEI.fullmatch(self.imei):
            raise ValueError("the IMEI has not 14 digits")

    @property
    def subscriber(self) -> Subscriber:
        return Subscriber(self.imsi, self.msisdn, self.cs, self.ps)

    def sealed(self, seal: Seal) -> bytes:
        return seal.close(orjson.dumps(asdict(self)))


def unsealed(kept: bytes, seal: Seal) -> Keepsake | None:
    """None where it cannot be opened or read: sealed with another key, perhaps."""
    try:
        said: dict[str, Any] = orjson.loads(seal.open(kept))
        return Keepsake(**said)
    except (SealBroken, ValueError, TypeError):
        return None
