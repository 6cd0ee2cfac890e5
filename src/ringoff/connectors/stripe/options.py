"""What a Stripe system is configured with."""

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key: SecretStr
    """A secret (`sk_`) or, better, a restricted key (`rk_`); docs/how-to/connect-stripe.md lists what it must allow."""
    webhook_secret: SecretStr | None = None
    """`whsec_`, of the endpoint that calls us back; without one it is only asked, never told."""
    api_base: str = "https://api.stripe.com"
    releases: Literal["mandate", "renewals"] = "mandate"
    """What a release lets go: the account's stored cards, or the renewing of the line's subscriptions."""
    timeout_seconds: float = Field(default=30.0, gt=0, le=300)
    """For one whole exchange. A charge waits for the card's bank."""
    parallel: int = Field(default=16, ge=1, le=100)
    ask_seconds: float = Field(default=3600.0, gt=0, le=86400)
    """How long to wait before asking about a payment or refund under way, where no webhook tells us before."""

    @field_validator("key")
    @classmethod
    def _is_secret(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value().startswith(("sk_", "rk_")):
            raise ValueError("the key must be a secret key (sk_) or a restricted one (rk_)")
        return key

    @field_validator("webhook_secret")
    @classmethod
    def _is_of_an_endpoint(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not secret.get_secret_value().startswith("whsec_"):
            raise ValueError("the webhook secret begins with whsec_")
        return secret

    @field_validator("api_base")
    @classmethod
    def _is_private(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("api_base must start with https:// and name a host, without credentials")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("api_base names a host and nothing behind it: /v1 is appended")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("plain http would send the key over the network: only this machine may be asked that way")
        return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
