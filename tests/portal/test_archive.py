"""The documents of a closed account, once, by a link; nobody is signed in by it."""

from datetime import timedelta

from ringoff.features import identity
from ringoff.features.identity import Visit
from ringoff.kit.ids import case_number
from tests.support.browser import Page
from tests.support.portal import Portal

PDF = b"%PDF-1.7 a bill"


async def closed(portal: Portal, number: str = "A") -> tuple[int, str]:
    """An account whose last line has closed, with a bill; and the case's number."""
    (line,) = await portal.world.lines(number, email=f"{number.lower()}@example.net")
    account = (await portal.world.facts(line)).account_id
    await portal.world.rows(
        "INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency, document) "
        "VALUES (%s, %s, '2026-11-01', 1490, 0, 'EUR', %s)",
        account,
        f"B-{number}/1",
        PDF,
    )
    case = await portal.world.case(line)
    await portal.world.drain()
    return account, case_number(case)


async def link_for(portal: Portal, account: int) -> str:
    async with portal.app.database.transaction() as conn:
        sent = await identity.send_archive_link(
            conn, portal.app.identity, account, Visit("192.0.2.7"), portal.world.now
        )
        assert sent
    return (await portal.letters())[-1].path


async def enter(portal: Portal, path: str) -> Page:
    browser = portal.browser()
    await browser.open(path)
    return await browser.submit("See the documents")


async def test_the_link_shows_bills_case_and_confirmation(portal: Portal) -> None:
    account, case = await closed(portal)
    page = await enter(portal, await link_for(portal, account))
    assert page.status == 200
    for told in ("Holder", "B-A/1", "€14.90", case, "It is closed since Monday 23 November 2026, 13:00", "Network"):
        assert told in page.text
    assert await portal.events("identity.archive") == ["identity.archive_opened"]


async def test_a_look_by_a_mail_program_does_not_use_it_up_and_the_button_does(portal: Portal) -> None:
    account, case = await closed(portal)
    path = await link_for(portal, account)
    for _ in range(3):
        page = await portal.browser().open(path)
        assert page.status == 200
        assert case not in page.html
    assert (await enter(portal, path)).status == 200
    assert (await portal.browser().open(path)).status == 410


async def test_it_signs_nobody_in(portal: Portal) -> None:
    account, _ = await closed(portal)
    browser = portal.browser()
    await browser.open(await link_for(portal, account))
    await browser.submit("See the documents")
    assert browser.cookie("ringoff_session") is None
    assert (await browser.open("/account")).status == 401


async def test_a_bills_file_is_fetched_from_the_open_page_by_the_same_browser_for_half_an_hour(portal: Portal) -> None:
    account, _ = await closed(portal)
    other, _ = await closed(portal, "B")
    browser = portal.browser()
    await browser.open(await link_for(portal, account))
    await browser.submit("See the documents")
    fields = browser.page.form(action="/archive/bill").fields
    fetched = await browser.post("/archive/bill", fields)
    assert fetched.response.content == PDF
    assert fetched.response.headers["content-disposition"].startswith("attachment")
    stranger = portal.browser()
    await stranger.open("/status")
    assert (await stranger.post("/archive/bill", {**fields, "csrf": stranger.csrf})).status == 404
    for changed in ({"bill": "B-B/1"}, {"permit": "guess"}, {"permit": ""}):
        assert (await browser.post("/archive/bill", {**fields, **changed})).status == 404
    portal.world.clock.advance(timedelta(minutes=31))
    assert (await browser.post("/archive/bill", fields)).status == 404
    assert other != account


async def test_nothing_is_shown_of_an_account_that_is_open_again_or_kept_no_longer(portal: Portal) -> None:
    account, case = await closed(portal)
    path = await link_for(portal, account)
    await portal.world.rows("UPDATE account SET closed_at = %s", portal.world.now - timedelta(days=366))
    assert (await enter(portal, path)).status == 410
    async with portal.app.database.transaction() as conn:
        sent = await identity.send_archive_link(conn, portal.app.identity, account, Visit(), portal.world.now)
    assert not sent
    assert case
