"""People at the desk, made without a password: what they may do is asked of them, not how they signed in."""

from ringoff.features import staff
from ringoff.features.staff import Member, Role
from tests.support.world import World

_ADD = "INSERT INTO staff (name, display_name, role, made_at) VALUES (%s, %s, %s, %s)"


async def member(world: World, name: str, role: Role = "senior") -> Member:
    await world.rows(_ADD, name, name.title(), role, world.now)
    async with world.app.database.transaction() as conn:
        return await staff.find(conn, name)
