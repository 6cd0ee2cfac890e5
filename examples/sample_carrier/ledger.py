"""What the carrier holds: its lines, the work it has taken, and the messages it has sent. One SQLite file.

Every change is on disk before anybody hears of it. A commit costs as much for a hundred changes as for one, so all
that arrive while one commit runs go into the next together. One thread writes, so decisions never race.
"""

import asyncio
import csv
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")
Row = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
    line_ref TEXT PRIMARY KEY, msisdn TEXT, imsi TEXT, iccid TEXT,
    state TEXT NOT NULL CHECK (state IN ('present', 'absent'))
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS work (  -- one row for each id that was ever taken, whatever became of it
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, line_ref TEXT NOT NULL,
    case_number TEXT, msisdn TEXT, imsi TEXT, iccid TEXT,  -- the identity that was meant
    status TEXT NOT NULL CHECK (status IN ('accepted', 'done', 'needs_person')), why TEXT,
    due_at REAL,                            -- of accepted work: when it will be done
    told INTEGER NOT NULL DEFAULT 1,        -- 0 while Ringoff is still to be called back
    asked INTEGER NOT NULL DEFAULT 1,       -- how often it was posted
    effects INTEGER NOT NULL DEFAULT 0      -- how often it changed the line: never more than once
);
CREATE INDEX IF NOT EXISTS work_due ON work (due_at) WHERE status = 'accepted';
CREATE INDEX IF NOT EXISTS work_untold ON work (number) WHERE told = 0;
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "to" TEXT NOT NULL, text TEXT NOT NULL, case_number TEXT
);
"""


class Ledger:
    def __init__(self, path: Path) -> None:
        self._writer = _open(path)
        self._reader = _open(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._waiting: list[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None

    def load_lines(self, path: Path) -> None:
        """Take in lines.csv, as Ringoff imports it. A line that is known already keeps its state."""
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [_line(row) for row in csv.DictReader(file)]
        with self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            self._writer.executemany(
                "INSERT INTO line (line_ref, msisdn, imsi, iccid, state)"
                " VALUES (:line_ref, :msisdn, :imsi, :iccid, 'present') ON CONFLICT DO NOTHING",
                rows,
            )

    async def change(self, decide: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `decide` in the next transaction; returns its result once that is on disk."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((decide, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await future

    def read(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Row]:
        """Sees only what is committed."""
        return [dict(row) for row in self._reader.execute(sql, parameters)]

    def close(self) -> None:
        self._thread.shutdown()
        self._reader.close()
        self._writer.close()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    results = await loop.run_in_executor(self._thread, self._commit, [decide for decide, _ in batch])
                except Exception as error:  # nothing of this batch was written: each asker hears of it
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                    continue
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
        finally:
            self._writing = None

    def _commit(self, decisions: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        with self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            return [decide(self._writer) for decide in decisions]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(SCHEMA)
    return connection


def _line(row: dict[str, str]) -> Row:
    line = {name: row.get(name) or None for name in ("line_ref", "msisdn", "imsi", "iccid")}
    line["line_ref"] = line["line_ref"] or line["msisdn"]
    return line
