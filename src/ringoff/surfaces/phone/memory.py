"""The state of a conversation as JSON, for the database. A form of another version of this program is no state."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ringoff.surfaces.phone.states import State


@cache
def _adapter() -> TypeAdapter[State]:
    return TypeAdapter(State)


def written(state: State) -> Mapping[str, Any]:
    told: Mapping[str, Any] = _adapter().dump_python(state, mode="json")
    return told


def read(told: Mapping[str, Any]) -> State | None:
    try:
        return _adapter().validate_python(told, strict=False)
    except ValidationError:
        return None
