"""What the twin's system holds and what it did: in memory, or in an append-only file that several processes share.

The file has one JSON object a line: `{"line": line_ref or null, "held": identity or null, "key": idempotency key or
null}`. Whoever looks or writes holds its lock and has read it to the end.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson

Identity = Mapping[str, str | None]


class Ledger:
    """`effects` counts what was done, by idempotency key. A line that was never heard of is held as asked for."""

    def __init__(self, path: Path | None) -> None:
        self.effects: dict[str, int] = {}
        self.lines: dict[str, Identity | None] = {}
        self._file: int | None = None
        self._read_to = 0
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    @property
    def shared(self) -> bool:
        return self._file is not None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the ledger, and up to date with it."""
        if self._file is None:
            yield
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            self._catch_up(self._file)
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def write(self, line: str | None, held: Identity | None, key: str | None) -> None:
        """Only while locked. `line` None: work that changes no line. `key` None: a change that is nobody's effect."""
        entry = {"line": line, "held": held, "key": key}
        if self._file is None:
            self._apply(entry)
            return
        os.write(self._file, orjson.dumps(entry) + b"\n")
        self._catch_up(self._file)

    def count(self, key: str) -> None:
        self.effects[key] = self.effects.get(key, 0) + 1

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _catch_up(self, file: int) -> None:
        while piece := os.pread(file, 1 << 20, self._read_to):
            whole = piece.rpartition(b"\n")[0]
            for entry in whole.splitlines():
                self._apply(orjson.loads(entry))
            self._read_to += len(whole) + 1

    def _apply(self, entry: Mapping[str, object]) -> None:
        line, held, key = entry["line"], entry["held"], entry["key"]
        if isinstance(line, str):
            self.lines[line] = held if isinstance(held, Mapping) else None
        if isinstance(key, str):
            self.count(key)
