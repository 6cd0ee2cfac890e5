"""The keys under which is kept what is kept about people: who shreds a key has erased every copy, backups included.

One key a subject and part (its bills, its notes, the papers of one representation), so that each part can be erased by
itself. The keys rest sealed under the installation's secret: a stolen database opens none of them.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.kit.errors import NotFound
from ringoff.kit.secrets import Seal, SecretStr

MAKE = """
INSERT INTO subject_key (account_id, part, key, made_at) VALUES (%(account_id)s, %(part)s, %(key)s, %(now)s)
ON CONFLICT DO NOTHING
"""
TAKE = "SELECT key FROM subject_key WHERE account_id = %(account_id)s AND part = %(part)s"
HOLD = TAKE + " FOR SHARE"
SHRED = """
INSERT INTO subject_key (account_id, part, key, made_at, erased_at)
SELECT account_id, %(part)s, NULL, %(now)s, %(now)s FROM unnest(%(account_ids)s::bigint[]) AS shredded (account_id)
    ON CONFLICT (account_id, part) DO UPDATE SET key = NULL, erased_at = EXCLUDED.erased_at
 WHERE subject_key.key IS NOT NULL
"""


async def hold(conn: Connection, seal: Seal, account_id: int, part: str, now: datetime) -> Seal:
    """To keep something under, made when there is none; nobody shreds it before this transaction ends.

    Raises NotFound (`erased`) once it has been shredded.
    """
    asked = {"account_id": account_id, "part": part}
    await conn.execute(MAKE, {**asked, "key": fresh(seal), "now": now})
    row = await (await conn.execute(HOLD, asked)).fetchone()  # a statement of its own: it sees what it waited for
    assert row is not None
    return opened(seal, row[0])


async def take(conn: Connection, seal: Seal, account_id: int, part: str) -> Seal | None:
    """To read with. None: nothing was ever kept. Raises NotFound (`erased`)."""
    row = await (await conn.execute(TAKE, {"account_id": account_id, "part": part})).fetchone()
    return None if row is None else opened(seal, row[0])


async def shred(conn: Connection, account_ids: Iterable[int], part: str, now: datetime) -> None:
    """For good: also where nothing was kept yet, nothing more can be kept."""
    ids = arrays.ints(sorted(set(account_ids)))
    await conn.execute(SHRED, {"account_ids": ids, "part": part, "now": now})


def fresh(seal: Seal) -> bytes:
    return seal.close(secrets.token_urlsafe(32).encode())


def opened(seal: Seal, key: bytes | None) -> Seal:
    """Raises NotFound (`erased`), and SealBroken where the installation's secret is another."""
    if key is None:
        raise NotFound("erased", "This was kept as long as it had to be, and was then erased.")
    return Seal(SecretStr(seal.open(key).decode()))
