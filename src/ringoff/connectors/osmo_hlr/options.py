"""What an osmo-hlr system can be configured with."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _address(value: str) -> str:
    host, port = split(value)
    if not host or not 0 < port < 65536:
        raise ValueError("is written host:port")
    return value


def split(address: str) -> tuple[str, int]:
    """`host:port`, with an IPv6 host in brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port) if re.fullmatch(r"[0-9]{1,5}", port) else 0


Address = Annotated[str, AfterValidator(_address)]


class Options(BaseModel):
    """`connections`: to each of the two interfaces. `timeout_seconds`: without any answer on a connection.

    `retire`: "delete" removes the subscriber, "disable" only takes it out of service, for ever, and leaves the number
    on it. `keep`: what a restore will need is kept, sealed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ctrl: Address = "127.0.0.1:4259"
    vty: Address = "127.0.0.1:4258"
    connections: int = Field(4, ge=1, le=32)
    timeout_seconds: float = Field(5, gt=0, le=120)
    retire: Literal["delete", "disable"] = "delete"
    keep: bool = False
