"""Charges and refunds through Stripe; its stored cards and subscriptions go when their holder leaves.

Each kind has a file: `charge.py`, `refund.py`, `mandate.py`, `renewals.py`; `answers.py` says what Stripe's words mean,
`client.py` is the way there. docs/how-to/connect-stripe.md tells how it is set up.
"""

from collections.abc import Mapping
from typing import Any

from ringoff.connectors.stripe.connector import StripeConnector
from ringoff.connectors.stripe.options import Options
from ringoff.kit.secrets import Seal

__all__ = ["connect"]


def connect(name: str, options: Mapping[str, Any], seal: Seal | None = None) -> StripeConnector:
    """`name`, the system's, is part of every key: two systems in one Stripe account stay apart. Keeps no keepsake."""
    return StripeConnector(name, Options.model_validate(options))
