"""What one may not do alone: somebody else decides, nobody about their own wish; then exactly that is done, once."""

import pytest

from ringoff.kit.ids import case_number
from tests.desk.test_queues import stuck, take
from tests.support.browser import Browser
from tests.support.desk import Desk
from tests.support.leaving import cases


async def approve(desk: Desk, browser: Browser, decision: str = "Approve", names: str = "") -> None:
    """The newest that waits; it says what it is about."""
    await browser.open("/desk/queues/approvals")
    item = next(href for _, href in browser.page.links if href.startswith("/desk/queues/approvals/"))
    await take(browser, "approvals", item.rpartition("/")[2])
    assert names in browser.page.text
    await browser.submit(decision, {"why": "I have looked at it"})
    assert browser.page.path == "/desk/queues/approvals", browser.page.text


async def test_a_release_is_skipped_only_once_a_second_person_agreed(desk: Desk) -> None:
    case, item = await stuck(desk)
    operator, senior = await desk.sit_down("operations"), await desk.sit_down("senior")
    await take(operator, "fallout", item)
    assert "Skip it" not in operator.page.text
    alone = await operator.post(f"/desk/queues/fallout/{item}/skip", {"csrf": operator.csrf})
    assert alone.status == 403
    await operator.open(f"/desk/queues/fallout/{item}")
    page = await operator.submit(action=f"/desk/queues/fallout/{item}/ask-to-skip", why="the system is switched off")
    assert "waits for a second person" in page.text
    await approve(desk, senior)
    page = await operator.open(f"/desk/queues/fallout/{item}")
    assert "senior has approved it: I have looked at it" in page.text
    await operator.submit("Skip it")
    assert (await desk.portal.world.owed(case, "release"))["hlr.release.1"] == "void"
    told = await desk.portal.world.told(case)
    assert {"approval.asked", "approval.approved", "approval.used"} <= set(told)


async def test_what_is_refused_is_not_done(desk: Desk) -> None:
    case, item = await stuck(desk)
    operator, senior = await desk.sit_down("operations"), await desk.sit_down("senior")
    await take(operator, "fallout", item)
    await operator.submit(action=f"/desk/queues/fallout/{item}/ask-to-skip", why="it is late")
    await approve(desk, senior, "Refuse")
    page = await operator.open(f"/desk/queues/fallout/{item}")
    assert "senior has refused it" in page.text
    refused = await operator.post(f"/desk/queues/fallout/{item}/skip", {"csrf": operator.csrf})
    assert refused.status == 403
    assert (await desk.portal.world.owed(case, "release"))["hlr.release.1"] == "fallout"


async def test_a_caller_who_can_prove_nothing_is_helped_by_two(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent, senior = await desk.sit_down("agent"), await desk.sit_down("senior")
    call = (await desk.open_call(agent, who.account_number)).path
    await agent.submit(action=f"{call}/emergency", why="lost everything in a fire, on a neighbour's phone")
    early = await agent.post(f"{call}/emergency/use", {"csrf": agent.csrf})
    assert early.status == 403
    await approve(desk, senior)
    await agent.open(call)
    page = await agent.submit("Go on without a proof")
    assert page.headline == "Grace Okafor"
    assert "in an emergency, by two of us" in page.text
    assert "call_emergency" in [letter.kind for letter in await desk.portal.letters(who.email)]


async def test_nobody_approves_what_they_asked_for(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    senior = await desk.sit_down("senior")
    call = (await desk.open_call(senior, who.account_number)).path
    await senior.submit(action=f"{call}/emergency", why="I say so")
    ((asked,),) = await desk.portal.world.rows("SELECT id FROM approval")
    page = await senior.open("/desk/queues/approvals")
    assert "Nothing waits here" in page.text
    page = await senior.open(f"/desk/queues/approvals/{asked}")
    assert "somebody else decides" in page.text
    await senior.post("/desk/queues/approvals/take", {"csrf": senior.csrf, "item": str(asked)})
    refused = await senior.post(
        f"/desk/queues/approvals/{asked}/decide", {"csrf": senior.csrf, "decision": "approve", "why": "mine"}
    )
    assert refused.status == 403


async def test_many_lines_need_a_second_person_and_then_close(desk: Desk) -> None:
    world = desk.portal.world
    await world.lines("M", 30, email="office@example.net")
    agent, senior = await desk.sit_down("agent"), await desk.sit_down("senior")
    call = (await desk.open_call(agent, "M")).path
    await agent.submit(action=f"{call}/send-code")
    code = [letter.link for letter in await desk.portal.letters("office@example.net")][-1]
    await agent.submit(action=f"{call}/code", code=code)
    await agent.open(f"{call}/leave?account=1")
    page = await agent.submit(action=f"{call}/leave/check", values={"when": "now"})
    assert "They said yes" not in page.text
    await agent.submit(action=f"{call}/leave/ask", why="the company closes its branch")
    assert await cases(desk.portal) == []
    await approve(desk, senior, names="Account M Lines 30:")
    await agent.open(f"{call}/leave?account=1")
    await agent.submit(action=f"{call}/leave/check", values={"when": "now"})
    await agent.submit("They said yes: close")
    assert len(await cases(desk.portal)) == 30


@pytest.mark.parametrize(("said", "known"), [("They say: it was me", True), ("They say: it was not me", False)])
async def test_a_call_back_proves_what_whoever_answers_says(desk: Desk, said: str, known: bool) -> None:
    who = await desk.portal.subscriber()
    await desk.portal.world.rows("UPDATE account SET phone = '+442079460018' WHERE id = %s", who.account_id)
    agent = await desk.sit_down("agent")
    await desk.open_call(agent, who.account_number)
    assert "442079460018" not in agent.page.html
    page = await agent.submit("Call back")
    assert "tel:+442079460018" in page.html
    page = await agent.submit(said)
    assert (page.headline == "Grace Okafor") is known
    kinds = [letter.kind for letter in await desk.portal.letters(who.email)]
    assert ("call_callback" in kinds) is known
    assert ("call_refused" in kinds) is not known


async def test_who_changes_a_contact_does_not_decide(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    senior = await desk.sit_down("senior")
    call = await desk.known_caller(senior, who)
    page = await senior.submit(action=f"{call}/contact", contact="grace@elsewhere.example")
    assert "A link was sent there" in page.text
    assert "contact_changed" in [letter.kind for letter in await desk.portal.letters(who.email)]
    world = desk.portal.world
    await world.rows("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    ((line_id,),) = await world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    number = case_number(await world.case(line_id, channel="web"))
    await take(senior, "review", number)
    page = await senior.submit("Approve", {"why": "looks fine"})
    assert page.status == 403
    assert await world.rows("SELECT state FROM cancellation") == [("in_review",)]


async def test_a_note_stays_with_the_account_and_its_case(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent = await desk.sit_down("agent")
    call = await desk.known_caller(agent, who)
    page = await agent.submit(action=f"{call}/notes", text="Moves to Lisbon in spring; calls again.")
    assert "Moves to Lisbon" in page.text
    assert not await desk.portal.world.rows("SELECT FROM note WHERE text LIKE %s", b"%Lisbon%")  # sealed
