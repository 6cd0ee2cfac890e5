"""The case page: what is let go, live; undone while it can be; afterwards what was done."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.kit.actor import Actor
from ringoff.kit.ids import case_number
from tests.support.browser import Browser
from tests.support.leaving import SYSTEMS, case_of, leave, strong
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber

UNDO = {"en": "Undo, and keep it", "zh-Hans": "撤销申请，继续保留", "es": "Deshacer y conservarla"}
CARE = Actor("agent:lin", "care")


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database, SYSTEMS) as opened:
        yield opened


async def left(portal: Portal, language: str = "en") -> tuple[Subscriber, Browser, int]:
    """Somebody who has just pressed the button; their browser shows the case."""
    who, browser = await strong(portal)
    case = case_of(await leave(browser, who.voice))
    if language != "en":
        await browser.open(f"/speak/{language}?back={browser.page.path}")
    return who, browser, case


async def start(portal: Portal) -> None:
    """Past cooling-off; nothing is claimed yet."""
    portal.world.clock.advance(timedelta(minutes=16))
    await portal.world.ripen()


async def reload(browser: Browser) -> str:
    return (await browser.open(browser.page.path)).text


# ── How it stands ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_before_it_starts_it_tells_when_and_that_all_works_as_before(portal: Portal) -> None:
    _who, browser, _case = await left(portal)
    text = browser.page.text
    assert "Closing starts on Monday 23 November 2026, 12:15, London time. Until then everything works" in text
    told = [text.index(part) for part in ("eSIM", "After this it cannot be undone", "Network", "Final bill")]
    assert told == sorted(told)
    assert text.count("Waiting for its turn") == 3


async def test_each_system_shows_when_it_let_go(portal: Portal) -> None:
    _who, browser, _case = await left(portal)
    await start(portal)
    await portal.world.turn("esim")
    text = await reload(browser)
    assert "Closing is under way" in text
    assert "eSIM Done The eSIM profile is released." in text
    assert "Monday 23 November 2026, 12:16, London time" in text
    assert "Network Under way" in text


async def test_a_system_that_needs_a_person_says_so_in_words(portal: Portal) -> None:
    who, browser, _case = await left(portal)
    portal.world["hlr"].plan(who.voice, "person")
    await portal.world.later(minutes=16)
    assert "Network Needs a person" in await reload(browser)


async def test_afterwards_it_tells_what_was_done_and_when_we_look_again(portal: Portal) -> None:
    _who, browser, _case = await left(portal)
    await portal.world.later(minutes=16)
    text = await reload(browser)
    assert "It is closed since Monday 23 November 2026, 12:16, London time." in text
    assert "What was done" in text
    assert "From here on it cannot be undone any more" in text
    assert "We look again whether it is still gone" in text
    assert "Tuesday 24 November 2026, 12:16, London time" in text
    assert "What is closed cannot be opened again" in text


async def test_a_case_in_review_can_still_be_undone(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    await leave(browser, who.voice)
    assert "Somebody here looks at it before anything happens" in browser.page.text
    await browser.submit(UNDO["en"])
    assert "You keep it as it was" in browser.page.text


async def test_a_declined_case_gives_the_reason_and_offers_nothing_to_undo(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    case = case_of(await leave(browser, who.voice))
    await portal.world.review(case, approve=False, actor=CARE)
    text = await reload(browser)
    assert "It cannot be closed for now. Nothing has changed." in text
    assert UNDO["en"] not in text


async def test_what_it_waits_for_is_told(portal: Portal) -> None:
    who, browser, _case = await left(portal)
    line = (await portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice))[0][0]
    await portal.world.hold(line, "port_pending")
    await start(portal)
    assert "The number is moving to another carrier" in await reload(browser)
    assert UNDO["en"] in browser.page.text


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_undo_before_it_starts_keeps_everything(portal: Portal) -> None:
    _who, browser, case = await left(portal)
    path = browser.page.path
    page = await browser.submit(UNDO["en"])
    assert page.path == path
    assert "You keep it as it was. It was undone on Monday 23 November 2026, 12:00, London time." in page.text
    assert UNDO["en"] not in page.text
    assert await portal.world.state(case) == "withdrawn"
    assert [one.event.actor.name for one in await portal.world.events(case)][-1].startswith("account:")


async def test_an_undo_before_the_point_of_no_return_gives_back_what_was_let_go(portal: Portal) -> None:
    _who, browser, case = await left(portal)
    await start(portal)
    await portal.world.turn("esim")
    page = await browser.open(browser.page.path)
    await browser.submit(UNDO["en"])
    assert "eSIM Being given back" in browser.page.text
    await portal.world.drain()
    assert "eSIM Given back" in await reload(browser)
    assert "Network" not in browser.page.text or "Network Left as it was" in browser.page.text
    assert page.status == 200
    assert await portal.world.state(case) == "withdrawn"


async def test_an_undo_that_comes_too_late_is_refused_with_the_reason(portal: Portal) -> None:
    _who, browser, case = await left(portal)
    form = browser.page.form(UNDO["en"])
    await start(portal)
    await portal.world.turn("esim")
    await portal.world.turn("hlr")
    page = await browser.post(form.action, form.fields)
    assert page.status == 409
    assert UNDO["en"] not in [text for each in page.forms for text, _, _ in each.buttons]
    assert "this cannot be undone any more" in page.text or "It had ended already when you asked" in page.text
    assert await portal.world.state(case) == "closed"


async def test_past_the_point_of_no_return_the_page_says_which_system_it_was(portal: Portal) -> None:
    who, browser, _case = await left(portal)
    form = browser.page.form(UNDO["en"])
    portal.world["hlr"].plan(who.voice, "accepted", "accepted")
    await start(portal)
    await portal.world.turn("esim")
    await portal.world.turn("hlr")
    assert "the point of no return was passed with “Network”" in await reload(browser)
    page = await browser.post(form.action, form.fields)
    assert page.status == 409
    assert "It came too late" in page.text


async def test_an_undo_asked_twice_is_granted_once(portal: Portal) -> None:
    _who, browser, case = await left(portal)
    form = browser.page.form(UNDO["en"])
    for _ in range(2):
        page = await browser.post(form.action, form.fields)
        assert page.status == 200
    assert (await portal.world.told(case)).count("case.withdrawn") == 1


# ── Others' cases ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_cases_of_others_do_not_exist(portal: Portal) -> None:
    _who, browser, case = await left(portal)
    path, fields = browser.page.path, browser.page.form(UNDO["en"]).fields
    _other, stranger = await strong(portal)
    await stranger.open("/account")
    unknown = (await stranger.open(f"/cases/{case_number(4711)}")).text.split("Reference")[0]
    for asked in (path, f"{path}/live", "/cases/nonsense", f"/cases/{case}"):
        page = await stranger.open(asked)
        assert page.status == 404
        assert page.text.split("Reference")[0] == unknown
    page = await stranger.post(f"{path}/undo", {**fields, "csrf": stranger.csrf})
    assert page.status == 404
    assert await portal.world.state(case) == "scheduled"


async def test_a_form_of_another_site_undoes_nothing(portal: Portal) -> None:
    _who, browser, case = await left(portal)
    form = browser.page.form(UNDO["en"])
    page = await browser.post(form.action, form.fields, sec_fetch_site="cross-site")
    assert page.status == 403
    assert await portal.world.state(case) == "scheduled"


# ── Live ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_stream_brings_the_case_as_it_stands_and_ends_with_it(portal: Portal) -> None:
    _who, browser, _case = await left(portal)
    path = browser.page.path
    await portal.world.later(minutes=16)
    response = await browser.client.get(f"{path}/live?after=0")
    assert response.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in response.text.split("\n\n") if "event:" in block]
    assert [block.split("event: ")[1].split("\n")[0] for block in blocks] == ["case", "told", "end"]
    assert "It is closed since" in blocks[1]
    assert "<html" not in response.text
    last = response.text.split("id: ")[1].split("\n")[0]
    seen = await browser.client.get(f"{path}/live", headers={"Last-Event-ID": last})
    assert seen.status_code == 204, "who has seen everything is not to come back"


async def test_the_page_listens_and_announces_one_sentence_a_change(portal: Portal) -> None:
    _who, browser, _case = await left(portal)
    page = browser.page
    assert f'sse-connect="{page.path}/live?after=' in page.html
    assert 'role="status" aria-live="polite" sse-swap="told"' in page.html
    assert "See how it stands now" in page.html, "without JavaScript one reloads"


@pytest.mark.parametrize("language", ["zh-Hans", "es"])
async def test_a_case_is_told_in_every_language_in_every_state(portal: Portal, language: str) -> None:
    _who, browser, _case = await left(portal, language)
    assert browser.page.language == language
    scheduled = browser.page
    await start(portal)
    await portal.world.turn("esim")
    await browser.open(scheduled.path)
    assert [text for form in browser.page.forms for text, _, _ in form.buttons if text == UNDO[language]]
    await portal.world.drain()
    closed = await browser.open(scheduled.path)
    for english in ("Closing", "closed", "Network", "undone", "Waiting", "What "):
        assert english not in scheduled.text
        assert english not in closed.text


async def test_a_stream_ends_with_the_session_that_opened_it(portal: Portal) -> None:
    _who, browser, _case = await left(portal)
    watching = asyncio.create_task(browser.client.get(f"{browser.page.path}/live?after=0"))
    streams = portal.site.state.context.streams
    while not streams._watchers:
        await asyncio.sleep(0.01)
    await portal.world.rows("UPDATE session SET ended_at = %s RETURNING 1", portal.world.now)
    await start(portal)
    response = await watching
    assert "Closing is under way" not in response.text
