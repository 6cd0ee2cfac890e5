"""Mail addresses, as far as we take them: one mailbox, no comments, no quoted local parts."""

import re
from typing import NamedTuple

_ADDRESS_MOST = 254  # octets, RFC 5321
_LOCAL = r"[^\s\x00-\x1f\x7f<>()\[\]\\,;:@\"]+"
_ADDRESS = re.compile(rf"({_LOCAL})@({_LOCAL})")
_MAILBOX = re.compile(r"\s*(?:\"?([^\"<>\x00-\x1f\x7f]*?)\"?\s*<([^<>]*)>|([^<>]*))\s*")


class NoAddress(ValueError):
    """This is not something that mail can be sent to."""


class Mailbox(NamedTuple):
    name: str | None
    address: str


def parse_address(text: str) -> str:
    """The address with its domain in ASCII (IDNA); a local part in another script is kept as it is (RFC 6531)."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise NoAddress("this is not a mail address")
    local, domain = found.groups()
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise NoAddress("this is not a mail address: its domain cannot exist") from error
    if len(address.encode()) > _ADDRESS_MOST:
        raise NoAddress("this is not a mail address: it is too long")
    return address


def parse_mailbox(text: str) -> Mailbox:
    """`a@b` or `Name <a@b>`."""
    found = _MAILBOX.fullmatch(text)
    if found is None:
        raise NoAddress("this is not a mail address")
    name, bracketed, bare = found.groups()
    return Mailbox((name or "").strip() or None, parse_address(bracketed if bare is None else bare))


def masked(address: str) -> str:
    """Enough to recognise one's own, and no more: `l***@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
