"""What care writes down about an account or a case: sealed, never changed, and the holder's own data.

So a holder gets them with their data, but for what is in confidence: a note about a case in confidence, and any note on
an account that has one, or a survivor's request. What an agent wrote beside it could tell the very person whom it must
not be told to. At the desk only who may see representations reads those.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import proof, subject_keys
from ringoff.features.staff import Member
from ringoff.kit.errors import InvalidInput, NotFound
from ringoff.kit.secrets import Seal

PART = "notes"
TEXT_MOST = 2_000
SHOWN_MOST = 1_000

ACCOUNT_OF_CASE = "SELECT account_id FROM cancellation WHERE id = %(case_id)s"
IN_CONFIDENCE = """
SELECT EXISTS (SELECT FROM line l JOIN cancellation c ON c.line_id = l.id
                WHERE l.account_id = %(account_id)s AND c.confidential)
    OR EXISTS (SELECT FROM representation r WHERE r.account_id = %(account_id)s AND r.confidential)
"""
ADD = """
INSERT INTO note (account_id, case_id, text, confidential, written_by, written_at)
VALUES (%(account_id)s, %(case_id)s, %(text)s, %(confidential)s, %(staff_id)s, %(now)s) RETURNING id
"""
_NOTES = """
SELECT n.id, n.account_id, n.case_id, n.text, n.confidential, s.name, n.written_at
  FROM note n JOIN staff s ON s.id = n.written_by
"""
OF_ACCOUNT = _NOTES + " WHERE n.account_id = %(account_id)s ORDER BY n.id DESC LIMIT %(limit)s"
OF_CASE = _NOTES + " WHERE n.case_id = %(case_id)s ORDER BY n.id DESC LIMIT %(limit)s"
JURISDICTIONS = "SELECT DISTINCT jurisdiction FROM account"
EXPIRED = """
SELECT k.account_id FROM subject_key k JOIN account a ON a.id = k.account_id
  JOIN unnest(%(jurisdictions)s::text[], %(befores)s::timestamptz[]) AS kept (jurisdiction, before)
    ON kept.jurisdiction = a.jurisdiction AND a.closed_at < kept.before
 WHERE k.part = 'notes' AND k.key IS NOT NULL ORDER BY k.account_id LIMIT %(limit)s FOR UPDATE OF k SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Note:
    """`case_id` None: it is about the account. `written_by`: as they sign in."""

    id: int
    account_id: int
    case_id: int | None
    text: str
    confidential: bool
    written_by: str
    written_at: datetime


async def add(
    conn: Connection,
    seal: Seal,
    text: str,
    member: Member,
    now: datetime,
    *,
    account_id: int | None = None,
    case_id: int | None = None,
    confidential: bool = False,
    address: str | None = None,
) -> int:
    """About a case or an account. Raises InvalidInput (`note_invalid`), NotFound, NotAllowed (`permission_missing`)."""
    member.require("cases")
    if case_id is not None:
        account_id = await _account_of(conn, case_id)
    assert account_id is not None, "a note is about something"
    key = await subject_keys.hold(conn, seal, account_id, PART, now)
    row = await (await conn.execute(IN_CONFIDENCE, {"account_id": account_id})).fetchone()
    values = {"account_id": account_id, "case_id": case_id, "confidential": confidential or bool(row and row[0])}
    sealed = {"text": key.close(_tidied(text).encode()), "staff_id": member.id, "now": now}
    added = await (await conn.execute(ADD, {**values, **sealed})).fetchone()
    assert added is not None
    event = proof.Event(
        subject_id=case_id or 0, type="note.added", actor=member.actor(address), at=now, detail={"note": added[0]}
    )
    await proof.record(conn, [event])
    return int(added[0])


async def of_account(
    conn: Connection, seal: Seal, account_id: int, reader: Member | None, limit: int = SHOWN_MOST
) -> Sequence[Note]:
    """Also those about its cases, the newest first. `reader` None: the account's holder."""
    return await _read(conn, seal, OF_ACCOUNT, {"account_id": account_id, "limit": limit}, reader)


async def of_case(
    conn: Connection, seal: Seal, case_id: int, reader: Member | None, limit: int = SHOWN_MOST
) -> Sequence[Note]:
    """The newest first. `reader` None: the account's holder."""
    return await _read(conn, seal, OF_CASE, {"case_id": case_id, "limit": limit}, reader)


async def shred_expired(
    conn: Connection, now: datetime, kept_for: Callable[[str], timedelta], limit: int = 1_000
) -> int:
    """Notes of accounts that closed long enough ago; `kept_for`: how long, by jurisdiction (`identity.archive_kept`).

    Returns of how many accounts: with fewer than `limit` all are.
    """
    jurisdictions = [row[0] for row in await (await conn.execute(JURISDICTIONS)).fetchall()]
    befores = [now - kept_for(each) for each in jurisdictions]
    asked = {"jurisdictions": arrays.texts(jurisdictions), "befores": arrays.times(befores), "limit": limit}
    expired = [row[0] for row in await (await conn.execute(EXPIRED, asked)).fetchall()]
    await subject_keys.shred(conn, expired, PART, now)
    return len(expired)


async def _account_of(conn: Connection, case_id: int) -> int:
    row = await (await conn.execute(ACCOUNT_OF_CASE, {"case_id": case_id})).fetchone()
    if row is None:
        raise NotFound("case_unknown", "There is no such case.")
    return int(row[0])


async def _read(
    conn: Connection, seal: Seal, statement: str, asked: dict[str, Any], reader: Member | None
) -> Sequence[Note]:
    if reader is not None:
        reader.require("customers")
    in_confidence = reader is not None and reader.may("representatives")
    own = reader.name if reader is not None else None  # or its vanishing would tell them why
    found = await (await conn.execute(statement, asked)).fetchall()
    rows = [row for row in found if in_confidence or not row[4] or row[5] == own]
    if not rows:
        return []
    try:
        key = await subject_keys.take(conn, seal, rows[0][1], PART)
    except NotFound:
        return []
    assert key is not None
    return [Note(id_, of, case, key.open(text).decode(), *rest) for id_, of, case, text, *rest in rows]


def _tidied(text: str) -> str:
    """Lines stay; what cannot be seen goes."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    told = "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    if not told or len(told) > TEXT_MOST:
        raise InvalidInput("note_invalid", f"A note has 1 to {TEXT_MOST} characters.")
    return told
