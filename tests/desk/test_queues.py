"""The queues: what waits and why, one person a piece of work, decisions by whoever holds it and did not ask for it."""

import asyncio
from datetime import timedelta

from ringoff.features.declaration.model import declaration_number
from ringoff.kit.ids import case_number
from tests.support.browser import Browser
from tests.support.desk import Desk
from tests.support.subscribers import Subscriber


async def in_review(desk: Desk) -> tuple[Subscriber, str]:
    """A case that waits for a person, and its number."""
    who = await desk.portal.subscriber()
    world = desk.portal.world
    await world.rows("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    ((line_id,),) = await world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    return who, case_number(await world.case(line_id, channel="web"))


async def stuck(desk: Desk) -> tuple[int, str]:
    """A release that a system refused for good: the case, and what is owed."""
    world = desk.portal.world
    (line,) = await world.lines("F")
    world["hlr"].plan("F-1", "person")
    case = await world.case(line)
    world.clock.advance(timedelta(minutes=1))
    await world.drain()
    return case, f"{case_number(case)}.hlr.release.1"


async def waits_under_a_veto(desk: Desk, who: Subscriber) -> None:
    """Its caller proved little: three days, and whoever reads the contacts of record can object."""
    waits = await desk.portal.world.rows("SELECT ripe_at - requested_at >= interval '3 days' FROM cancellation")
    assert waits == [(True,)]
    assert "cancel_veto" in [letter.kind for letter in await desk.portal.letters(who.email)]


async def take(browser: Browser, queue: str, item: str) -> Browser:
    await browser.open(f"/desk/queues/{queue}/{item}")
    await browser.submit("Take it")
    return browser


async def test_a_case_in_review_says_why_and_is_decided_by_its_holder(desk: Desk) -> None:
    _who, number = await in_review(desk)
    senior = await desk.sit_down("senior")
    page = await senior.open("/desk/queues/review")
    assert "The line is suspended" in page.text
    page = await senior.submit(f"Take {number}")
    assert page.path == f"/desk/queues/review/{number}"
    page = await senior.submit("Approve", {"why": "the bill was paid this morning"})
    assert page.text.count("Nothing waits here") == 1
    rows = await desk.portal.world.rows("SELECT state FROM cancellation")
    assert rows == [("scheduled",)]
    told = await desk.portal.world.rows("SELECT actor, detail FROM event WHERE type = 'case.scheduled'")
    assert told == [("staff:senior", {"why": "the bill was paid this morning"})] or told[0][0] == "staff:senior"


async def test_who_approves_shortens_no_wait(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    await desk.portal.world.rows("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    ((line_id,),) = await desk.portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    agent, senior = await desk.sit_down("agent"), await desk.sit_down("senior")
    call = await desk.known_caller(agent, who)
    await agent.open(f"{call}/leave?line={line_id}")
    await agent.submit(action=f"{call}/leave/check", values={"when": "now"})
    await agent.submit("They said yes: close")
    ((case, state),) = await desk.portal.world.rows("SELECT id, state FROM cancellation")
    assert state == "in_review"
    await take(senior, "review", case_number(case))
    await senior.submit("Approve", {"why": "the bill was paid this morning"})
    assert await desk.portal.world.rows("SELECT state FROM cancellation") == [("scheduled",)]
    await waits_under_a_veto(desk, who)


async def test_an_item_has_one_spelling(desk: Desk) -> None:
    _who, number = await in_review(desk)
    one, other = await desk.sit_down("senior"), await desk.sit_down("senior", "sonia")
    await take(one, "review", number)
    await other.open(f"/desk/queues/review/{number.lower()}")
    await other.post("/desk/queues/review/take", {"csrf": other.csrf, "item": number.lower()})
    answer = {"csrf": other.csrf, "decision": "approve", "why": "in small letters"}
    refused = await other.post(f"/desk/queues/review/{number.lower()}/decide", answer)
    assert refused.status in (403, 409)
    assert await desk.portal.world.rows("SELECT state FROM cancellation") == [("in_review",)]


async def test_two_never_hold_the_same_item(desk: Desk) -> None:
    _who, number = await in_review(desk)
    one, other = await desk.sit_down("senior"), await desk.sit_down("senior", "sonia")
    for browser in (one, other):
        await browser.open("/desk/queues/review")
    pages = await asyncio.gather(*(browser.submit(f"Take {number}") for browser in (one, other)))
    assert sorted(page.status for page in pages) == [200, 409]
    loser = other if pages[1].status == 409 else one
    assert "Sam Senior" in loser.page.text
    await loser.open(f"/desk/queues/review/{number}")
    assert "Approve" not in loser.page.text
    csrf = loser.csrf
    refused = await loser.post(
        f"/desk/queues/review/{number}/decide", {"csrf": csrf, "decision": "approve", "why": "me first"}
    )
    assert refused.status == 409
    assert await desk.portal.world.rows("SELECT state FROM cancellation") == [("in_review",)]


async def test_what_is_handed_over_is_the_colleagues_alone(desk: Desk) -> None:
    _who, number = await in_review(desk)
    one, other = await desk.sit_down("senior"), await desk.sit_down("senior", "sonia")
    await take(one, "review", number)
    await one.submit("Hand over", {"to": "sonia"})
    page = await one.open(f"/desk/queues/review/{number}")
    assert "Sam Senior has it" in page.text
    page = await other.open(f"/desk/queues/review/{number}")
    assert "You have it" in page.text


async def test_nobody_decides_about_what_they_asked_for_themselves(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    await desk.portal.world.rows("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    ((line_id,),) = await desk.portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    senior = await desk.sit_down("senior")
    call = await desk.known_caller(senior, who)
    await senior.open(f"{call}/leave?line={line_id}")
    await senior.submit(action=f"{call}/leave/check", values={"when": "now"})
    number = (await senior.submit("They said yes: close")).path.rpartition("/")[2]
    await take(senior, "review", number)
    page = await senior.submit("Approve", {"why": "it is fine"})
    assert page.status == 403
    assert "Somebody else must" in page.text
    assert await desk.portal.world.rows("SELECT state FROM cancellation") == [("in_review",)]


async def test_fallout_shows_what_the_system_answered_and_is_tried_again(desk: Desk) -> None:
    case, item = await stuck(desk)
    operator = await desk.sit_down("operations")
    page = await operator.open("/desk/queues/fallout")
    assert "another subscriber holds that IMSI" in page.text
    await take(operator, "fallout", item)
    page = operator.page
    assert "Holder" not in page.text  # operations repair systems, and need no names
    await operator.submit("Try again")
    await desk.portal.world.drain()
    assert (await desk.portal.world.owed(case, "release"))["hlr.release.1"] == "discharged"


async def test_who_repairs_does_not_learn_what_is_done_in_confidence(desk: Desk) -> None:
    _case, item = await stuck(desk)
    await desk.portal.world.rows("UPDATE cancellation SET confidential = true")
    operator = await desk.sit_down("operations")
    page = await operator.open(f"/desk/queues/fallout/{item}")
    assert "another subscriber holds that IMSI" in page.text
    assert "The request" not in page.text
    assert "confidence" not in page.text
    senior = await desk.sit_down("senior")
    assert "The request" in (await senior.open(f"/desk/queues/fallout/{item}")).text


async def test_what_was_done_by_hand_counts_with_its_evidence(desk: Desk) -> None:
    case, item = await stuck(desk)
    operator = await desk.sit_down("operations")
    await take(operator, "fallout", item)
    await operator.submit("Mark as done", {"why": "removed at the console, ticket 4711"})
    assert (await desk.portal.world.owed(case, "release"))["hlr.release.1"] == "discharged"
    ((evidence,),) = await desk.portal.world.rows(
        "SELECT evidence FROM obligation WHERE subject_id = %s AND system = 'hlr' AND kind = 'release'", case
    )
    assert (evidence["resolved_by"], evidence["why"]) == ("staff:operations", "removed at the console, ticket 4711")


async def test_a_senior_tries_again_but_answers_for_nothing(desk: Desk) -> None:
    _case, item = await stuck(desk)
    senior = await desk.sit_down("senior")
    await take(senior, "fallout", item)
    assert "Mark as done" not in senior.page.text
    csrf = senior.csrf
    refused = await senior.post(f"/desk/queues/fallout/{item}/resolve", {"csrf": csrf, "why": "so it is"})
    assert refused.status == 403


async def test_a_declaration_becomes_a_request_by_a_call_with_its_holder(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    visitor = desk.browser(address="203.0.113.4")
    await visitor.open("/declare")
    said = {"holder_name": "Grace Okafor", "contract": who.account_number, "when": "now", "contact": "x@example.org"}
    await visitor.submit(action="/declare", values=said)
    if any(form.action == "/declare" for form in visitor.page.forms):
        await visitor.submit(action="/declare")
    ((declared,),) = await desk.portal.world.rows("SELECT id FROM declaration")
    item = declaration_number(declared)
    agent = await desk.sit_down("agent")
    await take(agent, "declarations", item)
    assert "nobody on the phone" in agent.page.text
    call = await desk.known_caller(agent, who)
    page = await agent.open(f"/desk/queues/declarations/{item}")
    choice = next(form for form in page.forms if form.action.endswith("/verify"))
    assert "line" in choice.offers
    ((line_id,),) = await desk.portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    page = await agent.submit(
        "It is theirs: make it a request", {"line": f"{call.rpartition('/')[2]}:{line_id}", "contact_verified": None}
    )
    assert "/cases/C-" in page.path
    assert await desk.portal.world.rows("SELECT state FROM declaration") == [("verified",)]
    await waits_under_a_veto(desk, who)


async def test_another_accounts_line_cannot_be_slipped_under_a_declaration(desk: Desk) -> None:
    who, other = await desk.portal.subscriber(), await desk.portal.subscriber()
    await desk.portal.world.rows(
        "INSERT INTO declaration (received_at, expires_at, rule_pack, locale, kind, holder_name, contract, when_kind, "
        "contact, erase_at) VALUES (now(), now() + interval '9 days', 'neutral@1', 'en', 'ordinary', 'X', 'Y', 'now', "
        "'x@example.org', now() + interval '40 days')"
    )
    agent = await desk.sit_down("agent")
    ((declared,),) = await desk.portal.world.rows("SELECT id FROM declaration")
    item = declaration_number(declared)
    call = await desk.known_caller(agent, who)
    await take(agent, "declarations", item)
    ((line_id,),) = await desk.portal.world.rows("SELECT id FROM line WHERE line_ref = %s", other.voice)
    refused = await agent.post(
        f"/desk/queues/declarations/{item}/verify",
        {"csrf": agent.csrf, "line": f"{call.rpartition('/')[2]}:{line_id}"},
    )
    assert refused.status == 404
    assert await desk.portal.world.rows("SELECT state FROM declaration") == [("received",)]


async def test_queues_are_closed_to_roles_that_do_not_work_on_them(desk: Desk) -> None:
    open_to = {
        "agent": {"declarations"},
        "senior": {"review", "fallout", "declarations"},
        "finance": {"refunds"},
        "operations": {"fallout"},
        "auditor": set[str](),
        "administrator": set[str](),
    }
    for role, expected in open_to.items():
        browser = await desk.sit_down(role)  # type: ignore[arg-type]
        answers = {
            queue: (await browser.open(f"/desk/queues/{queue}")).status
            for queue in ("review", "fallout", "declarations", "refunds")
        }
        assert {queue for queue, status in answers.items() if status == 200} == expected, role
        assert set(answers.values()) <= {200, 403}
    assert (await browser.open("/desk/queues/nothing")).status == 404
