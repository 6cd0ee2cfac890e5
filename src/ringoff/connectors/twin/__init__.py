"""A stand-in for trials and tests: a system with faults on demand, and the connector to it, in this very process.

`TwinSystem` plays the other system, `TwinConnector` asks it as it would ask a real one. Whatever it serves is marked
as a trial.
"""

from collections.abc import Mapping
from typing import Any

from ringoff.connectors.twin.connector import TwinConnector
from ringoff.connectors.twin.faults import Fault
from ringoff.connectors.twin.options import Options
from ringoff.connectors.twin.system import TwinSystem
from ringoff.kit.secrets import Seal

__all__ = ["Fault", "TwinConnector", "TwinSystem", "connect"]


def connect(name: str, options: Mapping[str, Any], seal: Seal | None = None) -> TwinConnector:
    """See options.Options. A twin needs no keepsake: it knows again whoever it let go."""
    chosen = Options.model_validate(options)
    return TwinConnector(name, TwinSystem(chosen), chosen)
