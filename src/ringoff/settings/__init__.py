"""What the operator decides, read once when a process starts. docs/reference/settings.md is the same for people."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails

from ringoff.kit.errors import InvalidInput
from ringoff.settings.hotline import HotlineSettings
from ringoff.settings.maintenance import MaintenanceWindow
from ringoff.settings.sections import (
    BillingSettings,
    CarrierSettings,
    DatabaseSettings,
    DeskSettings,
    MailSettings,
    OpenIdSettings,
    PaceSettings,
    PortalSettings,
    Section,
    SystemSettings,
)
from ringoff.settings.sources import Path_, Sources

__all__ = [
    "BillingSettings",
    "CarrierSettings",
    "DatabaseSettings",
    "DeskSettings",
    "HotlineSettings",
    "MailSettings",
    "MaintenanceWindow",
    "OpenIdSettings",
    "PaceSettings",
    "PortalSettings",
    "Settings",
    "SystemSettings",
]

CONFIG_NAME = "ringoff.toml"
SEAL_NAME = "secret.key"
_PATHS = frozenset({"data_dir", "rules_dir"})
SystemName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Settings(Section):
    data_dir: Path = Field(default_factory=lambda: _default_data_dir())
    config: Path | None = None
    """The file that was read; not itself a setting."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=2, ge=1, le=64)
    """Processes for bulk work; interactive work always has one of its own."""
    rules_dir: Path | None = None
    secret: SecretStr | None = Field(default=None, min_length=16)
    """Seals what a restore will need; `ringoff up` makes one in the data folder."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    """auto: console on a terminal, else JSON."""
    database: DatabaseSettings = DatabaseSettings()
    carrier: CarrierSettings = CarrierSettings()
    portal: PortalSettings = PortalSettings()
    desk: DeskSettings = DeskSettings()
    billing: BillingSettings = BillingSettings()
    openid: OpenIdSettings | None = None
    hotline: HotlineSettings = HotlineSettings()
    mail: MailSettings | None = None
    sms: dict[str, Any] | None = Field(default=None, repr=False)
    """Options of the connector that carries short messages, and its name as `connector` if it is not webhook."""
    payments: dict[str, Any] | None = Field(default=None, repr=False)
    """Options of the connector that charges and refunds, and its name as `connector` if it is not stripe."""
    systems: dict[SystemName, SystemSettings] = Field(default_factory=dict)
    pace: PaceSettings = Field(default_factory=lambda: PaceSettings())

    @property
    def public_url(self) -> str:
        return self.portal.url or f"http://localhost:{self.port}"

    @field_validator("systems")
    @classmethod
    def _names_are_free(cls, systems: dict[str, SystemSettings]) -> dict[str, SystemSettings]:
        if taken := systems.keys() & {"mail", "sms", "payments"}:
            raise ValueError(f"{', '.join(sorted(taken))} has a section of its own")
        return systems

    @classmethod
    def load(
        cls, config: Path | None = None, data_dir: Path | None = None, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """The file (`config`, else RINGOFF_CONFIG, else ./ringoff.toml), the environment over it, `data_dir` over both.

        Raises InvalidInput that names each wrong key and where it was read, never a value.
        """
        sources = Sources()
        file = config or _named_or_present(environment)
        if file is not None:
            sources.add_file(file, _PATHS)
        sources.add_environment(environment, frozenset(cls.model_fields) - {"config"})
        if "config" in sources.values:
            raise InvalidInput("settings_invalid", f"{file}: config: unknown setting.")
        given = {"config": file, **({"data_dir": data_dir} if data_dir else {})}
        try:
            settings = cls.model_validate({**sources.values, **given})
        except ValidationError as error:
            lines = [_sentence(problem, sources) for problem in error.errors(include_input=False, include_url=False)]
            raise InvalidInput("settings_invalid", "\n".join(lines), settings=lines) from None
        return settings._with_places()

    def _with_places(self) -> Self:
        places: dict[str, Any] = {"data_dir": self.data_dir.expanduser().absolute()}
        if self.secret is None and (secret := read_seal_secret(places["data_dir"])) is not None:
            places["secret"] = secret
        return self.model_copy(update=places)


def read_seal_secret(data_dir: Path) -> SecretStr | None:
    """The sealing secret that `ringoff up` made for this folder, if it has."""
    try:
        return SecretStr((data_dir / SEAL_NAME).read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("settings_unreadable", f"{data_dir / SEAL_NAME} cannot be read by this user.") from error


def _named_or_present(environment: Mapping[str, str]) -> Path | None:
    if named := environment.get("RINGOFF_CONFIG"):
        return Path(named)
    return Path(CONFIG_NAME) if Path(CONFIG_NAME).exists() else None


def _default_data_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/ringoff")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home, "ringoff")


def _sentence(problem: ErrorDetails, sources: Sources) -> str:
    path: Path_ = tuple(str(part) for part in problem["loc"] if part != "[key]")
    match problem["type"]:
        case "extra_forbidden":
            says = "unknown setting"
        case "missing":
            says = "is missing"
        case "value_error":
            says = problem["msg"].removeprefix("Value error, ")
        case _:
            says = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"{sources.origin(path) or 'settings'}: {'.'.join(path)}: {says}"
