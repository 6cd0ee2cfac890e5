"""Starting a representation, and seeing which ones wait."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import proof, subject_keys
from ringoff.features.identity import Identity
from ringoff.features.identity.contacts import tidied_email
from ringoff.features.identity.holder import holder
from ringoff.features.representation import store
from ringoff.features.representation.model import Person, Representation
from ringoff.features.rules import Route
from ringoff.features.staff import Member
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput, NotFound, Refused
from ringoff.kit.workdays import end_of_business_day

LINES_MOST = 500
_WORDS_MOST = 200


async def start(
    conn: Connection,
    ctx: Identity,
    account_id: int,
    route: Route,
    line_ids: Sequence[int] | None,
    person: Person,
    member: Member,
    now: datetime,
    *,
    address: str | None = None,
) -> Representation:
    """`line_ids` None: all living lines of the account. The clock of its deadline begins now.

    Raises InvalidInput (`person_invalid`, `email_invalid`, `msisdn_invalid`, `contact_not_safe`), NotFound
    (`line_unknown`), Refused (`account_too_large`), NotAllowed (`permission_missing`).
    """
    member.require("representatives")
    who = await holder(conn, account_id)
    pack = ctx.pack(who.jurisdiction)
    rules = pack.representation.routes[route]
    lines = await living_lines(conn, account_id, line_ids)
    person = _checked(ctx, person)
    if rules.confidential:
        await _must_be_safe(conn, account_id, person)
    id_ = await _next_id(conn)
    key = await subject_keys.hold(conn, ctx.own_seal, account_id, part_of(id_), now)
    told = {"name": person.name, "contact": person.contact, "relation": person.relation}
    values: dict[str, Any] = {
        "id": id_,
        "account_id": account_id,
        "route": route,
        "line_ids": arrays.ints(lines),
        "confidential": rules.confidential,
        "person": key.close(orjson.dumps(told)),
        "rule_pack": pack.label,
        "staff_id": member.id,
        "now": now,
        "due_at": end_of_business_day(now, rules.business_days, who.time_zone, pack.representation.holidays),
        "shred_at": now + rules.kept,
    }
    await conn.execute(store.START, values)
    await record(conn, "started", id_, member.actor(address), now, route=route, lines=len(lines))
    return await find(conn, ctx, id_, member)


async def find(conn: Connection, ctx: Identity, id_: int, member: Member) -> Representation:
    """Raises NotFound (`representation_unknown`), NotAllowed (`permission_missing`)."""
    member.require("representatives")
    return await read(conn, ctx, id_)


async def waiting(conn: Connection, ctx: Identity, member: Member, limit: int = 200) -> Sequence[Representation]:
    """What has to be decided, the next deadline first. Nothing, for who may not see any."""
    if not member.may("representatives"):
        return []
    rows = await (await conn.execute(store.WAITING, {"limit": limit})).fetchall()
    return [_opened(ctx, row) for row in rows]


async def read(conn: Connection, ctx: Identity, id_: int, *, lock: bool = False) -> Representation:
    row = await (await conn.execute(store.LOCK if lock else store.ONE, {"id": id_})).fetchone()
    if row is None:
        raise NotFound("representation_unknown", "There is no such representation.")
    return _opened(ctx, row)


async def living_lines(conn: Connection, account_id: int, line_ids: Sequence[int] | None) -> list[int]:
    """In the order in which they close. Raises NotFound, where one of these is not a living line of the account."""
    asked = {"account_id": account_id, "line_ids": None if line_ids is None else arrays.ints(line_ids)}
    found = [row[0] for row in await (await conn.execute(store.LINES, asked)).fetchall()]
    if not found or (line_ids is not None and set(found) != set(line_ids)):
        raise NotFound("line_unknown", "This account has no such line that could be closed.")
    if len(found) > LINES_MOST:
        raise Refused("account_too_large", f"At most {LINES_MOST} lines are closed by hand.", rule="account_lines_most")
    return found


def part_of(id_: int) -> str:
    """The name of its key among those of the account."""
    return f"R-{id_}"


async def record(conn: Connection, what: str, id_: int, actor: Actor, now: datetime, **detail: object) -> None:
    """About no case, and without a name: whose it is, only the representation itself says."""
    told = {"representation": id_, **detail}
    await proof.record(conn, [proof.Event(type=f"representation.{what}", actor=actor, at=now, detail=told)])


def _opened(ctx: Identity, row: Sequence[Any]) -> Representation:
    id_, account_id, route, line_ids, confidential, sealed, *rest, key = row
    person = None
    if key is not None:
        person = Person(**orjson.loads(subject_keys.opened(ctx.own_seal, key).open(sealed)))
    return Representation(id_, account_id, route, line_ids, confidential, person, *rest)


async def _next_id(conn: Connection) -> int:
    row = await (await conn.execute(store.NEXT_ID)).fetchone()
    assert row is not None
    return int(row[0])


def _checked(ctx: Identity, person: Person) -> Person:
    name, relation = (" ".join(text.split()) for text in (person.name, person.relation))
    if not 0 < len(name) <= _WORDS_MOST or not 0 < len(relation) <= _WORDS_MOST:
        raise InvalidInput("person_invalid", "Say who it is, and what they are to the holder, in a few words.")
    contact = person.contact.strip()
    contact = tidied_email(contact) if "@" in contact else ctx.numbering.parse(contact, ctx.region)
    return Person(name, contact, relation)


async def _must_be_safe(conn: Connection, account_id: int, person: Person) -> None:
    rows = await (await conn.execute(store.OWN_CONTACTS, {"account_id": account_id})).fetchall()
    own = {row[0].lower() for row in rows if row[0]}
    if person.contact.lower() in own:
        message = "Others of this account read there: ask for another way to reach them."
        raise InvalidInput("contact_not_safe", message)
