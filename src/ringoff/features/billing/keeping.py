"""Where final bills are kept: sealed under their subject's key (`subject_keys.py`)."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import subject_keys
from ringoff.kit.errors import NotFound
from ringoff.kit.secrets import Seal

PART = "bills"
MAKE_KEY = """
INSERT INTO subject_key (account_id, part, key, made_at)
SELECT account_id, 'bills', %(key)s, %(now)s FROM final_bill WHERE id = %(id)s ON CONFLICT DO NOTHING
"""
KEPT = """
SELECT k.key, b.document, b.erased_at IS NOT NULL OR (k.account_id IS NOT NULL AND k.key IS NULL)
  FROM final_bill b LEFT JOIN subject_key k ON k.account_id = b.account_id AND k.part = 'bills'
 WHERE b.id = %(id)s
"""
LOCK_BILL = """
SELECT 1 FROM final_bill b JOIN subject_key k ON k.account_id = b.account_id AND k.part = 'bills'
 WHERE b.id = %(id)s FOR UPDATE OF b FOR SHARE OF k
"""
KEEP = "UPDATE final_bill SET document = %(document)s WHERE id = %(id)s"
ERASE_BILLS = """
UPDATE final_bill SET document = NULL, items = '[]', continuing = '[]', differences = '[]', erased_at = %(now)s
 WHERE account_id = ANY (%(account_ids)s::bigint[]) AND erased_at IS NULL
"""
JURISDICTIONS = "SELECT DISTINCT jurisdiction FROM account"
ERASE_EXPIRED = """
WITH expired AS (
    SELECT b.id FROM final_bill b JOIN account a ON a.id = b.account_id
      JOIN unnest(%(jurisdictions)s::text[], %(befores)s::timestamptz[]) AS kept (jurisdiction, before)
        ON kept.jurisdiction = a.jurisdiction AND b.issued_at < kept.before
     WHERE b.erased_at IS NULL AND b.issued_at < %(latest)s
     ORDER BY b.issued_at LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED
)
UPDATE final_bill b SET document = NULL, items = '[]', continuing = '[]', differences = '[]', erased_at = %(now)s
  FROM expired WHERE b.id = expired.id RETURNING b.account_id
"""
ERASE_QUOTES = """
UPDATE quote q SET items = '[]', continuing = '[]'
  FROM final_bill b
 WHERE b.account_id = ANY (%(account_ids)s::bigint[]) AND b.erased_at = %(now)s AND q.case_id = b.case_id
   AND NOT EXISTS (SELECT FROM final_bill o WHERE o.case_id = q.case_id AND o.erased_at IS NULL)
"""
WITHOUT_BILLS = """
SELECT a.id FROM account a
 WHERE a.id = ANY (%(account_ids)s::bigint[]) AND a.closed_at IS NOT NULL
   AND NOT EXISTS (SELECT FROM final_bill b WHERE b.account_id = a.id AND b.erased_at IS NULL)
"""


async def keep(conn: Connection, seal: Seal, final_bill_id: int, pdf: bytes, now: datetime) -> bytes:
    """Keeps the bill's document and returns it: the one that was kept first, where two made it at once.

    NotFound where there is no such bill, or its time is over.
    """
    await conn.execute(MAKE_KEY, {"id": final_bill_id, "key": subject_keys.fresh(seal), "now": now})
    await conn.execute(LOCK_BILL, {"id": final_bill_id})  # a statement of its own: the next one sees what it waited for
    subject, document = await _kept(conn, seal, final_bill_id)
    if subject is None:
        raise _erased()
    if document is not None:
        return subject.open(document)
    await conn.execute(KEEP, {"id": final_bill_id, "document": subject.close(pdf)})
    return pdf


async def fetch(conn: Connection, seal: Seal, final_bill_id: int) -> bytes | None:
    """None where it was not made yet. NotFound as for `keep`; SealBroken where the installation's secret is another."""
    subject, document = await _kept(conn, seal, final_bill_id)
    return None if subject is None or document is None else subject.open(document)


async def erase(conn: Connection, account_ids: Iterable[int], now: datetime) -> int:
    """All bills that are kept of these subjects, for good; no more can be kept of them. Sums and ledger stay.

    What was promised goes with the bills. Returns how many bills it was.
    """
    subjects = sorted(set(account_ids))
    await subject_keys.shred(conn, subjects, PART, now)
    asked = {"account_ids": arrays.ints(subjects), "now": now}
    erased = (await conn.execute(ERASE_BILLS, asked)).rowcount
    await conn.execute(ERASE_QUOTES, asked)
    return erased


async def erase_expired(
    conn: Connection, now: datetime, kept_for: Callable[[str], timedelta], limit: int = 1_000
) -> int:
    """Bills whose time is over, the oldest first; `kept_for`: how long, by jurisdiction (`billing.documents_kept`).

    A closed account's key goes with its last bill. Returns how many bills it was: with fewer than `limit` all are.
    """
    jurisdictions = [row[0] for row in await (await conn.execute(JURISDICTIONS)).fetchall()]
    if not jurisdictions:
        return 0
    befores = [now - kept_for(each) for each in jurisdictions]
    expired = {
        "jurisdictions": arrays.texts(jurisdictions),
        "befores": arrays.times(befores),
        "latest": max(befores),
        "limit": limit,
        "now": now,
    }
    erased = [row[0] for row in await (await conn.execute(ERASE_EXPIRED, expired)).fetchall()]
    of = {"account_ids": arrays.ints(sorted(set(erased))), "now": now}
    await conn.execute(ERASE_QUOTES, of)
    done = [row[0] for row in await (await conn.execute(WITHOUT_BILLS, of)).fetchall()]
    await subject_keys.shred(conn, done, PART, now)
    return len(erased)


async def _kept(conn: Connection, seal: Seal, final_bill_id: int) -> tuple[Seal | None, bytes | None]:
    """The subject's own seal, None where no key was made yet, and the sealed document."""
    row = await (await conn.execute(KEPT, {"id": final_bill_id})).fetchone()
    if row is None:
        raise NotFound("final_bill_unknown", "There is no such final bill.")
    key, document, erased = row
    if erased:
        raise _erased()
    return (None if key is None else subject_keys.opened(seal, key)), document


def _erased() -> NotFound:
    return NotFound("document_erased", "This bill was kept as long as it had to be, and was then erased.")
