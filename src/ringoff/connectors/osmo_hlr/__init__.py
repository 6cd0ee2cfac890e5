"""osmo-hlr, the home location register, by its CTRL and VTY interfaces, as osmo-hlr 1.5.0 has them.

A line is taken out of service first (which tells every attached core), then deleted, then read back until the HLR
says that it does not exist.
"""

from collections.abc import Mapping
from typing import Any

from ringoff.connectors.osmo_hlr.connector import OsmoHlrConnector
from ringoff.connectors.osmo_hlr.options import Options
from ringoff.kit.errors import InvalidInput
from ringoff.kit.secrets import Seal

__all__ = ["connect"]


def connect(name: str, options: Mapping[str, Any], seal: Seal | None = None) -> OsmoHlrConnector:
    """Nothing is connected before the first call. Raises InvalidInput where something is to be kept unsealed."""
    chosen = Options.model_validate(options)
    if chosen.keep and seal is None:
        raise InvalidInput(
            "secret_missing", f"systems.{name} keeps key material for a restore, which needs RINGOFF_SECRET to seal it."
        )
    return OsmoHlrConnector(chosen, seal)
