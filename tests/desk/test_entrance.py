"""Getting to the desk: a link to begin with, both factors at once, a lock when it is left alone."""

from datetime import timedelta

import pyotp

from ringoff.features import staff
from tests.support.browser import Browser
from tests.support.desk import NAMES, OPERATOR, PASSWORD, Desk


async def link(desk: Desk, name: str = "agent") -> str:
    app = desk.portal.app
    async with app.database.transaction() as conn:
        made = await staff.add(conn, app.identity, name, NAMES["agent"], "agent", OPERATOR, desk.portal.world.now)
    return made.get_secret_value().removeprefix("https://portal.test")


async def begin(browser: Browser, desk: Desk, path: str, **typed: str) -> pyotp.TOTP:
    page = await browser.open(path)
    secret = page.text.partition("Or type it in:")[2].partition("2. A password")[0].replace(" ", "")
    generator = pyotp.TOTP(secret)
    form = {"password": PASSWORD, "again": PASSWORD, "code": generator.at(desk.portal.world.now), **typed}
    await browser.submit("Set up", form)
    return generator


async def test_somebody_begins_with_a_link_and_signs_in(desk: Desk) -> None:
    path, browser = await link(desk), desk.browser()
    desk.generators["agent"] = await begin(browser, desk, path)
    assert "You are set up" in browser.page.text
    assert (await browser.open(path)).status == 410  # used
    page = await desk.sign_in(browser, "agent")
    assert page.headline == "Who calls?"
    rows = await desk.portal.world.rows("SELECT detail::text FROM event WHERE type LIKE 'desk.%%'")
    assert not [row for row in rows if path.rpartition("/")[2] in row[0]]  # the link is a secret, and in no log


async def test_a_wrong_first_code_or_a_weak_password_begins_nothing(desk: Desk) -> None:
    path, browser = await link(desk), desk.browser()
    await begin(browser, desk, path, code="000000")
    assert browser.page.status == 422
    await begin(browser, desk, path, password="short", again="short")
    assert "at least 15" in browser.page.text
    await begin(browser, desk, path, again="something else entirely")
    assert "not the same" in browser.page.text
    assert await desk.portal.world.rows("SELECT totp_set_at FROM staff") == [(None,)]


async def test_whatever_was_wrong_is_told_in_the_same_words(desk: Desk) -> None:
    name = await desk.hire("agent")
    browser, texts = desk.browser(), set[str]()
    for tried in (
        {"name": name, "password": "wrong password here", "code": desk.code(name)},
        {"name": name, "password": PASSWORD, "code": "000000"},
        {"name": "nobody", "password": PASSWORD, "code": "000000"},
    ):
        await browser.open("/desk/sign-in")
        page = await browser.submit("Sign in", tried)
        assert page.status == 401
        texts.add(page.text)
    assert len(texts) == 1


async def test_a_code_works_once(desk: Desk) -> None:
    name = await desk.hire("agent")
    code = desk.code(name)
    for expected in (200, 401):
        browser = desk.browser()
        await browser.open("/desk/sign-in")
        page = await browser.submit("Sign in", {"name": name, "password": PASSWORD, "code": code})
        assert page.status == expected


async def test_a_desk_that_was_left_alone_is_locked_and_keeps_what_was_open(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    agent = await desk.sit_down("agent")
    call = await desk.known_caller(agent, who)
    desk.portal.world.clock.advance(timedelta(minutes=11))
    page = await agent.open(call)
    assert page.status == 401
    assert page.headline == "This desk is locked"
    assert "Grace" not in page.html
    page = await agent.submit("Go on", {"password": PASSWORD, "code": desk.code("agent")})
    assert (page.path, page.headline) == (call, "Grace Okafor")


async def test_what_a_page_renews_by_itself_keeps_no_desk_open(desk: Desk) -> None:
    agent = await desk.sit_down("senior")
    for _ in range(12):
        desk.portal.world.clock.advance(timedelta(minutes=1))
        response = await agent.client.get("/desk/queues/review", headers={"x-by-itself": "1"})
    assert response.status_code == 401


async def test_a_desk_is_locked_at_once_when_its_person_says_so(desk: Desk) -> None:
    agent = await desk.sit_down("agent")
    page = await agent.submit("Lock")
    assert page.headline == "This desk is locked"
    assert (await agent.open("/desk")).status == 401


async def test_whoever_is_disabled_is_out_at_once(desk: Desk) -> None:
    agent = await desk.sit_down("agent")
    async with desk.portal.app.database.transaction() as conn:
        await staff.disable(conn, "agent", OPERATOR, desk.portal.world.now)
    assert (await agent.open("/desk")).status == 401


async def test_a_form_of_another_site_does_nothing(desk: Desk) -> None:
    agent = await desk.sit_down("agent")
    refused = await agent.post("/desk/find", {"csrf": agent.csrf, "text": "x"}, origin="https://evil.example")
    assert refused.status == 403
    refused = await agent.post("/desk/find", {"csrf": "guessed", "text": "x"})
    assert refused.status == 403


async def test_one_goes_on_to_pages_of_the_desk_alone(desk: Desk) -> None:
    name = await desk.hire("agent")
    for onward in ("https://evil.example/", "//evil.example", "/account", "/desk/../account", "/desk/sign-out"):
        browser = desk.browser()
        await browser.open("/desk/sign-in")
        form = {"name": name, "password": PASSWORD, "code": desk.code(name), "onward": onward}
        page = await browser.submit("Sign in", form)
        assert (page.path, page.status) == ("/desk", 200)


async def test_the_subscribers_session_opens_no_desk_and_the_desks_no_account(desk: Desk) -> None:
    who = await desk.portal.subscriber()
    holder = await desk.portal.signed_in(who)
    holder.client._transport = desk.browser().client._transport  # the same cookies, at the whole site
    assert (await holder.open("/desk")).status == 401
    agent = await desk.sit_down("agent")
    assert (await agent.open("/account")).status == 401
