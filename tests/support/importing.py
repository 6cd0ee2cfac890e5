"""A carrier's operator at work, for tests of the import: writes files into a folder and imports them."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringoff.db.pool import Database
from ringoff.features import directory
from ringoff.features.directory import ImportReport, Line
from ringoff.features.rules import RuleBook
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput

RULES = RuleBook.load()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPERATOR = Actor("operator:lin", "cli", "127.0.0.1")
PLAN = {"plan_code": "P1", "name": "Plan", "kind": "postpaid", "monthly_price": "19.90", "currency": "CNY"}
ACCOUNT = {"account_number": "A1", "holder_name": "王小明", "kind": "consumer"}
LINE = {
    "line_ref": "L1",
    "msisdn": "+8613800000001",
    "account_number": "A1",
    "plan_code": "P1",
    "service": "voice",
    "imsi": "460000000000001",
    "iccid": "8986000000000000001",
    "primary_line_ref": "",
}
OPEN_CASE = """
INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind, requested_at,
                          effective_at, ended_at, rule_pack)
SELECT id, account_id, %(state)s, 0, 'api', 'test', 'now', %(now)s, %(now)s,
       CASE WHEN %(state)s IN ('declined', 'withdrawn') THEN %(now)s::timestamptz END, 'neutral@1'
  FROM line WHERE line_ref = %(ref)s RETURNING id
"""


def line(number: int, **different: str) -> dict[str, str]:
    own = {"line_ref": f"L{number}", "msisdn": f"+86138{number:08}", "imsi": f"46000{number:010}"}
    return {**LINE, **own, "iccid": f"8986{number:015}", **different}


def save(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


class Carrier:
    """A carrier's operator at work: writes files into a folder and imports them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.rejects = folder / "rejects.csv"

    async def take(self, *paths: Path, rejects: bool = False) -> ImportReport:
        async with self.database.transaction() as conn:
            return await directory.import_files(
                conn, paths, rules=RULES, actor=OPERATOR, now=NOW, rejects=self.rejects if rejects else None
            )

    async def lines(self, *rows: Mapping[str, str], rejects: bool = False) -> ImportReport:
        return await self.take(save(self.folder / "lines.csv", rows), rejects=rejects)

    async def accounts(self, *numbers: str, **different: str) -> ImportReport:
        rows = [{**ACCOUNT, "account_number": number, **different} for number in numbers]
        return await self.take(save(self.folder / "accounts.csv", rows))

    async def base(self, *rows: Mapping[str, str]) -> None:
        """A plan, an account and lines."""
        files = [save(self.folder / "plans.csv", [PLAN]), save(self.folder / "accounts.csv", [ACCOUNT])]
        await self.take(*files)
        if rows:
            await self.lines(*rows)

    async def line(self, ref: str) -> Line:
        async with self.database.transaction() as conn:
            return await directory.get_line(conn, ref)

    async def count(self, table: str) -> int:
        async with self.database.transaction() as conn:
            cursor = await conn.execute(f"SELECT count(*) FROM {table}")
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    async def open_case(self, ref: str, state: str = "in_review") -> int:
        async with self.database.transaction() as conn:
            cursor = await conn.execute(OPEN_CASE, {"state": state, "now": NOW, "ref": ref})
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    async def somebody_waits(self) -> bool:
        """For a lock that another transaction holds."""
        async with self.database.transaction() as conn:
            cursor = await conn.execute("SELECT FROM pg_locks WHERE NOT granted")
            return await cursor.fetchone() is not None

    async def close(self, ref: str) -> None:
        async with self.database.transaction() as conn:
            await conn.execute("UPDATE line SET status = 'closed', closed_at = %s WHERE line_ref = %s", [NOW, ref])
            await conn.execute("UPDATE account SET closed_at = %s", [NOW])


def problems(error: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[str, int, str]]:
    return [(p["file"], p["line"], p["column"]) for p in error.value.details["problems"]]
