"""The rows that an import left out, with the reasons: a CSV file that can be corrected and imported again."""

import csv
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from ringoff.db.pool import Connection
from ringoff.features.directory import staging
from ringoff.features.directory.model import Problem
from ringoff.features.directory.reading import Row, Source
from ringoff.kit.ids import case_number

_OWN = ("file", "line", "column", "reason")


def problem_of(row: Sequence[Any], file: str) -> Problem:
    """`row` is one of `staging.PROBLEMS`."""
    _, number, column, reason, conflict, case_id = row
    if case_id is not None:
        reason = f"{reason} Its case is {case_number(case_id)}."
    return Problem(file, number, column, reason, conflict)


async def write_rejects(conn: Connection, path: Path, sources: Sequence[Source | None]) -> None:
    """Every problem with the row that it is about, which is read again: it was not worth keeping for the good ones.

    `sources` by their place as in import_problem. The file appears whole or not at all, and also when it has no row,
    so that an older one cannot be mistaken for it.
    """
    columns = list(dict.fromkeys(name for source in sources if source for name in source.header))
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*_OWN, *columns])
        rows: dict[int, Any] = {at: iter(source.rows()) for at, source in enumerate(sources) if source}
        async for problem in _problems(conn):
            source = sources[problem[0]]
            assert source is not None
            row = next(row for row in rows[problem[0]] if row.number == problem[1])
            told = problem_of(problem, source.name)
            writer.writerow([told.file, told.line, told.column, told.reason, *_placed(row, source, columns)])
    unfinished.replace(path)


async def _problems(conn: Connection) -> AsyncIterator[Sequence[Any]]:
    """By file and line, from a cursor on the server: there may be a million."""
    async with conn.cursor(name="import_problems") as cursor:
        cursor.itersize = 5_000
        await cursor.execute(staging.PROBLEMS)
        async for problem in cursor:
            yield problem


def _placed(row: Row, source: Source, columns: Sequence[str]) -> list[str]:
    """The row's fields under the columns of all files together."""
    fields = dict(zip(source.header, row.fields or (), strict=False))
    return [fields.get(column, "") for column in columns]
