"""Whose account is it that somebody calls about? By what they say: a number, an account, a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.directory import store
from ringoff.kit.msisdn import Numbering

By = Literal["account", "number", "sim", "name"]
MATCHES_MOST = 10
_TEXT_MOST = 120
_END = 3
_ICCID = re.compile(r"89[0-9]{16,18}")
_NUMBERS = Numbering()


@dataclass(frozen=True, slots=True)
class Match:
    """An account. `line_id`: the line by which it was found, which is then never asked for its own proof."""

    account_id: int
    line_id: int | None
    living: bool


@dataclass(frozen=True, slots=True)
class Found:
    """`more`: there are others, so the caller has to say more. `by` is what the text was read as."""

    by: By
    matches: tuple[Match, ...]
    more: bool


async def find_accounts(conn: Connection, text: str, *, region: str | None = None) -> Found:
    """An account number that matches wins; then telephone numbers in any spelling and SIMs; else it is a name."""
    typed = " ".join(text.replace("\x00", "").split())[:_TEXT_MOST]
    row = await (await conn.execute(store.ACCOUNT_ID, {"text": typed})).fetchone()
    if row is not None:
        return Found("account", (Match(row[0], None, row[1]),), more=False)
    digits = re.sub(r"[\s-]", "", typed)
    is_sim = _ICCID.fullmatch(digits) is not None
    wanted = {"msisdns": _NUMBERS.candidates(typed, region), "iccid": digits if is_sim else None}
    if is_sim or wanted["msisdns"]:
        cursor = await conn.execute(store.ACCOUNTS_BY_IDENTITY, {**wanted, "limit": MATCHES_MOST + 1})
        found = {row[0]: Match(*row) for row in reversed(await cursor.fetchall())}
        return _found("sim" if is_sim else "number", list(found.values())[::-1])
    cursor = await conn.execute(store.ACCOUNTS_BY_NAME, {"text": typed, "limit": MATCHES_MOST + 1})
    return _found("name", [Match(id_, None, living) for id_, living in await cursor.fetchall()])


async def account_ends(conn: Connection, account_ids: Sequence[int]) -> dict[int, str]:
    """The last signs of each account's number: what a caller can confirm, and too little to learn it from."""
    cursor = await conn.execute(store.ACCOUNT_NUMBERS, {"ids": arrays.ints(account_ids)})
    return {id_: number[-min(_END, len(number) // 2) :] for id_, number in await cursor.fetchall()}


def _found(by: By, matches: list[Match]) -> Found:
    return Found(by, tuple(matches[:MATCHES_MOST]), len(matches) > MATCHES_MOST)
