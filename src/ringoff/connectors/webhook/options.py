"""What a webhook system is configured with."""

import base64
import binascii
import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_SECRET_LEAST = 24  # bytes; Standard Webhooks 1.0 asks for 24 to 64


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    """Where the carrier's system listens; the protocol's paths are appended."""
    secret: SecretStr
    """`whsec_` and base64, shared with the carrier's system: it signs both ways."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=300)
    """For one whole exchange, from connecting to the last byte of the answer."""
    parallel: int = Field(default=32, ge=1, le=1000)
    ask_seconds: float = Field(default=60.0, gt=0, le=86400)
    """How long to wait before asking about accepted work, where the system named no time itself."""
    ca_file: Path | None = None
    """Trust these authorities instead of the machine's own."""
    insecure: bool = False
    """Allow plain http to other machines."""

    @field_validator("url")
    @classmethod
    def _is_a_base(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the url must start with http:// or https:// and name a host")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("the url may hold neither credentials nor a query: calls are signed with `secret`")
        return url.rstrip("/")

    @field_validator("secret")
    @classmethod
    def _is_long_enough(cls, secret: SecretStr) -> SecretStr:
        prefix, _, encoded = secret.get_secret_value().partition("_")
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except binascii.Error:
            key = b""
        if prefix != "whsec" or len(key) < _SECRET_LEAST:
            raise ValueError(f"the secret must be whsec_ and the base64 of at least {_SECRET_LEAST} random bytes")
        return secret

    @model_validator(mode="after")
    def _is_private(self) -> "Options":
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not self.insecure and not _is_loopback(parts.hostname or ""):
            raise ValueError("plain http leaves this machine: use https, or say insecure = true")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
