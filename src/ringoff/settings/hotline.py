"""The telephone hotline: where it is called, by whom, and whom it passes calls on to."""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from ringoff.settings.maintenance import MaintenanceWindow


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

    # Who is spoken with
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """ISO 3166: whose national spelling of telephone numbers callers type."""
    hours: list[str] = []
    """When there are people to pass calls on to, as maintenance windows are written; empty: always."""
    callbacks: bool = True
    """Whether a caller may ask to be called back, at the phone of record and nowhere else."""

    # The TwiML front end
    twiml_token: SecretStr | None = Field(default=None, min_length=16)
    """What the vendor signs its requests with; without it none is answered."""
    twiml_url: str | None = Field(default=None, pattern=r"^https?://[^/?#]+$")
    """How the vendor calls us, where that is not the portal's address."""
    twiml_queue: str | None = Field(default=None, pattern=r"^[A-Za-z0-9 _.-]{1,64}$")
    """The vendor's own queue, instead of the SIP address of `agents`."""

    @field_validator("hours", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(";") if part.strip()] if isinstance(value, str) else value

    @field_validator("hours")
    @classmethod
    def _can_be_read(cls, hours: list[str]) -> list[str]:
        for window in hours:
            MaintenanceWindow.parse(window)
        return hours

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

    @property
    def has_people(self) -> bool:
        return self.agents is not None or self.twiml_queue is not None

    def is_open(self, now: datetime) -> bool:
        return not self.hours or any(MaintenanceWindow.parse(hours).is_open(now) for hours in self.hours)

    def opens_at(self, now: datetime) -> datetime:
        """When it does next. Asked only where there are hours."""
        return min(MaintenanceWindow.parse(hours).next_start(now) for hours in self.hours)

    def zone(self) -> str:
        """On whose clocks hours are told."""
        return MaintenanceWindow.parse(self.hours[0]).zone.key if self.hours else "UTC"
