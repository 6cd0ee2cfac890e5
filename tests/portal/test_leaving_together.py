"""Several lines, or the whole account; and a line that is not a telephone's."""

from collections.abc import AsyncIterator

import pytest

from ringoff.db.pool import Database
from tests.support.browser import Browser, Page
from tests.support.leaving import LEAVE, SYSTEMS, case_of, cases, line_path, strong
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database, SYSTEMS) as opened:
        yield opened


async def choose(browser: Browser, *line_refs: str) -> Page:
    await browser.open("/leave")
    page = await browser.submit("Go on", line=list(line_refs))
    if page.status == 200:
        page = await browser.submit("Go on")
    return page


async def depend(portal: Portal, who: Subscriber) -> None:
    """The data line on the voice line."""
    query = "UPDATE line SET primary_line_id = p.id FROM line p WHERE p.line_ref = %s AND line.line_ref = %s"
    await portal.world.rows(query, who.voice, who.data)


async def test_a_line_that_others_depend_on_leads_to_leaving_together(portal: Portal) -> None:
    who, browser = await strong(portal)
    await depend(portal, who)
    await browser.open(line_path(who.voice))
    page = await browser.click(LEAVE)
    assert "Other lines depend on this one" in page.text
    assert "Go on" not in [text for text, _ in page.links]
    page = await browser.click("Choose several lines")
    await browser.submit("Go on", line=[who.voice, who.data])
    await browser.submit("Go on")
    await browser.submit("Go on", when="now")
    page = await browser.submit("Close the account")
    assert page.path == "/cases"
    assert sorted(await cases(portal)) == [(who.data, "scheduled"), (who.voice, "scheduled")]


async def test_the_whole_account_closes_secondary_lines_before_their_primary(portal: Portal) -> None:
    who, browser = await strong(portal)
    await depend(portal, who)
    await browser.open("/leave")
    await browser.submit("Close the account")
    await browser.submit("Go on")
    page = await browser.submit("Go on", when="now")
    assert "The account closes with its last line" in page.text
    await browser.submit("Close the account")
    assert sorted(await cases(portal)) == [(who.data, "scheduled"), (who.voice, "scheduled")]
    await portal.world.later(hours=1)
    released = [line for system, kind, line in portal.world.journal if (system, kind) == ("hlr", "release")]
    assert released == [who.data, who.voice]
    assert (await portal.world.rows("SELECT closed_at IS NOT NULL FROM account"))[0] == (True,)


async def test_one_of_several_lines_leaves_and_the_others_stay(portal: Portal) -> None:
    who, browser = await strong(portal)
    await choose(browser, who.data)
    await browser.submit("Go on", when="now")
    assert case_of(await browser.submit("Cancel these lines"))
    assert await cases(portal) == [(who.data, "scheduled")]


async def test_choosing_nothing_is_said(portal: Portal) -> None:
    _who, browser = await strong(portal)
    page = await choose(browser)
    assert page.status == 422
    assert "Choose at least one line" in page.text


async def test_a_data_line_is_told_nothing_of_voicemail_or_of_a_number(portal: Portal) -> None:
    who, browser = await strong(portal)
    await browser.open(line_path(who.data))
    await browser.click("Cancel this data SIM")
    await browser.click("Go on")
    page = await browser.submit("Go on", when="now")
    assert "Devices with this SIM go offline" in page.text
    assert "Voicemail" not in page.text
    assert "number may be given to somebody else" not in page.text
    assert case_of(await browser.submit("Cancel this data SIM"))
