"""What those see who look after the whole: figures and charts, the audit log, the people."""

from datetime import timedelta

from tests.desk.test_queues import stuck
from tests.support.desk import Desk


async def test_operations_tell_what_is_closed_waits_and_is_stuck(desk: Desk) -> None:
    world = desk.portal.world
    (line,) = await world.lines("G")
    await world.case(line)
    world.clock.advance(timedelta(minutes=1))
    await world.drain()
    await stuck(desk)
    operator = await desk.sit_down("operations")
    page = await operator.open("/desk/operations")
    assert "1 lines closed in 24 hours" in page.text
    assert "1 Fallout" in page.text
    assert page.html.count("<svg") == 2
    assert "Network" in page.text
    agent = await desk.sit_down("agent")
    assert (await agent.open("/desk/operations")).status == 403


async def test_a_system_that_is_left_alone_is_seen(desk: Desk) -> None:
    world = desk.portal.world
    await world.rows(
        "UPDATE system SET failures = 9, last_failure = 'refused connection', open_until = %s WHERE name = 'hlr'",
        world.now + timedelta(hours=1),
    )
    page = await (await desk.sit_down("operations")).open("/desk/operations")
    assert "left alone until" in page.text
    assert "refused connection" in page.text


async def test_the_auditor_finds_who_did_what_and_nobody_else_does(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent = await desk.sit_down("agent")
    await desk.known_caller(agent, who)
    auditor = await desk.sit_down("auditor")
    page = await auditor.open("/desk/audit?actor=staff:agent&type=call.")
    assert "call.proved" in page.text
    assert "desk.viewed" not in page.text
    assert (await auditor.open("/desk/audit?case=nonsense")).text.count("This is no case number") == 1
    assert (await agent.open("/desk/audit")).status == 403
    page = await auditor.open("/desk/audit?type=desk.viewed&actor=staff:auditor")
    assert "/desk/audit" in page.text  # the auditor's own looking is written down as well


async def test_the_log_is_read_on_from_where_a_page_ended(desk: Desk) -> None:
    await desk.portal.world.rows(
        "INSERT INTO event (at, type, actor, channel) SELECT now(), 'test.' || n, 'tester', 'cli' "
        "FROM generate_series(1, 250) n"
    )
    auditor = await desk.sit_down("auditor")
    seen: list[str] = []
    page = await auditor.open("/desk/audit?actor=tester")
    for _ in range(3):
        seen += [word for word in page.text.split() if word.startswith("test.")]
        if any(says == "What was before" for says, _href in page.links):
            page = await auditor.click("What was before")
    assert seen == [f"test.{n}" for n in range(250, 0, -1)]


async def test_who_works_here_is_seen_with_what_each_role_may_do(desk: Desk) -> None:
    await desk.hire("agent")
    page = await (await desk.sit_down("administrator")).open("/desk/staff")
    assert "Ana Agent" in page.text
    assert "works here" in page.text
