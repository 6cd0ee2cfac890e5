"""What the demo's lines hang on: a real osmo-hlr where one is installed, and the sample carrier over HTTP."""

import asyncio
import base64
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ringoff.connectors.osmo_hlr.sandbox import NewSubscriber, SandboxHlr, find_program
from ringoff.kit.errors import Unavailable
from ringoff.surfaces.child import PARENT

EXAMPLES = Path(__file__).parents[4] / "examples"
OVER_HTTP = ("bindings", "billing", "number")
_DELAY = 0.8  # seconds that the sample carrier takes
# The sample carrier as an integrator would start it, but it does not outlive us.
_PROGRAM = """
import os, runpy, sys
from ringoff.surfaces.child import PARENT, follow_parent
follow_parent(int(os.environ.pop(PARENT)))
sys.path.insert(0, "")
runpy.run_module("sample_carrier", run_name="__main__", alter_sys=True)
"""


class Systems:
    """`hlr` is None where no osmo-hlr can be had; `why` then says so."""

    def __init__(self, folder: Path, api: str) -> None:
        self.hlr: SandboxHlr | None = None
        self.why = ""
        self._folder, self._api = folder, api
        self._settings: dict[str, dict[str, Any]] = {}
        self._processes: list[subprocess.Popen[str]] = []

    async def start(self, lines: Sequence[dict[str, str]], table: Path) -> dict[str, dict[str, Any]]:
        """Everything runs and holds the lines; what `[systems.…]` in ringoff.toml has to say. Raises Unavailable."""
        await self._start_hlr(lines)
        names = OVER_HTTP if self.hlr is not None else ("hlr", *OVER_HTTP)
        for name, options in zip(names, await asyncio.gather(*(self._over_http(n, table) for n in names)), strict=True):
            self._settings[name] = options
        return self._settings

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(10)
        if self.hlr is not None:
            self.hlr.stop()

    async def _start_hlr(self, lines: Sequence[dict[str, str]]) -> None:
        program = find_program()
        if program is None:
            self.why = "osmo-hlr is not installed (Debian: apt-get install osmo-hlr)"
            return
        folder = self._folder / "hlr"
        known = (folder / "hlr.db").exists()
        hlr = SandboxHlr(folder, program)
        try:
            await asyncio.to_thread(hlr.start)
        except RuntimeError as error:
            self.why = f"osmo-hlr does not start here ({str(error).splitlines()[0]})"
            return
        self.hlr = hlr
        if not known:
            await hlr.add(NewSubscriber(line["imsi"], line["msisdn"].removeprefix("+") or None) for line in lines)
        self._settings["hlr"] = {"connector": "osmo_hlr", **hlr.options}

    async def _over_http(self, name: str, table: Path) -> dict[str, Any]:
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        secret_file = folder / "secret"
        if not secret_file.exists():
            secret_file.touch(0o600)
            secret_file.write_text("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        command = [sys.executable, "-c", _PROGRAM, "--port", "0", "--lines", str(table)]
        command += ["--ledger", str(folder / "ledger.db"), "--secret-file", str(secret_file)]
        command += ["--answer", "later", "--delay", str(_DELAY)]
        command += ["--callback", f"{self._api}/v1/callbacks/{name}"]
        address = await asyncio.to_thread(self._launch, command)
        return {"connector": "webhook", "url": address, "secret": secret_file.read_text()}

    def _launch(self, command: Sequence[str]) -> str:
        if not EXAMPLES.is_dir():
            raise Unavailable(
                "examples_missing", "The demo needs examples/sample_carrier: run it in a clone of Ringoff."
            )
        environment = {**os.environ, PARENT: str(os.getpid())}
        process = subprocess.Popen(  # noqa: S603
            command, cwd=EXAMPLES, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._processes.append(process)
        assert process.stdout is not None
        said = process.stdout.readline()  # printed once it listens
        if "http://" not in said:
            raise Unavailable(
                "sample_carrier_failed", f"The sample carrier does not start: {said or 'it said nothing'}"
            )
        return said.split(": ", 1)[1].strip()
