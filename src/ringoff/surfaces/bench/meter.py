"""What a stretch of work cost: time, CPU of this installation's processes, rows written, WAL, disk."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

_TICKS = os.sysconf("SC_CLK_TCK")
_COUNTERS = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd), 0)::bigint,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, pg_database_size(current_database())
FROM pg_stat_user_tables
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds of monotonic time and of CPU, counts and bytes, all since some fixed beginning."""

    at: float
    python_cpu: float
    postgres_cpu: float
    rows: int
    wal: int
    disk: int

    def since(self, before: "Reading") -> "Reading":
        return Reading(*(getattr(self, n) - getattr(before, n) for n in self.__slots__))


async def read(conn: AsyncConnection[TupleRow], python: Iterable[int], postmaster: int | None) -> Reading:
    """`python`: process ids of the workers; `postmaster`: PostgreSQL's, if it runs on this machine."""
    await conn.execute("SELECT pg_stat_clear_snapshot()")
    cursor = await conn.execute(_COUNTERS)
    row = await cursor.fetchone()
    assert row is not None
    backends = [postmaster, *_children(postmaster)] if postmaster else []
    return Reading(time.monotonic(), sum(map(_cpu, python)), sum(map(_cpu, backends)), *row)


def peak_memory(pids: Iterable[int]) -> int:
    """Bytes of memory that the largest of these processes ever had to itself or shared."""
    return max((_high_water(pid) for pid in pids), default=0)


def _high_water(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _cpu(pid: int) -> float:
    """User and system time, of waited-for children as well: a backend that ended is counted by its postmaster."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / _TICKS


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found
