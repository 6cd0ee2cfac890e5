"""What mail is configured with."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from ringoff.connectors.smtp.address import Mailbox, NoAddress, parse_mailbox

StartTls = Literal["always", "auto", "never"]
_START_TLS: dict[str, StartTls] = {choice: choice for choice in get_args(StartTls)}


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: SecretStr
    """`smtp://[user:password@]host[:25]?starttls=always|auto|never` or `smtps://…[:465]`. See Server."""
    sender: str
    """`care@example.net` or `Example Care <care@example.net>`."""
    sender_name: str | None = None
    parallel: int = Field(default=4, ge=1, le=100)
    """Connections at once. They are kept, and carry one message after the other."""
    timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    """For each of the server's answers."""
    ca_file: Path | None = None
    """Trust these authorities instead of the machine's own."""
    hello_name: str | None = None
    """What we call ourselves in EHLO; this machine's name if empty."""

    @field_validator("url")
    @classmethod
    def _is_usable(cls, url: SecretStr) -> SecretStr:
        parse_server(url)
        return url

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, sender: str) -> str:
        try:
            parse_mailbox(sender)
        except NoAddress as error:
            raise ValueError(str(error)) from error
        return sender

    @property
    def mailbox(self) -> Mailbox:
        mailbox = parse_mailbox(self.sender)
        return Mailbox(self.sender_name or mailbox.name, mailbox.address)


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes. `auto` takes TLS where the server offers it, from anybody; it keeps out listeners, not liars."""

    host: str
    port: int
    tls: Literal["from the start"] | StartTls
    user: str | None
    password: SecretStr


def parse_server(url: SecretStr) -> Server:
    """Raises ValueError, which shows nothing of the credentials. They never travel in the clear to another machine."""
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("the mail url looks like smtp://user:password@host:port")
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    start_tls = _START_TLS.get(asked.pop("starttls", "auto"))
    if asked or start_tls is None or (parts.scheme == "smtps" and parts.query):
        raise ValueError("the mail url takes ?starttls=always, auto or never, and smtps:// takes nothing")
    if parts.username and not _is_loopback(parts.hostname) and parts.scheme == "smtp":
        if start_tls == "never":
            raise ValueError("a password is not sent without TLS: use smtps:// or ?starttls=always")
        start_tls = "always"
    return Server(
        host=parts.hostname,
        port=parts.port or (465 if parts.scheme == "smtps" else 25),
        tls="from the start" if parts.scheme == "smtps" else start_tls,
        user=unquote(parts.username) if parts.username else None,
        password=SecretStr(unquote(parts.password or "")),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
