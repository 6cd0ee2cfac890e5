"""Is the server process of a cluster alive? Its own note, `postmaster.pid`, cannot be trusted.

The process id in it may belong to a corpse that nobody has reaped (common in containers, whose first process may be
no init) or, after a reboot, to a stranger; PostgreSQL then refuses to start. Linux only, like the wheel.
"""

import os
from contextlib import suppress
from pathlib import Path

PORT = "5432"  # only names the socket: nothing listens on the network


class Postmaster:
    """The one server process of the cluster in the folder `cluster`."""

    def __init__(self, cluster: Path) -> None:
        self._cluster = cluster
        self._note = cluster / "postmaster.pid"

    def pid(self) -> int | None:
        """As noted, alive or not. PermissionError where the cluster is another user's."""
        return _noted_in(self._note)

    def alive(self) -> bool:
        pid = self.pid()
        return pid is not None and self._is_server(pid)

    def send(self, signal_number: int) -> None:
        pid = self.pid()
        if pid is not None and self._is_server(pid):
            with suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, signal_number)

    def clear_remains(self, sockets: Path) -> None:
        """Removes notes that PostgreSQL would take for a living server, and only those: the rest it judges itself."""
        for note in (self._note, sockets / f".s.PGSQL.{PORT}.lock"):
            pid = _noted_in(note)
            if pid is not None and Path("/proc", str(pid)).exists() and not self._is_server(pid):
                note.unlink(missing_ok=True)

    def _is_server(self, pid: int) -> bool:
        process = Path("/proc", str(pid))
        try:
            state = process.joinpath("stat").read_text().rpartition(")")[2].split()[0]
            command = process.joinpath("cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state not in "ZX" and command[0].endswith(b"postgres") and os.fsencode(self._cluster) in command


def _noted_in(note: Path) -> int | None:
    try:
        first = note.read_text().partition("\n")[0].strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return int(first) if first.isdigit() else None
