"""Two people of the desk, and what one asks and the other decides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ringoff.db.pool import Database
from ringoff.features import approvals
from ringoff.features.approvals import Approval, Wish
from ringoff.features.staff import Member
from tests.support.people import member
from tests.support.world import World

ADDRESS = "192.0.2.50"


@dataclass(slots=True)
class Desk:
    world: World
    lin: Member
    ben: Member
    account_id: int

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        async with self.world.app.database.transaction() as conn:
            return await function(conn, *arguments, **named)

    async def ask(self, wish: Wish, by: Member | None = None, why: str = "the customer insists") -> Approval:
        ctx = self.world.app.identity
        asked: Approval = await self.run(approvals.ask, ctx, wish, by or self.lin, why, self.world.now)
        return asked

    async def approve(self, approval_id: int, by: Member | None = None) -> Approval:
        ctx = self.world.app.identity
        decided: Approval = await self.run(
            approvals.approve, ctx, approval_id, by or self.ben, "I have looked at it", self.world.now
        )
        return decided

    async def approved(self, wish: Wish) -> int:
        return (await self.approve((await self.ask(wish)).id)).id

    async def use(self, wish: Wish, approval_id: int | None, by: Member | None = None) -> None:
        actor = (by or self.lin).actor(ADDRESS)
        await self.run(approvals.use, wish, approval_id, actor, self.world.now)

    async def queue(self, of: Member) -> list[int]:
        found = await self.run(approvals.waiting, self.world.app.identity, of, self.world.now)
        return [each.id for each in found]

    async def told(self) -> list[tuple[str, str]]:
        rows = await self.world.rows("SELECT type, actor FROM event WHERE type LIKE 'approval.%%' ORDER BY id")
        return [(type_, actor) for type_, actor in rows]

    def payment(self, value: int = 25_000) -> Wish:
        return approvals.amount(2**61 + 5, self.account_id, value, "EUR")


@asynccontextmanager
async def desk_of(database_url: str) -> AsyncIterator[Desk]:
    """With as many connections as there are racers."""
    async with Database(database_url, size=12) as wide:
        world = await World.make(wide, mail=True, secret="a secret of this test alone")
        (line,) = await world.lines()
        lin, ben = await member(world, "lin"), await member(world, "ben")
        yield Desk(world, lin, ben, (await world.facts(line)).account_id)
