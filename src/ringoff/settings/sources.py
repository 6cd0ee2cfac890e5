"""Where settings come from: `ringoff.toml`, and over it the environment.

Every value is also an environment variable: `mail.sender` is RINGOFF_MAIL__SENDER, `systems.hlr.ctrl` is
RINGOFF_SYSTEMS__HLR__CTRL. A secret may stand in a file that the variable's name with `_FILE` appended names
(RINGOFF_MAIL__URL_FILE=/run/secrets/mail). Each value remembers whence it came, so that an error can say it.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ringoff.kit.errors import InvalidInput

PREFIX = "RINGOFF_"
_ALIASES = {"DATABASE_URL": "DATABASE__URL"}
_SECRET_NAMES = ("url", "secret", "password", "passphrase", "token", "key", "pin")

Path_ = tuple[str, ...]


class Sources:
    """Nested values, and for each path into them the place it was read from."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._origins: dict[Path_, str] = {}

    def origin(self, path: Path_) -> str | None:
        """The most precise place known for `path`."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._origins:
                return self._origins[path[:length]]
        return None

    def add_file(self, file: Path, path_keys: frozenset[str]) -> None:
        """Values named in `path_keys` are paths, relative to the file's own folder."""
        try:
            self.values = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise InvalidInput("settings_unreadable", f"{file} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidInput("settings_invalid", f"{file} is not TOML: {error}.") from error
        self._origins[()] = str(file)
        for key in path_keys & self.values.keys():
            if isinstance(self.values[key], str):
                self.values[key] = str(file.parent / Path(self.values[key]).expanduser())

    def add_environment(self, environment: Mapping[str, str], known: frozenset[str]) -> None:
        """`known` are the settings at the top; other variables that begin like ours are somebody else's."""
        for variable, value in sorted(environment.items()):
            if not variable.startswith(PREFIX) or not value:
                continue
            name = variable.removeprefix(PREFIX)
            stem = name.removesuffix("_FILE")
            from_file = stem != name and stem.lower().endswith(_SECRET_NAMES)
            path = _path(stem if from_file else name)
            if path[0] in known:
                self._put(path, _secret_file(variable, value) if from_file else _plain(variable, value), variable)

    def _put(self, path: Path_, value: object, variable: str) -> None:
        inner = self.values
        for step, key in enumerate(path[:-1], 1):
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise InvalidInput(
                    "settings_invalid", f"{variable}: {'.'.join(path[:step])} holds no further settings."
                )
        inner[path[-1]] = value
        self._origins[path] = variable


def _path(name: str) -> Path_:
    return tuple(part.lower() for part in _ALIASES.get(name, name).split("__"))


def _plain(variable: str, value: str) -> object:
    """Lists and tables are written as JSON; numbers and truth are read by the setting's own type."""
    if value[0] not in "[{":
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise InvalidInput("settings_invalid", f"{variable} begins like JSON but is none.") from error


def _secret_file(variable: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InvalidInput("settings_unreadable", f"{variable} names {file}, which cannot be read: {why}.") from error
