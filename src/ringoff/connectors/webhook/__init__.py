"""A signed HTTP call to the carrier's own provisioning system, which answers at once or later. See README.md."""

from collections.abc import Mapping
from typing import Any

from ringoff.connectors.webhook.connector import WebhookConnector
from ringoff.connectors.webhook.options import Options
from ringoff.kit.secrets import Seal

__all__ = ["connect"]


def connect(name: str, options: Mapping[str, Any], seal: Seal | None = None) -> WebhookConnector:
    """`name`, the system's, is part of every id: two systems behind one url stay apart. Keeps no keepsake."""
    return WebhookConnector(name, Options.model_validate(options))
