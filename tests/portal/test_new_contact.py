"""A contact given when leaving gets nothing of the case before it is confirmed; those of record go on receiving."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.kit.ids import case_number
from tests.support.browser import Browser
from tests.support.leaving import SYSTEMS, case_of, leave, line_path, strong, weak
from tests.support.portal import Portal, portal_of

NEW, MINE = "later@example.org", "Yes, this is my address"


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database, SYSTEMS) as opened:
        yield opened


async def sent(portal: Portal, to: str) -> list[tuple[str, str]]:
    """What has left for this address, letters as well: subject and text."""
    asked = portal.world["mail"].asked
    return [(str(task.brief["subject"]), str(task.brief["text"])) for task in asked if task.brief["to"] == to]


async def notices(portal: Portal, to: str) -> list[str]:
    """Which notices of a case these were; a letter is none."""
    words = {"will be closed": "scheduled", "is closed": "closed"}
    return [notice for subject, _ in await sent(portal, to) for said, notice in words.items() if said in subject]


async def link_to(portal: Portal, address: str = NEW) -> str:
    return await portal.link(address, "contact_confirm")


async def confirm(portal: Portal, link: str, language: str = "en", button: str = MINE) -> Browser:
    """Somebody who reads there, without signing in."""
    reader = portal.browser(language, address="198.51.100.9")
    await reader.open(link)
    await reader.submit(button)
    return reader


async def test_until_it_is_confirmed_it_gets_a_link_and_no_fact_of_the_case(portal: Portal) -> None:
    who, browser = await strong(portal)
    case = case_of(await leave(browser, who.voice, contact=NEW))
    await portal.world.later(seconds=3)
    ((subject, text),) = await sent(portal, NEW)
    assert "Confirm this e-mail address" in subject
    ((msisdn,),) = await portal.world.rows("SELECT msisdn FROM line WHERE line_ref = %s", who.voice)
    for fact in (case_number(case), msisdn, msisdn[-6:], who.voice, who.account_number, "Grace", "Okafor", "cancel"):
        assert fact not in subject + text
    assert await notices(portal, who.email) == ["scheduled"]


async def test_once_confirmed_it_gets_the_latest_notice_again_and_those_that_follow(portal: Portal) -> None:
    who, browser = await strong(portal)
    case = case_of(await leave(browser, who.voice, contact=NEW))
    link = await link_to(portal)
    await portal.world.later(seconds=3)
    reader = await confirm(portal, link)
    assert reader.page.headline == "Your e-mail address is confirmed"
    await portal.world.drain()
    assert await notices(portal, NEW) == ["scheduled"]
    assert case_number(case) in (await sent(portal, NEW))[1][1]
    await portal.world.later(minutes=16)
    for address in (NEW, who.email):
        assert await notices(portal, address) == ["scheduled", "closed"]
    events = [one.event for one in await portal.world.events(case)]
    assert [(e.type, e.actor.name) for e in events if "contact" in e.type] == [
        ("case.contact_asked", f"account:{who.account_number}"),
        ("case.contact_confirmed", "contact for afterwards"),
    ]
    assert NEW not in str([e.detail for e in events])


async def test_of_a_line_that_closed_meanwhile_confirming_sends_the_confirmation(portal: Portal) -> None:
    who, browser = await strong(portal)
    await leave(browser, who.voice, contact=NEW)
    link = await link_to(portal)
    await portal.world.later(hours=1)
    assert len(await sent(portal, NEW)) == 1
    portal.world.clock.advance(timedelta(days=13))
    await confirm(portal, link)
    await portal.world.drain()
    assert await notices(portal, NEW) == ["closed"]


async def test_opening_the_link_confirms_nothing_and_it_works_once(portal: Portal) -> None:
    who, browser = await strong(portal)
    await leave(browser, who.voice, contact=NEW)
    link = await link_to(portal)
    page = await portal.browser().open(link)
    assert NEW in page.text
    assert who.voice not in page.html
    assert await portal.world.rows("SELECT contact_confirmed_at FROM cancellation") == [(None,)]
    await confirm(portal, link)
    assert (await portal.browser().open(link)).status == 410


async def test_a_link_that_is_too_old_confirms_nothing(portal: Portal) -> None:
    who, browser = await strong(portal)
    await leave(browser, who.voice, contact=NEW)
    link = await link_to(portal)
    portal.world.clock.advance(timedelta(days=14, seconds=1))
    assert (await portal.browser().open(link)).status == 410


async def test_one_link_does_for_several_lines_with_the_same_contact(portal: Portal) -> None:
    who, browser = await strong(portal)
    await leave(browser, who.voice, contact=NEW)
    await browser.open(f"{line_path(who.data)}/leave/when")
    await browser.submit("Go on", when="now", contact=NEW)
    await browser.submit("Cancel this data SIM")
    letters = [one for one in await portal.letters(NEW) if one.kind == "contact_confirm"]
    assert len(letters) == 1
    await confirm(portal, letters[0].path)
    query = "SELECT count(*) FROM cancellation WHERE contact_confirmed_at IS NOT NULL"
    assert await portal.world.rows(query) == [(2,)]


async def test_the_case_page_says_so_and_sends_another_link_but_floods_nobody(portal: Portal) -> None:
    who, browser = await strong(portal)
    page = await leave(browser, who.voice, contact=NEW)
    assert "Until it is confirmed with it, this address gets nothing" in page.text
    for _ in range(2):
        await browser.submit("Send the link again")
    page = await browser.submit("Send the link again")
    assert page.status == 409
    links = [one.path for one in await portal.letters(NEW)]
    assert len(links) == 3
    await confirm(portal, links[1])
    page = await browser.open(page.path.removesuffix("/contact"))
    assert "Send the link again" not in page.text
    assert NEW in page.text


async def test_nobody_is_hindered_in_leaving_by_the_letters_that_were_sent(portal: Portal) -> None:
    who, browser = await strong(portal)
    for n in range(5):
        page = await leave(browser, who.voice, contact=f"later{n}@example.org")
        assert case_of(page)
        await browser.submit("Undo, and keep it")
    assert len([one for one in await portal.letters() if one.kind == "contact_confirm"]) == 3


async def test_the_link_of_one_account_confirms_nothing_of_another(portal: Portal) -> None:
    who, browser = await strong(portal)
    other, their_browser = await strong(portal)
    await leave(browser, who.voice, contact=NEW)
    await leave(their_browser, other.voice, contact=NEW)
    first, second = [one.path for one in await portal.letters(NEW)]
    await confirm(portal, first)
    query = "SELECT account_id FROM cancellation WHERE contact_confirmed_at IS NOT NULL"
    assert await portal.world.rows(query) == [(who.account_id,)]
    await confirm(portal, second)
    assert len(await portal.world.rows(query)) == 2


async def test_a_thief_who_gives_an_address_of_theirs_hears_nothing_without_confirming_and_the_holder_hears_all(
    portal: Portal,
) -> None:
    who, browser = await weak(portal)
    await leave(browser, who.voice, contact="thief@example.org")
    await portal.world.later(days=3, minutes=1)
    assert len(await sent(portal, "thief@example.org")) == 1
    assert len(await sent(portal, who.email)) == 3, "the veto link, that it is scheduled, that it is closed"


async def test_without_an_address_of_record_everything_waits_for_the_given_one(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE account SET email = NULL")
    case = case_of(await leave(browser, who.voice, contact=NEW))
    link = await link_to(portal)
    await portal.world.later(hours=1)
    assert "fallout" not in (await portal.world.owed(case, "notify")).values()
    await confirm(portal, link)
    await portal.world.later(hours=12)
    assert await notices(portal, NEW) == ["closed"]
    assert set((await portal.world.owed(case, "notify")).values()) <= {"discharged", "void"}


async def test_without_any_address_that_is_confirmed_a_person_tells_the_holder(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE account SET email = NULL")
    case = case_of(await leave(browser, who.voice, contact=NEW))
    for _ in range(24):
        await portal.world.later(hours=6)
    assert "fallout" in (await portal.world.owed(case, "notify")).values()


@pytest.mark.parametrize(
    ("language", "told", "then"),
    [
        ("zh-Hans", "新地址会先收到一个确认链接", "您的邮箱地址已确认"),
        ("es", "primero un enlace para confirmarla", "Su dirección de correo está confirmada"),
    ],
)
async def test_it_is_told_in_the_holders_language(portal: Portal, language: str, told: str, then: str) -> None:
    who, browser = await strong(portal, language)
    page = await browser.open(f"{line_path(who.voice)}/leave/when")
    assert told in page.text
    form = page.forms[-1]
    page = await browser.post(form.action, {**form.fields, "when": "now", "contact": NEW})
    assert told in page.text
    form = next(form for form in page.forms if "newest" in form.fields)
    await browser.post(form.action, form.fields)
    reader = portal.browser(language)
    page = await reader.open(await link_to(portal))
    page = await reader.post(page.path, {"csrf": reader.csrf})
    assert page.headline == then


async def test_what_the_carrier_gives_needs_no_confirming(portal: Portal) -> None:
    (line,) = await portal.world.lines()
    await portal.world.case(line, channel="care", contact_email=NEW)
    await portal.world.later(seconds=3)
    assert await notices(portal, NEW) == ["scheduled"]
