"""Contacts of record: told of every change at once, also those that were replaced a short while ago.

Whoever asks for another one, the holder or somebody at the desk for them, it counts once a link has been opened: for an
e-mail address the one sent there, for a telephone number the one sent to the e-mail address of record.
"""

import re
import unicodedata
from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import letters
from ringoff.features.identity import links, store, throttle
from ringoff.features.identity.context import Identity
from ringoff.features.identity.holder import Holder, ensure_login, holder, record
from ringoff.features.identity.model import Purpose, Session, Visit
from ringoff.features.letters import Letter, LetterKind
from ringoff.kit import msisdn
from ringoff.kit.errors import Conflict, InvalidInput
from ringoff.kit.secrets import SecretStr

_PLAIN = r"[^\s@<>()\[\],;:\\\"\x00-\x1f]"
_ADDRESS = re.compile(rf"{_PLAIN}+@{_PLAIN}+\.{_PLAIN}{{2,}}")
_ADDRESS_MOST = 254


async def contacts_of_record(conn: Connection, ctx: Identity, account_id: int, now: datetime) -> list[str]:
    """E-mail addresses: the present one first, then those that were replaced within `recent_change`."""
    rules = (await holder(conn, account_id)).rules(ctx)
    since = now - rules.recent_change
    cursor = await conn.execute(store.CONTACTS, {"account_id": account_id, "since": since})
    return [row[0] for row in await cursor.fetchall()]


async def change_contact(
    conn: Connection, ctx: Identity, session: Session, email: str, visit: Visit, now: datetime
) -> None:
    """Ask for another e-mail address: it gets a link and nothing else, the present one hears of it at once.

    Raises InvalidInput (`email_invalid`), Conflict (`contact_same`), NotAllowed (`step_up_needed`), Unavailable
    (`too_many_tries`: each asking sends a letter to an address that may be anybody's).
    """
    session.must_be_fresh(ctx.pack(session.jurisdiction), now)
    who = await holder(conn, session.account_id)
    address = await ask_new_email(conn, ctx, who, email, now)
    await record(conn, who, "contact_change_asked", visit, now)
    await tell(conn, ctx, who.account_id, "contact_changed", visit, now, what="asked", contact=masked(address))


async def ask_new_email(conn: Connection, ctx: Identity, who: Holder, email: str, now: datetime) -> str:
    """A link to that address, and nothing else; a new one replaces what was sent before. Returns it as it is kept."""
    address = tidied_email(email)
    if who.email is not None and address.lower() == who.email.lower():
        raise Conflict("contact_same", "This is your e-mail address already.")
    link, until = await _confirm_link(conn, ctx, who, "confirm_contact", address, now)
    confirm = Letter("contact_confirm", address, who.locale, {"until": until}, link)
    await letters.post(conn, [confirm], now, ctx.seal, ctx.mail)
    return address


async def ask_new_phone(conn: Connection, ctx: Identity, who: Holder, phone: str, now: datetime) -> str:
    """A link to the e-mail address of record, as nothing can be opened at a telephone. Returns the number as E.164.

    Raises InvalidInput (`msisdn_invalid`), Conflict (`contact_same`, `no_contact`), Unavailable (`too_many_tries`).
    """
    number = ctx.numbering.parse(phone, ctx.region)
    row = await (await conn.execute(store.PHONE, {"account_id": who.account_id})).fetchone()
    if row is not None and row[0] == number:
        raise Conflict("contact_same", "This is the telephone number of record already.")
    if who.email is None or not ctx.mail:
        raise Conflict("no_contact", "There is no e-mail address of record at which this could be confirmed.")
    link, until = await _confirm_link(conn, ctx, who, "confirm_phone", number, now)
    facts = {"until": until, "phone": msisdn.masked(number)}
    confirm = Letter("phone_confirm", who.email, who.locale, facts, link, who.account_id)
    await letters.post(conn, [confirm], now, ctx.seal, ctx.mail)
    return number


async def _confirm_link(
    conn: Connection, ctx: Identity, who: Holder, purpose: Purpose, subject: str, now: datetime
) -> tuple[SecretStr, str]:
    rules = who.rules(ctx)
    buckets = throttle.asks_about(f"contact:{who.account_id}", rules.limits)
    await throttle.check(conn, buckets, now)
    await throttle.count(conn, buckets, now)
    await links.use_up_links(conn, who.account_id, [purpose], now)
    lives = rules.confirm_link_lives
    link = await links.make_link(conn, ctx, purpose, account_id=who.account_id, subject=subject, lives=lives, now=now)
    return link, (now + lives).isoformat()


async def confirm_contact(conn: Connection, ctx: Identity, token: SecretStr, visit: Visit, now: datetime) -> int:
    """The new address is read by whoever asked: from now on it is the contact of record. Returns the account.

    The former one is told, and goes on being told for `recent_change`. All sessions stay: nothing secret changed.
    Raises Unauthenticated (`link_invalid`).
    """
    link = await links.use_link(conn, "confirm_contact", token, now)
    assert link.account_id is not None
    who = await holder(conn, link.account_id)
    await ensure_login(conn, who.account_id, now)
    change = {"account_id": who.account_id, "address": link.subject, "former": who.email, "now": now}
    await conn.execute(store.REPLACE_CONTACT, change)
    if who.email is not None:
        await conn.execute(store.KEEP_FORMER_CONTACT, change)
    await links.use_up_links(conn, who.account_id, ["enrol", "reset"], now)
    await record(conn, who, "contact_changed", visit, now)
    await tell(conn, ctx, who.account_id, "contact_changed", visit, now, what="changed", contact=masked(link.subject))
    return who.account_id


async def confirm_phone(conn: Connection, ctx: Identity, token: SecretStr, visit: Visit, now: datetime) -> int:
    """The holder of the address of record wants it. Returns the account. Raises Unauthenticated (`link_invalid`)."""
    link = await links.use_link(conn, "confirm_phone", token, now)
    assert link.account_id is not None
    who = await holder(conn, link.account_id)
    await ensure_login(conn, who.account_id, now)
    await conn.execute(store.REPLACE_PHONE, {"account_id": who.account_id, "phone": link.subject, "now": now})
    await record(conn, who, "phone_changed", visit, now)
    number = msisdn.masked(link.subject)
    await tell(conn, ctx, who.account_id, "contact_changed", visit, now, what="phone_changed", phone=number)
    return who.account_id


def tidied_email(typed: str) -> str:
    """Raises InvalidInput (`email_invalid`)."""
    address = unicodedata.normalize("NFC", typed).strip()
    if len(address) > _ADDRESS_MOST or not _ADDRESS.fullmatch(address):
        raise InvalidInput("email_invalid", "This is no e-mail address. It looks like name@example.net.")
    return address


def masked(address: str) -> str:
    """`a•••@example.net`: enough for its owner."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


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
