"""The sample carrier as a real process: started, stopped, killed, made to misbehave, and asked what it did."""

import base64
import csv
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

EXAMPLES = Path(__file__).parents[2] / "examples"
IDENTITY = ("line_ref", "msisdn", "imsi", "iccid")


class SampleCarrier:
    """One carrier in one folder. It keeps its port, secret and ledger through a kill and a new start."""

    def __init__(
        self,
        folder: Path,
        lines: Iterable[Mapping[str, str | None]] = (),
        *,
        later: float | None = None,
        callback: str | None = None,
    ) -> None:
        """`later`: seconds after which accepted work is done; None answers at once."""
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.process: subprocess.Popen[str] | None = None
        self._folder, self._later, self._callback, self._port = folder, later, callback, 0
        (folder / "secret").write_text(self.secret)
        with (folder / "lines.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, IDENTITY, extrasaction="ignore")
            table.writeheader()
            table.writerows(lines)
        self._admin = httpx.Client(timeout=60, trust_env=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def options(self, **more: Any) -> dict[str, Any]:
        """What a webhook system is configured with to reach this carrier."""
        return {"url": self.url, "secret": self.secret, "timeout_seconds": 30, **more}

    def start(self) -> None:
        command = [sys.executable, "-m", "sample_carrier", "--faults", "--port", str(self._port)]
        command += ["--lines", str(self._folder / "lines.csv"), "--ledger", str(self._folder / "carrier.db")]
        command += ["--secret-file", str(self._folder / "secret")]
        if self._later is not None:
            command += ["--answer", "later", "--delay", str(self._later)]
        if self._callback:
            command += ["--callback", self._callback]
        self.process = subprocess.Popen(command, cwd=EXAMPLES, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()  # printed once it listens
        assert "http://" in said, f"the sample carrier did not start: {said!r}"
        self._port = int(said.rpartition(":")[2])

    def kill(self) -> None:
        """As a power cut would: nothing is tidied up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        self._admin.close()

    def died(self) -> None:
        """Wait until it has killed itself."""
        assert self.process is not None
        assert self.process.wait(20) == -signal.SIGKILL

    def fault(self, fault: str, **how: Any) -> None:
        """See examples/sample_carrier/faults.py: `on` (a path), `method`, `times`, `seconds`."""
        self._admin.post(f"{self.url}/faults", json={"fault": fault, **how}).raise_for_status()

    def no_faults(self) -> None:
        self._admin.delete(f"{self.url}/faults").raise_for_status()

    def set_line(self, line: Mapping[str, Any]) -> None:
        """Behind Ringoff's back: `state` present or absent, and whatever identity is given."""
        path = f"/lines/{quote(line['line_ref'], safe='').replace('.', '%2E')}"
        self._admin.put(self.url + path, json=dict(line)).raise_for_status()

    def holds(self, line_ref: str) -> bool:
        """Looked up in its own database, also while it is down."""
        with closing(sqlite3.connect(self._folder / "carrier.db")) as database:
            found = database.execute("SELECT state FROM line WHERE line_ref = ?", (line_ref,)).fetchone()
        return bool(found == ("present",))

    def effects(self) -> list[dict[str, Any]]:
        """Every id it ever took: type, line_ref, status, `asked` (times posted), `effects` (times done)."""
        return list(self._pages("/effects"))

    def messages(self) -> list[dict[str, Any]]:
        return list(self._pages("/messages"))

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        after = 0
        while rows := self._admin.get(f"{self.url}{path}?after={after}").json():
            yield from rows
            after = rows[-1]["number"]

    def _end(self, by: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.process.pid, by)
        self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None


@contextmanager
def sample_carrier(folder: Path, lines: Iterable[Mapping[str, str | None]] = (), **how: Any) -> Iterator[SampleCarrier]:
    folder.mkdir(parents=True, exist_ok=True)
    carrier = SampleCarrier(folder, lines, **how)
    try:
        carrier.start()
        yield carrier
    finally:
        carrier.stop()
