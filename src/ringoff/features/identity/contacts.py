"""Contacts of record: told of every change at once, also those that were replaced a short while ago."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import letters
from ringoff.features.identity import store
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import Holder, holder
from ringoff.features.identity.model import Visit
from ringoff.features.letters import Letter, LetterKind
from ringoff.kit.secrets import SecretStr


async def contacts_of_record(conn: Connection, ctx: Identity, account_id: int, now: datetime) -> list[str]:
    """E-mail addresses: the present one first, then those that were replaced within `recent_change`."""
    rules = (await holder(conn, account_id)).rules(ctx)
    since = now - rules.recent_change
    cursor = await conn.execute(store.CONTACTS, {"account_id": account_id, "since": since})
    return [row[0] for row in await cursor.fetchall()]


async def tell(
    conn: Connection,
    ctx: Identity,
    account_id: int,
    kind: LetterKind,
    visit: Visit,
    now: datetime,
    *,
    link: SecretStr | None = None,
    **facts: str,
) -> None:
    """Write to all contacts of record. What carries a `link` that opens something goes only to the present one."""
    who = await holder(conn, account_id)
    to = await contacts_of_record(conn, ctx, account_id, now)
    if link is not None and kind != "cancel_veto":
        to = [who.email] if who.email else []
    told = about(visit, now) | facts
    written = [Letter(kind, address, who.locale, told, link, account_id) for address in to]
    await letters.post(conn, written, now, ctx.seal, ctx.mail)


def about(visit: Visit, now: datetime) -> dict[str, str]:
    """When it was, and from where."""
    known = {"at": now.isoformat(), "address": visit.ip or "", "device": visit.device[:200]}
    return {name: value for name, value in known.items() if value}


def letter_to(who: Holder, kind: LetterKind, visit: Visit, now: datetime, link: SecretStr, until: datetime) -> Letter:
    facts = about(visit, now) | {"until": until.isoformat()}
    return Letter(kind, who.email or "", who.locale, facts, link, who.account_id or None)
