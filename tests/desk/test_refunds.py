"""Money that a person moves: a transfer that is written down, a large one and an unexplained bill by two people."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features.billing import settle_due
from ringoff.features.billing.booking import book_imported
from tests.desk.test_queues import take
from tests.desk.test_second_person import approve
from tests.support.desk import Desk, desk_of
from tests.support.subscribers import furnish


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """A desk that makes final bills, and pays out at most 5.00 by one person."""
    async with desk_of(database, billing={"final_bills": True}, desk={"approve_above_other": 500}) as opened:
        yield opened


async def leaver(desk: Desk, *, tampered: bool = False) -> None:
    """Somebody whose line has closed, and who gets something back. `tampered`: nothing explains how much."""
    who, world = await desk.portal.subscriber(), desk.portal.world
    await furnish(desk.portal.app.database, who)
    await world.rows("UPDATE bill SET open_amount = 0")
    async with desk.portal.app.database.transaction() as conn:
        await book_imported(conn, world.now)
    ((line_id,),) = await world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    await world.case(line_id)
    if tampered:
        await world.rows("UPDATE bill_item SET net = net / 2")  # behind everybody's back
    world.clock.advance(timedelta(minutes=1))
    await world.drain()
    async with desk.portal.app.database.transaction() as conn:
        await settle_due(conn, desk.portal.app.rules, world.now, system=None, limit=10)


async def waiting(desk: Desk) -> str:
    """The only item of the queue."""
    page = await (await desk.sit_down("finance", "reader")).open("/desk/queues/refunds")
    return next(href for _, href in page.links if href.startswith("/desk/queues/refunds/")).rpartition("/")[2]


async def test_a_large_transfer_takes_two_people_and_is_written_down(desk: Desk) -> None:
    await leaver(desk)
    item = await waiting(desk)
    finance, other = await desk.sit_down("finance"), await desk.sit_down("senior")
    await take(finance, "refunds", item)
    assert "It is paid" not in finance.page.text
    alone = await finance.post(f"/desk/queues/refunds/{item}/paid", {"csrf": finance.csrf, "reference": "SEPA 17"})
    assert alone.status == 403
    await finance.open(f"/desk/queues/refunds/{item}")
    await finance.submit(action=f"/desk/queues/refunds/{item}/ask", why="the bill is right, I checked it")
    await approve(desk, other)
    await finance.open(f"/desk/queues/refunds/{item}")
    await finance.submit("It is paid", {"reference": "SEPA 17"})
    assert "Nothing waits here" in finance.page.text
    told = await desk.portal.world.rows("SELECT actor, detail ->> 'reference' FROM event WHERE type = 'refund.paid'")
    assert told == [("staff:finance", "SEPA 17")]


async def test_a_bill_that_nothing_explains_is_accepted_by_two_people(desk: Desk) -> None:
    await leaver(desk, tampered=True)
    item = await waiting(desk)
    finance, other = await desk.sit_down("finance"), await desk.sit_down("senior")
    await take(finance, "refunds", item)
    assert "Nothing explains" in (await finance.open("/desk/queues/refunds")).text
    await finance.open(f"/desk/queues/refunds/{item}")
    await finance.submit("Go on", {"how": "accept", "why": "the carrier has corrected the price"})
    assert "waits for a second person" in finance.page.text
    assert await desk.portal.world.rows("SELECT state FROM settlement") == [("stuck",)]
    await approve(desk, other)
    await finance.open(f"/desk/queues/refunds/{item}")
    await finance.submit("Go on", {"how": "accept", "why": "the carrier has corrected the price"})
    assert await desk.portal.world.rows("SELECT state, accepted FROM settlement") == [("due", True)]


async def test_looking_again_takes_nobody_else(desk: Desk) -> None:
    await leaver(desk, tampered=True)
    item = await waiting(desk)
    finance = await desk.sit_down("finance")
    await take(finance, "refunds", item)
    await finance.submit("Go on", {"how": "again", "why": "the price was corrected back"})
    assert await desk.portal.world.rows("SELECT state FROM settlement") == [("due",)]
