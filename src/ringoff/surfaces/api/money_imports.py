"""Rows that come as JSON take the way of rows that come as files: the same checks, the same refusals."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ringoff.db.pool import Connection
from ringoff.features import directory
from ringoff.features.billing.booking import book_imported
from ringoff.features.directory import ImportReport
from ringoff.features.rules import RuleBook
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput

Rows = Sequence[Mapping[str, str]]
_NAMES_A_FILE = "document"
"""The one column whose value is a path on the machine that imports: not for whoever calls from elsewhere."""


async def take(
    conn: Connection, rows: Mapping[Any, Rows], rules: RuleBook, actor: Actor, now: datetime
) -> ImportReport:
    """By kind; all or nothing, booked. Raises InvalidInput with `problems`."""
    if any(_NAMES_A_FILE in row for of_kind in rows.values() for row in of_kind):
        raise InvalidInput("column_not_taken", "Documents are imported from files, by `ringoff import`.")
    with TemporaryDirectory(prefix="ringoff-import-") as folder:
        paths = [_write(Path(folder) / kind, of_kind) for kind, of_kind in rows.items()]
        report = await directory.import_files(conn, paths, rules=rules, actor=actor, now=now)
    await book_imported(conn, now)
    return report


def _write(path: Path, rows: Rows) -> Path:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
