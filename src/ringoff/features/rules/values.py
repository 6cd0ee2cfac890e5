"""The kinds of value that a rule pack is written in."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


def _duration(value: object) -> object:
    if not isinstance(value, timedelta) and not (isinstance(value, str) and value.startswith(("P", "-P"))):
        raise ValueError("write a duration as ISO 8601, with its unit: PT15M, P7D")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(0))]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Strict(BaseModel):
    """A misspelt key never loads, and what has loaded never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
