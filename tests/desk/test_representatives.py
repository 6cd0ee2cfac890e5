"""Somebody acts for a holder: papers by a checklist, accepted by somebody else; a survivor's in confidence."""

from typing import Any

from tests.desk.test_queues import take
from tests.support.browser import Browser, Page
from tests.support.desk import Desk
from tests.support.papers import JPEG, pdf
from tests.support.subscribers import Subscriber


async def start(desk: Desk, browser: Browser, who: Subscriber, way: str, **said: str) -> str:
    """The path of what was begun."""
    await browser.open("/desk")
    await browser.submit(action="/desk/find", text=who.account_number)
    await browser.open(f"/desk/accounts/{who.account_id}/represent")
    person = {"name": "Ada Byron", "relation": "daughter", "contact": "ada@example.org", "way": way, **said}
    page = await browser.submit("Begin", person)
    assert page.path.startswith("/desk/queues/representatives/"), page.text
    return page.path


async def hand_in(browser: Browser, path: str, item: str, name: str, content: bytes, **more: Any) -> Page:
    await browser.open(path)
    data = {"csrf": browser.csrf, "item": item, **more}
    files = {"paper": (name, content, "application/octet-stream")}
    headers = {"origin": browser.url, "sec-fetch-site": "same-origin"}
    answer = await browser.client.post(f"{path}/papers", data=data, files=files, headers=headers)
    assert answer.status_code in (303, 400, 403, 409), answer.text
    return await browser.open(path) if answer.status_code == 303 else Page(answer)


async def test_for_a_holder_who_died_the_papers_decide_and_a_second_person(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    senior, other = await desk.sit_down("senior"), await desk.sit_down("senior", "sonia")
    path = await start(desk, senior, who, "deceased")
    assert "Grace" not in senior.page.text  # nothing of the account is told
    for item, name, content in (
        ("death", "certificate.pdf", pdf()),
        ("authority", "will.jpg", JPEG),
        ("identity", "passport.jpg", JPEG),
    ):
        page = await hand_in(senior, path, item, name, content)
        assert name in page.text
    await take(senior, "representatives", path.rpartition("/")[2])
    assert "Accept, and close" not in senior.page.text  # not one's own
    await senior.submit("Give back")
    await take(other, "representatives", path.rpartition("/")[2])
    page = await other.submit("Accept, and close the lines", {"why": "the papers are complete"})
    assert "Accepted" in page.text
    rows = await desk.portal.world.rows("SELECT contact_email, confidential, requested_by FROM cancellation")
    assert rows == [("ada@example.org", False, "staff:senior")] * 2


async def test_a_survivors_request_is_told_to_nobody_but_the_contact_given(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    senior, other = await desk.sit_down("senior"), await desk.sit_down("senior", "sonia")
    ((number,),) = await desk.portal.world.rows("SELECT msisdn FROM line WHERE line_ref = %s", who.voice)
    path = await start(desk, senior, who, "survivor", lines=number, contact="safe@example.org")
    assert "In confidence" in senior.page.text
    await hand_in(senior, path, "request", "request.pdf", pdf())
    await hand_in(senior, path, "abuse", "order.pdf", pdf(b"2 0 obj\n<< /Type /Catalog >>\nendobj"))
    before = len(await desk.portal.letters(who.email))
    await take(other, "representatives", path.rpartition("/")[2])
    await other.submit("Accept, and close the lines", {"why": "order of the court seen"})
    assert await desk.portal.world.rows("SELECT confidential FROM cancellation") == [(True,)]
    assert len(await desk.portal.letters(who.email)) == before
    agent = await desk.sit_down("agent")
    call = await desk.known_caller(agent, who)  # the account's holder calls
    assert "safe@example.org" not in agent.page.html
    assert "C-" not in agent.page.text
    assert (await agent.open(f"{call}/cases/C-000")).status in (400, 404)


async def test_only_papers_of_known_kinds_are_taken_whatever_they_are_called(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    senior = await desk.sit_down("senior")
    path = await start(desk, senior, who, "attorney")
    for name, content, says in (
        ("power.pdf", b"<html><script>alert(1)</script></html>", "Only PDF"),
        ("power.exe", JPEG, "says something else"),
        ("power.pdf", pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"), "does something"),
        ("power.pdf", b"%PDF-1.7\n" + b"0" * (11 * 1024 * 1024), "too large"),
    ):
        assert says in (await hand_in(senior, path, "instrument", name, content)).text
    assert await desk.portal.world.rows("SELECT FROM representation_paper") == []


async def test_a_paper_is_sealed_downloaded_and_every_look_is_written_down(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    senior = await desk.sit_down("senior")
    path = await start(desk, senior, who, "attorney")
    content = pdf()
    page = await hand_in(senior, path, "instrument", "power.pdf", content)
    answer = await senior.client.get(page.link("power.pdf"))
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    kept = await desk.portal.world.rows("SELECT content FROM representation_paper")
    assert content not in bytes(kept[0][0])
    told = await desk.portal.world.rows("SELECT actor FROM event WHERE type = 'representation.paper_read'")
    assert told == [("staff:senior",)]
    agent = await desk.sit_down("agent")
    assert (await agent.open(path)).status == 403


async def test_an_upload_of_another_site_is_refused(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    senior = await desk.sit_down("senior")
    path = await start(desk, senior, who, "attorney")
    page = await hand_in(senior, path, "instrument", "power.pdf", pdf(), csrf="guessed")
    assert page.status == 403
