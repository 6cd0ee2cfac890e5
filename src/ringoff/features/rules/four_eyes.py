"""The section [four_eyes]: when a second person decides at the desk, and how long they may take."""

from typing import Annotated

from pydantic import Field

from ringoff.features.rules.values import Duration, Strict


class FourEyesRules(Strict):
    """Limits of money are the operator's own: `desk.approve_above` in the settings."""

    lines_above: Annotated[int, Field(ge=1)]
    """Whoever closes more lines of an account, in one go or one after the other, asks somebody else first."""
    waits: Duration
    """How long an approval that was asked for can be given, and used."""
    caller_waits: Duration
    """The same where somebody is on the phone."""
