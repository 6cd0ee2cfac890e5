"""A whole installation as an operator starts it: `ringoff up`, and the `ringoff` commands typed at it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.mail import MailServer
from tests.support.postgres import reachable_folder

RINGOFF = [sys.executable, "-m", "ringoff.surfaces.cli"]
IMPORT = sorted((Path(__file__).parents[2] / "examples" / "import").glob("*.csv"))

# The twin refuses L-5's billing: something for a person.
CONFIG = """
workers = 1
[billing]
final_bills = true
[mail]
url = "{mail}"
sender = "Example Mobile <care@example.net>"
[systems.hlr]
connector = "twin"
state = "{folder}/hlr.db"
[systems.billing]
connector = "twin"
state = "{folder}/billing.db"
faults = {{ refuse = ["L-5"] }}
"""


class Installation:
    """`address` is the API's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGOFF_")}
        self.environment |= {"COLUMNS": "80", "NO_COLOR": "1"}

    @property
    def where(self) -> list[str]:
        return ["--data-dir", str(self.folder / "data"), "--config", str(self.folder / "ringoff.toml")]

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        """A command that is still running when this returns."""
        everything = {**self.environment, **environment}
        return subprocess.Popen(
            [*RINGOFF, *words], env=everything, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def type(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        with self.start(*words, *self.where, **environment) as process:
            out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def answer(self, *words: str) -> Any:
        """What a command says with --json, after it succeeded."""
        done = self.type(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@contextmanager
def running_installation(mail: MailServer, more: str = "", port: int = 0) -> Iterator[Installation]:
    """With twins for systems, a real mail server, and examples/import taken in. `more` stands above the sections."""
    with reachable_folder() as folder:
        one = Installation(folder)
        (folder / "ringoff.toml").write_text(more + CONFIG.format(folder=folder, mail=mail.url))
        with (folder / "up.log").open("w") as log:
            up = subprocess.Popen(
                [*RINGOFF, "up", *one.where, "--port", str(port)],
                env=one.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            try:
                assert up.stdout is not None
                said = next((line for line in up.stdout if "Ringoff is up" in line), "")
                assert said, (folder / "up.log").read_text()
                one.address = said.split()[3].removesuffix("/docs")
                one.answer("import", *map(str, IMPORT))
                yield one
            finally:
                up.send_signal(signal.SIGINT)
                up.communicate(timeout=90)
        assert up.returncode == 0
