"""The telephone hotline: where it is called, by whom, and whom it passes calls on to."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class HotlineSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    # The SIP front end
    sip: str | None = None
    """Where it listens, `192.0.2.10:5060`; without it no SIP call is answered. Not 0.0.0.0: media needs an address."""
    media_ports: str = Field(default="16384-16583", pattern=r"^[0-9]{4,5}-[0-9]{4,5}$")
    """UDP ports for sound: four a call (sound and its reports, and as many that a picture would have had)."""
    peers: list[str] = ["127.0.0.0/8", "::1"]
    """Addresses or networks of the carrier's session border controllers; nobody else is answered at all."""
    agents: str | None = Field(default=None, pattern=r"^sips?:[^\s<>\"]+$")
    """The queue of the people: a SIP URI. `{reference}` in it becomes the waiting call's at the desk."""
    recordings: Path | None = None
    """A studio's recordings, LANGUAGE/PHRASE.wav; what it lacks is rendered."""
    most_calls: int = Field(default=40, ge=1, le=1000)
    """At once; a further caller hears the engaged tone."""
    longest_call: timedelta = Field(default=timedelta(minutes=15), gt=timedelta(0))

    @field_validator("sip")
    @classmethod
    def _is_an_address_and_a_port(cls, sip: str | None) -> str | None:
        if sip is not None:
            host, _, port = sip.rpartition(":")
            try:
                usable = not ip_address(host.strip("[]")).is_unspecified and 0 < int(port) < 65536
            except ValueError:
                usable = False
            if not usable:
                raise ValueError("write the address and the port on which it listens, such as 192.0.2.10:5060")
        return sip

    @field_validator("peers")
    @classmethod
    def _are_addresses(cls, peers: list[str]) -> list[str]:
        for peer in peers:
            try:
                ip_network(peer, strict=False)
            except ValueError:
                raise ValueError("each is an IP address or a network, such as 192.0.2.20 or 192.0.2.0/28") from None
        if not peers:
            raise ValueError("nobody could call: name the session border controller")
        return peers

    @property
    def sip_host(self) -> str:
        return self.sip.rpartition(":")[0].strip("[]") if self.sip else ""

    @property
    def sip_port(self) -> int:
        return int(self.sip.rpartition(":")[2]) if self.sip else 0
