"""Somebody at the desk changes a contact for a holder: as the holder would, by a link that has to be opened first."""

from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features import identity, proof
from ringoff.features.approvals import duties
from ringoff.features.identity import Identity, Visit
from ringoff.features.identity.holder import holder
from ringoff.features.identity.links import use_up_links
from ringoff.features.staff import Member
from ringoff.kit import msisdn
from ringoff.kit.errors import InvalidInput


async def care_change_contact(
    conn: Connection,
    ctx: Identity,
    account_id: int,
    *,
    member: Member,
    now: datetime,
    email: str | None = None,
    phone: str | None = None,
    address: str | None = None,
) -> None:
    """Ask for another e-mail address or another telephone number, one of both. Nothing is changed before the link that
    is sent has been opened; all contacts of record hear of it at once, and `care_keep_contact` still stops it.

    Raises NotAllowed (`permission_missing`, `has_decided`), and as `identity.ask_new_email`, `ask_new_phone`.
    """
    member.require("cases")
    if (email is None) is (phone is None):
        raise InvalidInput("contact_missing", "Give an e-mail address or a telephone number, not both.")
    who = await holder(conn, account_id)
    since = await duties.began(conn, account_id, who.rules(ctx).recent_change, now)
    await duties.must_not_have_decided(conn, member, account_id, since)
    await duties.did(conn, "edited_contact", member, account_id, now)
    if email is not None:
        asked = await identity.ask_new_email(conn, ctx, who, email, now)
        what, shown = "care", {"contact": identity.masked(asked)}
    else:
        asked = await identity.ask_new_phone(conn, ctx, who, phone or "", now)
        what, shown = "phone", {"phone": msisdn.masked(asked)}
    await _record(conn, "contact_change_asked", who.account_number, member, now, address)
    await identity.tell(conn, ctx, account_id, "contact_changed", Visit(), now, link=None, what=what, **shown)


async def care_keep_contact(
    conn: Connection, ctx: Identity, account_id: int, *, member: Member, now: datetime, address: str | None = None
) -> None:
    """A contact of record objects: whatever link was sent for another one no longer works."""
    member.require("cases")
    who = await holder(conn, account_id)
    await use_up_links(conn, account_id, ["confirm_contact", "confirm_phone"], now)
    await _record(conn, "contact_kept", who.account_number, member, now, address)


async def _record(
    conn: Connection, what: str, account: str, member: Member, now: datetime, address: str | None
) -> None:
    """Who did it, and at which account; never which contact."""
    event = proof.Event(type=f"identity.{what}", actor=member.actor(address), at=now, detail={"account": account})
    await proof.record(conn, [event])
