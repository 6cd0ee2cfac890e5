"""`schema.sql`: the sum of all migrations, to be read in one piece. `make schema` writes it; a test compares it."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ringoff.db.binaries import program
from ringoff.db.embedded import EmbeddedPostgres
from ringoff.db.migrate import migrate

SCHEMA = Path(__file__).with_name("schema.sql")
_HEADER = "-- The sum of all migrations, written by `make schema`. Not applied by anything: see migrate.py.\n\n"
_NOISE = re.compile(r"--.*|SET .*;|SELECT pg_catalog\.set_config.*;|\\(un)?restrict .*")


def dump(url: str) -> str:
    """The schema at `url` as pg_dump tells it, without what differs from run to run."""
    command: list[str | Path] = [program("pg_dump"), "--schema-only", "--no-owner", "--no-privileges", "--dbname", url]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    kept = "\n".join(line.rstrip() for line in told.splitlines() if not _NOISE.fullmatch(line))
    return _HEADER + re.sub(r"\n{3,}", "\n\n", kept).strip() + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ringoff-schema-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder, "data"), {"fsync": "off"})
        try:
            url = server.start()
            migrate(url)
            SCHEMA.write_text(dump(url), encoding="utf-8")
        finally:
            server.stop()
    sys.stdout.write(f"{SCHEMA} written\n")


if __name__ == "__main__":
    main()
