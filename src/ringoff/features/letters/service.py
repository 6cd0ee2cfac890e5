"""Posting: a letter and the obligation to deliver it are written together, or not at all."""

from collections.abc import Sequence
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.letters import store
from ringoff.features.letters.model import Letter, LetterKind
from ringoff.kit.errors import Unavailable
from ringoff.kit.secrets import Seal
from ringoff.reconcile import store as obligations
from ringoff.reconcile.model import INTERACTIVE, NewObligation


async def post(conn: Connection, letters: Sequence[Letter], now: datetime, seal: Seal | None, mail: bool) -> None:
    """Owe these letters to the mail system, in the caller's transaction. Without a mail system nothing is written.

    Raises Unavailable (`no_seal`) for a letter that carries a secret where there is nothing to seal it with.
    """
    if not letters or not mail:
        return
    cursor = await conn.execute(
        store.INSERT,
        {
            "now": now,
            "account_ids": arrays.ints([letter.account_id for letter in letters]),
            "kinds": arrays.texts([letter.kind for letter in letters]),
            "recipients": arrays.texts([letter.recipient for letter in letters]),
            "locales": arrays.texts([letter.locale for letter in letters]),
            "facts": arrays.jsons([dict(letter.facts) for letter in letters]),
            "secrets": arrays.blobs([_sealed(letter, seal) for letter in letters]),
        },
    )
    owed = [NewObligation(row[0], "mail", "deliver", 1, INTERACTIVE, now) for row in await cursor.fetchall()]
    await obligations.insert(conn, owed, now)
    await conn.execute(store.WAKE)


async def forget_secrets(conn: Connection, letter_ids: Sequence[int]) -> None:
    """Once a letter has been sent, or never will be, nobody needs the link that it carries."""
    await conn.execute(store.FORGET_SECRETS, {"ids": arrays.ints(sorted(letter_ids))})


async def erase(conn: Connection, kind: LetterKind, references: Sequence[str]) -> None:
    """What letters of this kind tell, and to whom they went, is gone; that each was written stays, with its reference.

    One that has not been sent yet never will be.
    """
    await conn.execute(store.ERASE[kind], {"references": arrays.texts(list(references))})


def _sealed(letter: Letter, seal: Seal | None) -> bytes | None:
    if letter.link is None:
        return None
    if seal is None:
        raise Unavailable("no_seal", "Links cannot be sent: this installation has no secret to seal them with.")
    return seal.close(letter.link.get_secret_value().encode())
