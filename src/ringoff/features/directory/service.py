"""Looks up lines and accounts. Nothing here changes them: the carrier's own systems do, by import."""

from collections.abc import Sequence
from typing import Any

from ringoff.db.pool import Connection
from ringoff.features.directory import store
from ringoff.features.directory.model import Account, Line, Plan
from ringoff.kit import sim
from ringoff.kit.errors import Conflict, NotFound
from ringoff.kit.ids import AccountId, LineId
from ringoff.kit.msisdn import Numbering

_CANDIDATES = 20
_NUMBERS = Numbering()


async def find_line(conn: Connection, text: str, *, region: str | None = None) -> LineId:
    """`text` is a line_ref, a number in any common spelling, `iccid:…` or `imsi:…`.

    A line_ref that matches exactly wins. A number or a SIM means its living line, else the closed line that had it;
    where several match, Conflict names their line_refs. NotFound, or InvalidInput where an `iccid:` or `imsi:` is
    none. `region` (ISO 3166) also reads national spellings of numbers. A closed line is not found by its IMSI.
    """
    name = text.strip()
    cursor = await conn.execute(store.LINE_BY_REF, {"text": name})
    if row := await cursor.fetchone():
        return LineId(row[0])
    wanted = _identity(name, region)
    for statement in (store.LIVING_LINES_BY_IDENTITY, store.CLOSED_LINES_BY_IDENTITY):
        cursor = await conn.execute(statement, {**wanted, "limit": _CANDIDATES})
        found = await cursor.fetchall()
        if len(found) > 1:
            refs = [line_ref for _, line_ref in found]
            raise Conflict("line_ambiguous", "Several lines match; name one by its line_ref.", line_refs=refs)
        if found:
            return LineId(found[0][0])
    raise NotFound("line_unknown", "There is no such line.")


async def get_line(conn: Connection, text: str, *, region: str | None = None) -> Line:
    """The line that `find_line` finds, with its account and plan."""
    return (await get_lines(conn, [await find_line(conn, text, region=region)]))[0]


async def get_lines(conn: Connection, line_ids: Sequence[LineId]) -> list[Line]:
    """In the order of their ids; one that does not exist is left out."""
    cursor = await conn.execute(store.LINES, {"line_ids": list(line_ids)})
    return [_line(row) for row in await cursor.fetchall()]


async def get_account(conn: Connection, account_number: str) -> Account:
    cursor = await conn.execute(store.ACCOUNT, {"account_number": account_number.strip()})
    if row := await cursor.fetchone():
        return _account(row)
    raise NotFound("account_unknown", "There is no such account.")


async def account_by_id(conn: Connection, account_id: int) -> Account:
    row = await (await conn.execute(store.ACCOUNT_BY_ID, {"id": account_id})).fetchone()
    assert row is not None
    return _account(row)


async def lines_of_account(conn: Connection, account_number: str) -> list[Line]:
    """Every line that the account ever had, closed ones as well, by line_ref."""
    account = await get_account(conn, account_number)
    cursor = await conn.execute(store.LINES_OF_ACCOUNT, {"account_id": account.id})
    return [_line(row) for row in await cursor.fetchall()]


async def living_lines(conn: Connection, account_number: str, *, limit: int) -> list[LineId]:
    """At most `limit` of the account's lines that are not closed, secondary lines before their primary."""
    account = await get_account(conn, account_number)
    cursor = await conn.execute(store.LIVING_LINES_OF_ACCOUNT, {"account_id": account.id, "limit": limit})
    return [LineId(line_id) for (line_id,) in await cursor.fetchall()]


def _identity(name: str, region: str | None) -> dict[str, Any]:
    scheme, colon, value = name.partition(":")
    match scheme.lower() if colon else "":
        case "iccid":
            return {"msisdns": [], "iccid": sim.iccid(value), "imsi": None}
        case "imsi":
            return {"msisdns": [], "iccid": None, "imsi": sim.imsi(value)}
        case _:
            return {"msisdns": _NUMBERS.candidates(name, region), "iccid": None, "imsi": None}


def _line(row: Sequence[Any]) -> Line:
    return Line(*[LineId(row[0]), *row[1:13], _account(row[13:24]), Plan(*row[24:])])


def _account(row: Sequence[Any]) -> Account:
    return Account(AccountId(row[0]), *row[1:])
