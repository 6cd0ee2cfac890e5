"""How long a carrier waits for its directory: plans, accounts and lines from CSV files."""

import csv
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from ringoff.features import directory
from ringoff.kit.actor import Actor
from ringoff.surfaces.bench.rig import FOUR, rig

_ACCOUNT = ("account_number", "holder_name", "kind", "email", "locale", "time_zone", "jurisdiction")
_LINE = ("line_ref", "msisdn", "account_number", "plan_code", "service", "imsi", "status", "activated_on")


async def intake(lines: int, url: str | None = None) -> dict[str, Any]:
    """`lines` lines on a third as many accounts, imported into an empty directory, and once more unchanged."""
    with tempfile.TemporaryDirectory() as folder:
        paths = _write(Path(folder), lines)
        async with rig(FOUR, url=url) as one, one.app() as app:
            seconds = []
            for _ in range(2):
                began = time.monotonic()
                async with app.database.transaction() as conn:
                    await directory.import_files(
                        conn, paths, rules=app.rules, actor=Actor("bench", "cli"), now=app.database.clock.now()
                    )
                seconds.append(round(time.monotonic() - began, 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"lines": lines, "first import, s": seconds[0], "again, s": seconds[1], "peak memory MB": peak}


def _write(folder: Path, lines: int) -> list[Path]:
    plans, accounts, many = folder / "plans.csv", folder / "accounts.csv", folder / "lines.csv"
    plans.write_text("plan_code,name,kind,monthly_price,currency\nP,Plan,postpaid,10.00,EUR\n")
    with accounts.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_ACCOUNT)
        for n in range(lines // 3 + 1):
            row = (f"A{n}", f"Holder {n}", "consumer", f"h{n}@example.net", "en", "Europe/Berlin", "neutral")
            writer.writerow(row)
    with many.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_LINE)
        for n in range(lines):
            number, imsi = f"+4915{200000000 + n}", f"26201{n:010d}"
            writer.writerow((f"L{n}", number, f"A{n // 3}", "P", "voice", imsi, "active", "2020-01-01"))
    return [plans, accounts, many]
