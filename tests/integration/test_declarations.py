"""What becomes of a declaration that nobody verified: it lapses, and in time what it said is gone."""

from datetime import timedelta

from ringoff.db.pool import Database
from ringoff.features import cancellation, declaration
from ringoff.features.declaration import Declaration, Statement
from ringoff.features.identity import Visit
from ringoff.kit.actor import Actor
from ringoff.surfaces.worker import Worker
from tests.support.world import BULK, World

SAID = Statement("Lin Wei", "the one ending in 4711", "lin@example.net", "ordinary", "period_end")
CARE = Actor("key:care", "care")
GONE = "SELECT count(*) FROM {table} t WHERE t::text ILIKE ANY (ARRAY['%%Lin%%Wei%%', '%%4711%%', '%%lin@%%'])"


async def declared(world: World) -> Declaration:
    app = world.app
    async with app.database.transaction() as conn:
        pack, visit = app.rules.pack("neutral"), Visit("192.0.2.7")
        return await declaration.declare(conn, app.identity, pack, SAID, "en", visit, world.now)


async def remembered(world: World) -> dict[str, int]:
    """In how many rows of each table anything stands that the declarant wrote."""
    tables = ("declaration", "letter", "event")
    return {table: (await world.rows(GONE.format(table=table)))[0][0] for table in tables}


async def keep_house(world: World, **later: float) -> None:
    world.clock.advance(timedelta(**later))
    await Worker(world.app, BULK).expire_declarations()


async def test_what_a_lapsed_declaration_said_is_erased_and_that_it_existed_is_kept(database: Database) -> None:
    world = await World.make(database, mail=True)
    one = await declared(world)
    await world.drain()
    await keep_house(world, days=30)
    assert await remembered(world) == {"declaration": 1, "letter": 1, "event": 0}
    await keep_house(world, days=29, hours=23)
    assert (await remembered(world))["declaration"] == 1, "a complaint may still come"
    await keep_house(world, hours=1)
    assert await remembered(world) == {"declaration": 0, "letter": 0, "event": 0}
    async with database.transaction() as conn:
        kept = await declaration.get(conn, one.id)
    assert (kept.number, kept.received_at, kept.state, kept.settled_at) == (
        one.number,
        one.received_at,
        "expired",
        one.received_at + timedelta(days=30),
    )
    assert kept.erased_at == world.now
    events = await world.rows("SELECT type, detail ->> 'declaration' FROM event ORDER BY id")
    assert events == [(f"declaration.{what}", one.number) for what in ("received", "expired", "erased")]
    await keep_house(world, days=1)
    assert await world.rows("SELECT count(*) FROM event") == [(3,)], "once is enough"


async def test_a_declaration_that_became_a_case_keeps_its_words(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    one = await declared(world)
    async with database.transaction() as conn:
        terms = world.app.terms
        await cancellation.request_declared(conn, terms, one.id, line, actor=CARE, now=world.now)
    await keep_house(world, days=300)
    async with database.transaction() as conn:
        kept = await declaration.get(conn, one.id)
    assert (kept.state, kept.said, kept.erased_at) == ("verified", SAID, None)


async def test_an_acknowledgement_that_never_left_goes_to_nobody_after_the_erasing(database: Database) -> None:
    world = await World.make(database, mail=True)
    world["mail"].plan("lin@example.net", "person")
    await declared(world)
    await world.drain()
    await keep_house(world, days=30)
    await keep_house(world, days=30)
    await world.rows("UPDATE obligation SET state = 'due', settled_at = NULL, due_at = %s", world.now)
    await world.drain()
    assert len(world["mail"].asked) == 1
    assert await world.rows("SELECT state FROM obligation") == [("fallout",)]
