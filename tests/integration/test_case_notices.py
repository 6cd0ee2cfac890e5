"""What the holder is told of a case, and how often."""

from ringoff.db.pool import Database
from ringoff.features.cancellation import State
from ringoff.ports import Task
from tests.support.world import World


def sent(world: World) -> list[str]:
    return [subject(task) for task in world["mail"].asked]


def subject(task: Task) -> str:
    return str(task.brief["subject"])


async def told(world: World, case: int) -> list[str]:
    events = [one.event for one in await world.events(case) if one.event.type == "notify.discharged"]
    return [event.detail["notice"] for event in events if event.detail]


async def test_a_line_that_closes_at_once_brings_one_mail(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    case = await world.case(line)
    await world.drain()
    await world.later(minutes=1)
    assert await told(world, case) == ["closed"]
    assert await world.owed(case, "notify") == {"mail.notify.1": "void", "mail.notify.2": "discharged"}


async def test_a_line_with_time_to_undo_brings_one_mail_at_once_and_one_at_the_end(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.later(seconds=3)
    assert await told(world, case) == ["scheduled"]
    await world.later(minutes=15)
    assert await told(world, case) == ["scheduled", "closed"]


async def test_a_withdrawal_within_moments_brings_one_mail(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    case = await world.case(line, channel="web")
    await world.reschedule(case, "2026-12-24")
    await world.withdraw(case)
    await world.later(minutes=1)
    assert await told(world, case) == ["withdrawn"]


async def test_a_decision_by_a_person_is_told(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines(status="suspended")
    case = await world.case(line)
    await world.later(seconds=3)
    await world.review(case, approve=False)
    await world.later(seconds=3)
    assert await told(world, case) == ["acknowledged", "declined"]


async def test_a_holder_without_any_address_is_a_task_for_a_person_and_the_line_still_closes(
    database: Database,
) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines(email=None)
    case = await world.case(line)
    await world.later(minutes=1)
    assert await world.state(case) is State.CLOSED
    assert (await world.owed(case, "notify"))["mail.notify.2"] == "fallout"
    assert world["mail"].asked == []


async def test_a_mail_server_that_refuses_delays_the_mail_and_nothing_else(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    world["mail"].plan("holder@example.net", *["down"] * 3, *["retry"] * 3)
    case = await world.case(line)
    await world.drain()
    assert await world.state(case) is State.CLOSED
    assert await told(world, case) == []
    for _ in range(12):
        await world.later(minutes=5)
    assert await told(world, case) == ["closed"]
    ids = {task.brief["message_id"] for task in world["mail"].asked}
    assert len(ids) == 1  # a repeat is recognisable


async def test_a_holder_without_address_of_record_is_told_at_the_address_they_gave(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines(email=None)
    case = await world.case(line, contact_email="new@example.org")
    await world.drain()
    await world.later(minutes=1)
    assert {task.brief["to"] for task in world["mail"].asked} == {"new@example.org"}
    assert "fallout" not in (await world.owed(case, "notify")).values()
    assert len(sent(world)) == 1


async def test_a_line_that_leaves_too_is_not_said_to_stay(database: Database) -> None:
    world = await World.make(database, mail=True)
    leaving = await world.lines("A", 2)
    await world.ask(*leaving, whole_account=True)
    await world.drain()
    staying, another = await world.lines("B", 2)
    await world.case(staying)
    await world.drain()
    texts = [str(task.brief["text"]) for task in world["mail"].asked]
    assert ["other line stays" in text for text in texts] == [False, False, True]
    assert another
