"""Notices by mail, through the carrier's own mail server."""

from collections.abc import Mapping
from typing import Any

from ringoff.connectors.smtp.connector import SmtpConnector
from ringoff.connectors.smtp.options import Options
from ringoff.kit.secrets import Seal

__all__ = ["connect"]


def connect(name: str, options: Mapping[str, Any], seal: Seal | None = None) -> SmtpConnector:
    return SmtpConnector(name, Options.model_validate(options))
