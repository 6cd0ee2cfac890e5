"""The sections of the settings, each a class: what may stand in it, and what holds where nothing does."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    with_config,
)
from typing_extensions import TypedDict

from ringoff.settings.maintenance import MaintenanceWindow


def _seconds(value: object) -> object:
    """Environment variables are text, also when they are numbers."""
    return float(value) if isinstance(value, str) and value.replace(".", "", 1).isdecimal() else value


Duration = Annotated[timedelta, BeforeValidator(_seconds)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DatabaseSettings(Section):
    url: SecretStr | None = None
    """A PostgreSQL server; without one `ringoff up` starts its own in the data folder."""


class CarrierSettings(Section):
    name: str = "Ringoff"
    """Who speaks in notices."""
    support: str = ""
    """How a subscriber reaches a person: a sentence, a number, an address."""
    jurisdiction: str = Field(default="neutral", pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    """Whose rules the public pages follow, where nobody has signed in."""
    fees: str = ""
    """What leaving costs, a sentence for the guide. Ringoff charges nothing."""


class PortalSettings(Section):
    url: str | None = Field(default=None, pattern=r"^https?://[^/?#]+$")
    """Where subscribers find it: what links in mails begin with. `https://` there also makes cookies secure."""
    accent: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")
    """The carrier's colour. Where text in it could not be read it is darkened, or lightened, until it can."""
    logo: Path | None = None
    """An SVG or PNG file of at most 30 kB."""


class OpenIdSettings(Section):
    """The carrier's own OpenID Connect provider, at which subscribers may sign in as well."""

    issuer: str = Field(pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:|/|$))[^?#]*$")
    """As it calls itself; it is asked for its configuration below `/.well-known/`."""
    client_id: str
    client_secret: SecretStr
    claim: str = "account_number"
    """Which claim of its id tokens names the account, by its number."""
    strong_acr: list[str] = []
    """Values of `acr` that stand for two factors; other sign-ins count as a password alone."""
    strong_amr: list[str] = []
    """The same for `amr`: one of them is enough."""


class DeskSettings(Section):
    """The care desk, below `/desk` of the same address."""

    time_zone: str = "UTC"
    """On whose clocks its people read times: `Europe/Madrid`."""
    approve_above: dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Annotated[int, Field(ge=0)]] = {}
    """What one person at the desk pays out alone at most, in minor units by currency; above it a second one decides."""
    approve_above_other: int = Field(default=10_000, ge=0)
    """The same in currencies that are not named."""
    openid: OpenIdSettings | None = None
    """The carrier's provider for its own people; `claim` names them as `ringoff staff` does. Two factors, always."""

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is no time zone; it looks like Europe/Madrid") from None
        return name


class BillingSettings(Section):
    final_bills: bool = False
    """Whether Ringoff makes the final bills; otherwise the carrier's own billing does."""
    pay_to: str = Field(default="", max_length=200)
    """How a holder pays a final bill that no card pays: a bank account, a desk. Told on bills and in mails."""
    fonts: Path | None = None
    """A folder of further fonts for bills: for names in scripts that neither ours nor the system's can show."""


class MailSettings(BaseModel):
    """What else the mail connector takes is passed on to it."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    url: SecretStr
    """smtp://[user:password@]host:port, or smtps://"""
    sender: str

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [("sender", self.sender)]


@with_config(ConfigDict(extra="forbid"))
class PaceSettings(TypedDict, total=False):
    """Tuning of the workers' loops; see reconcile.model.Pace. Durations are seconds, or ISO 8601."""

    lease: Duration
    batch_most: int
    batch_takes: float
    batches_at_once: int
    poll: float
    backoff_first: Duration
    backoff_most: Duration
    breaker_failures: int
    breaker_first: Duration
    breaker_most: Duration
    overdue: Duration


class SystemSettings(BaseModel):
    """A system that has to let lines go. What is None follows the rule pack's release plan.

    `options` are understood, and checked, by its connector alone.
    """

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    connector: str
    wave: int | None = Field(default=None, ge=0, le=99)
    """0: as soon as the case is scheduled, not when it is ripe."""
    effect: Literal["undo", "pivot", "forward_only"] | None = None
    gates: bool | None = None
    scope: Literal["line", "account"] | None = None
    ported: bool | None = None
    """Whether it is also asked when the number was ported out."""
    rate_per_second: float | None = Field(default=None, gt=0)
    maintenance: list[str] = []
    """See MaintenanceWindow; in the environment several are parted by semicolons."""

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Without the options' values: what is secret among them is known to the connector alone."""
        own = [(name, getattr(self, name)) for name in type(self).model_fields]
        return [*own, ("options", sorted(self.options))]

    @field_validator("maintenance", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(";") if part.strip()] if isinstance(value, str) else value

    @field_validator("maintenance")
    @classmethod
    def _can_be_read(cls, windows: list[str]) -> list[str]:
        for window in windows:
            MaintenanceWindow.parse(window)
        return windows
