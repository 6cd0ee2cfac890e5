"""The lines of one account, a page at a time: a business account may hold ten thousand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.directory import store
from ringoff.features.directory.model import Line
from ringoff.features.directory.service import get_lines
from ringoff.kit.ids import LineId

_DIALLED = frozenset("0123456789+-()./ ")
_FIND_MOST = 64


@dataclass(frozen=True, slots=True)
class LinePage:
    """`number` of `pages`, the first is 1. `found` lines match what was looked for; `living` has the account in all."""

    lines: Sequence[Line]
    number: int
    pages: int
    found: int
    living: int


async def page_of_lines(
    conn: Connection, account_id: int, *, find: str = "", number: int = 1, size: int, living_only: bool = False
) -> LinePage:
    """Living lines first, telephone lines before others, then by line_ref. A page that does not exist is the nearest.

    `find`: a part of a number (as it is dialled, nationally or internationally), of an ICCID or of a line_ref.
    """
    text = find.strip()[:_FIND_MOST].replace("\x00", "")
    digits = "".join(c for c in text if c.isdecimal()).lstrip("0") if set(text) <= _DIALLED else ""
    wanted = {"account_id": account_id, "text": text.lower(), "digits": digits, "living_only": living_only}
    found, living = await _count(conn, store.COUNT_LINES, wanted), await _count(conn, store.COUNT_LIVING_LINES, wanted)
    pages = max(1, -(-found // size))
    number = min(max(number, 1), pages)
    cursor = await conn.execute(store.PAGE_OF_LINES, {**wanted, "limit": size, "offset": (number - 1) * size})
    ids = [LineId(row[0]) for row in await cursor.fetchall()]
    lines = {line.id: line for line in await get_lines(conn, ids)}
    return LinePage([lines[id_] for id_ in ids], number, pages, found, living)


async def _count(conn: Connection, statement: str, wanted: Mapping[str, Any]) -> int:
    row = await (await conn.execute(statement, wanted)).fetchone()
    return int(row[0]) if row else 0


async def lines_named(conn: Connection, account_id: int, line_refs: Sequence[str]) -> list[Line]:
    """Those of the account's lines that have these references; what is another's is left out like what is nobody's."""
    named = {"account_id": account_id, "line_refs": arrays.texts([ref.replace("\x00", "") for ref in line_refs])}
    cursor = await conn.execute(store.LINES_NAMED, named)
    return await get_lines(conn, [LineId(row[0]) for row in await cursor.fetchall()])


async def primaries_left_needed(conn: Connection, line_ids: Sequence[int]) -> set[LineId]:
    """Those of these lines on which a living line depends that is none of them."""
    cursor = await conn.execute(store.PRIMARIES_OF_OTHERS, {"line_ids": arrays.ints(line_ids)})
    return {LineId(row[0]) for row in await cursor.fetchall()}
