"""Who works on what: an item is in one person's hands at a time, and acting on it takes having it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from ringoff.db.pool import Connection, Database
from ringoff.features import queues, staff
from ringoff.features.staff import Member
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotAllowed
from tests.support.world import World

ITEM = "C-8K3M-V0QXX"


@dataclass(slots=True)
class Office:
    world: World
    people: dict[str, Member]

    @property
    def now(self) -> datetime:
        return self.world.now

    def actor(self, name: str) -> Actor:
        return self.people[name].actor("192.0.2.7")

    async def take(self, name: str) -> None:
        async with self.world.app.database.transaction() as conn:
            await queues.take(conn, "review", ITEM, self.people[name], self.actor(name), self.now)

    async def release(self, name: str) -> None:
        async with self.world.app.database.transaction() as conn:
            await queues.release(conn, "review", ITEM, self.people[name], self.actor(name), self.now)

    async def holder(self) -> str | None:
        async with self.world.app.database.transaction() as conn:
            found = await queues.held(conn, "review", [ITEM], self.now)
        return found[ITEM].name if found else None

    async def must_hold(self, conn: Connection, name: str) -> None:
        await queues.must_hold(conn, "review", ITEM, self.people[name])


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    world = await World.make(database, secret="only the tests are sealed with this")
    found = Office(world, {})
    roles: dict[str, staff.Role] = {"lin": "senior", "ana": "senior", "bo": "agent"}
    async with database.transaction() as conn:
        for name, role in roles.items():
            await staff.add(conn, world.app.identity, name, name.title(), role, Actor("operator:t", "cli"), world.now)
            found.people[name] = await staff.find(conn, name)
    yield found


async def test_of_two_who_take_it_at_once_one_gets_it_and_the_other_is_told_who(office: Office) -> None:
    for _ in range(20):
        answers = await asyncio.gather(office.take("lin"), office.take("ana"), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, Conflict)]
        assert len(refused) == 1
        holder = await office.holder()
        assert holder is not None
        assert refused[0].details["by"] == holder.title()
        await office.release(holder)


async def test_what_is_held_is_acted_on_by_its_holder_alone(office: Office) -> None:
    await office.take("lin")
    async with office.world.app.database.transaction() as conn:
        await office.must_hold(conn, "lin")
        with pytest.raises(Conflict, match="Take it first"):
            await office.must_hold(conn, "ana")
    await office.release("ana")  # not hers to give back
    assert await office.holder() == "lin"


async def test_a_role_without_the_permission_neither_takes_nor_gets_it(office: Office) -> None:
    with pytest.raises(NotAllowed):
        await office.take("bo")
    await office.take("lin")
    async with office.world.app.database.transaction() as conn:
        with pytest.raises(NotAllowed, match="may not work"):
            await queues.hand_over(conn, "review", ITEM, office.people["lin"], "bo", office.actor("lin"), office.now)
        await queues.hand_over(conn, "review", ITEM, office.people["lin"], "ana", office.actor("lin"), office.now)
    assert await office.holder() == "ana"
    async with office.world.app.database.transaction() as conn:
        with pytest.raises(Conflict):
            await office.must_hold(conn, "lin")


async def test_what_was_left_lying_half_an_hour_anybody_may_take(office: Office) -> None:
    await office.take("lin")
    office.world.clock.advance(timedelta(minutes=29))
    with pytest.raises(Conflict):
        await office.take("ana")
    office.world.clock.advance(timedelta(minutes=2))
    assert await office.holder() is None
    await office.take("ana")
    assert await office.holder() == "ana"


async def test_whoever_leaves_holds_nothing(office: Office) -> None:
    await office.take("lin")
    async with office.world.app.database.transaction() as conn:
        await queues.release_all(conn, office.people["lin"], office.actor("lin"), office.now)
    assert await office.holder() is None
    told = await office.world.rows("SELECT type FROM event WHERE type LIKE 'queue.%%' ORDER BY id")
    assert [row[0] for row in told] == ["queue.taken", "queue.all_released"]
