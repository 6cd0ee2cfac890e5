"""Taking an item, giving it back, handing it over."""

from collections.abc import Collection
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import proof, staff
from ringoff.features.queues import store
from ringoff.features.queues.model import LAPSES, QUEUES, Held, Queue
from ringoff.features.staff import Member
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotAllowed


async def held(conn: Connection, queue: Queue, items: Collection[str], now: datetime) -> dict[str, Held]:
    """By item; those that nobody holds are missing."""
    cursor = await conn.execute(store.HELD, {"queue": queue, "items": arrays.texts(list(items))})
    found = [Held(*row) for row in await cursor.fetchall()]
    return {one.item: one for one in found if one.stands(now)}


async def taken_by(conn: Connection, member: Member, now: datetime) -> list[tuple[Queue, str]]:
    """What lies on somebody's desk, the oldest first."""
    cursor = await conn.execute(store.TAKEN_BY, {"staff_id": member.id, "lapsed": now - LAPSES})
    return [(queue, item) for queue, item in await cursor.fetchall()]


async def take(conn: Connection, queue: Queue, item: str, member: Member, actor: Actor, now: datetime) -> None:
    """Asked twice it is taken once. Raises NotAllowed, Conflict (`item_held`) that names who has it."""
    member.require(QUEUES[queue])
    values = {"queue": queue, "item": item, "staff_id": member.id, "now": now, "lapsed": now - LAPSES}
    if await (await conn.execute(store.TAKE, values)).fetchone() is None:
        other = (await held(conn, queue, [item], now)).get(item)
        raise Conflict("item_held", "Somebody else has taken it.", by=other.display_name if other else "")
    await _record(conn, "taken", queue, item, actor, now)


async def release(conn: Connection, queue: Queue, item: str, member: Member, actor: Actor, now: datetime) -> None:
    """Back into the queue; nothing happens where it was not theirs."""
    if (await conn.execute(store.RELEASE, {"queue": queue, "item": item, "staff_id": member.id})).rowcount:
        await _record(conn, "released", queue, item, actor, now)


async def release_all(conn: Connection, member: Member, actor: Actor, now: datetime) -> None:
    """Everything that they hold: they leave."""
    if (await conn.execute(store.RELEASE_ALL, {"staff_id": member.id})).rowcount:
        await _record(conn, "all_released", None, "", actor, now)


async def hand_over(
    conn: Connection, queue: Queue, item: str, member: Member, to: str, actor: Actor, now: datetime
) -> None:
    """Into a colleague's hands. Raises NotFound (`staff_unknown`), NotAllowed where they may not work on it."""
    await must_hold(conn, queue, item, member)
    other = await staff.find(conn, to)
    if not other.may(QUEUES[queue]):
        raise NotAllowed("colleague_may_not", "They may not work on this queue.", name=other.name)
    await conn.execute(store.HAND_OVER, {"queue": queue, "item": item, "to": other.id, "now": now})
    await _record(conn, "handed_over", queue, item, actor, now, to=other.name)


async def must_hold(conn: Connection, queue: Queue, item: str, member: Member) -> None:
    """Held under its lock until the transaction ends. Raises NotAllowed, Conflict (`item_not_held`)."""
    member.require(QUEUES[queue])
    row = await (await conn.execute(store.LOCKED, {"queue": queue, "item": item})).fetchone()
    if row is None or Held(*row).staff_id != member.id:
        raise Conflict("item_not_held", "Take it first: somebody else may be working on it.")


async def done(conn: Connection, queue: Queue, item: str) -> None:
    """It no longer waits, whoever had it."""
    await conn.execute(store.DONE, {"queue": queue, "item": item})


async def _record(
    conn: Connection, what: str, queue: Queue | None, item: str, actor: Actor, now: datetime, **detail: str
) -> None:
    told = {"queue": queue, "item": item, **detail} if queue else None
    await proof.record(conn, [proof.Event(type=f"queue.{what}", actor=actor, at=now, detail=told)])
