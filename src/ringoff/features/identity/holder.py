"""Finding out whose account is meant by what somebody typed, and writing down what happened to it."""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.identity import store
from ringoff.features.identity.context import Identity
from ringoff.features.identity.model import Session, Visit
from ringoff.features.rules import IdentityRules
from ringoff.kit.actor import Actor

_NAME_MOST = 200
_MEANT_MOST = 5


@dataclass(frozen=True, slots=True)
class Holder:
    """An account as its proofs need it. `rank`: which kind of name it was found by, the nearest is 1."""

    rank: int
    account_id: int
    account_number: str
    holder_name: str
    email: str | None
    locale: str
    time_zone: str
    jurisdiction: str
    closed_at: datetime | None
    password_hash: str | None = field(repr=False)
    totp_set_at: datetime | None

    def rules(self, ctx: Identity) -> IdentityRules:
        return ctx.pack(self.jurisdiction).identity


def tidied(name: str) -> str:
    """One spelling of what was typed: full-width letters, spaces around."""
    return unicodedata.normalize("NFKC", name).strip()[:_NAME_MOST]


async def named(conn: Connection, ctx: Identity, name: str) -> list[Holder]:
    """Everybody whom an account number, an e-mail address or a telephone number may mean; the nearest first."""
    text = tidied(name)
    if "\x00" in text:
        text = ""
    numbers = ctx.numbering.candidates(text, ctx.region)
    cursor = await conn.execute(store.FIND, {"name": text, "numbers": numbers})
    found = [Holder(*row) for row in await cursor.fetchall()]
    return list({holder.account_id: holder for holder in reversed(found)}.values())[::-1]


async def holder(conn: Connection, account_id: int) -> Holder:
    row = await (await conn.execute(store.HOLDER, {"account_id": account_id})).fetchone()
    assert row is not None
    return Holder(*row)


async def ensure_login(conn: Connection, account_id: int, now: datetime) -> None:
    """What a first password or passkey hangs on."""
    values = {"account_id": account_id, "handle": secrets.token_bytes(32), "now": now}
    await conn.execute(store.ENSURE_LOGIN, values)


def who_signs_in(found: Sequence[Holder]) -> Holder | None:
    """The one account that a password can be checked for; nobody, where a name means several."""
    with_password = [h for h in found if h.password_hash is not None]
    for _, group in groupby(with_password, key=lambda h: h.rank):
        holders = list(group)
        living = [h for h in holders if h.closed_at is None] or holders
        return living[0] if len(living) == 1 else None
    return None


def who_is_meant(found: Sequence[Holder]) -> list[Holder]:
    """Whom to write to: all that share this name, which then share the address as well; a few at most."""
    nearest = [h for h in found if h.rank == found[0].rank] if found else []
    return nearest[:_MEANT_MOST]


async def own_words(conn: Connection, ctx: Identity, holder: Holder) -> list[str]:
    """What a password must not consist of."""
    row = await (await conn.execute(store.NAMES, {"account_id": holder.account_id})).fetchone()
    assert row is not None
    numbers = [n for n in (row[0], *row[1]) if n]
    named = (holder.account_number, holder.holder_name, holder.email or "", ctx.carrier)
    return [*named, *numbers]


async def record(
    conn: Connection, who: Holder | Session, type_: str, visit: Visit, now: datetime, **detail: Any
) -> None:
    """Security events are in the audit log, about no case: `detail.account` names the account."""
    actor = Actor(f"holder:{who.account_number}", "web", visit.ip)
    told = {"account": who.account_number, **detail}
    await proof.record(conn, [proof.Event(type=f"identity.{type_}", actor=actor, at=now, detail=told)])
