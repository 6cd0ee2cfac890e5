"""Two people of the desk, an account with two lines, and whoever acts for its holder."""

from dataclasses import dataclass
from typing import Any

from ringoff.db.pool import Database
from ringoff.features import representation
from ringoff.features.cancellation import Receipt
from ringoff.features.identity import Identity
from ringoff.features.representation import Item, Person, Representation
from ringoff.features.staff import Member
from ringoff.kit.errors import RingoffError
from tests.support.papers import pdf
from tests.support.people import member
from tests.support.world import World

HEIR = Person("Ada Byron", "ada@example.org", "daughter")
SAFE = Person("Ana Ruiz", "safe@example.org", "the holder's wife")
ROUTES = ("deceased", "attorney", "delegate", "survivor")


@dataclass(slots=True)
class Desk:
    world: World
    lin: Member
    ben: Member
    lines: list[int]
    account_id: int

    @property
    def ctx(self) -> Identity:
        return self.world.app.identity

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        async with self.world.app.database.transaction() as conn:
            return await function(conn, self.ctx, *arguments, **named)

    async def start(
        self, route: Any = "deceased", person: Person = HEIR, lines: list[int] | None = None, by: Member | None = None
    ) -> Representation:
        started: Representation = await self.run(
            representation.start, self.account_id, route, lines, person, by or self.lin, self.world.now
        )
        return started

    async def hand_in(
        self, of: Representation, item: str, content: bytes | None = None, name: str = "paper.pdf"
    ) -> int:
        made = pdf(f"% {of.id} {item}".encode()) if content is None else content
        added: int = await self.run(representation.add_paper, of.id, item, name, made, self.lin, self.world.now)
        return added

    async def checklist(self, of: Representation) -> list[Item]:
        return list(await self.run(representation.checklist, of.id, self.lin))

    async def complete(self, route: Any = "deceased", person: Person = HEIR, **how: Any) -> Representation:
        of = await self.start(route, person, **how)
        for item in await self.checklist(of):
            await self.hand_in(of, item.id)
        return of

    async def close(self, of: Representation, by: Member | None = None) -> list[Receipt | RingoffError]:
        answers: list[Receipt | RingoffError] = await self.run(
            representation.close_lines, self.world.app.terms, of.id, by or self.ben, "all is there", self.world.now
        )
        return answers

    async def told(self) -> list[tuple[str, str]]:
        rows = await self.world.rows("SELECT type, actor FROM event WHERE type LIKE 'representation.%%' ORDER BY id")
        return [(type_.removeprefix("representation."), actor) for type_, actor in rows]


async def desk_of(database: Database, **how: Any) -> Desk:
    world = await World.make(database, mail=True, secret="a secret of this test alone", **how)
    lines = await world.lines(count=2)
    lin, ben = await member(world, "lin"), await member(world, "ben")
    return Desk(world, lin, ben, lines, (await world.facts(lines[0])).account_id)
