"""Stopping a cancellation by the link that went to the contacts of record."""

from datetime import timedelta

from ringoff.features import identity
from ringoff.features.cancellation import State
from ringoff.kit.ids import CaseId, case_number
from tests.support.leaving import case_of, leave, weak
from tests.support.portal import Portal


async def vetoable(portal: Portal) -> tuple[CaseId, str]:
    """A case that waits for three days, and the path of the link that stops it."""
    (line,) = await portal.world.lines()
    case = await portal.world.case(line, channel="web", cooling_off=timedelta(days=3))
    account = (await portal.world.facts(line)).account_id
    async with portal.app.database.transaction() as conn:
        link = await identity.make_link(
            conn,
            portal.app.identity,
            "veto",
            account_id=account,
            lives=timedelta(days=3),
            now=portal.world.now,
            subject=case_number(case),
        )
    return case, link.get_secret_value()


async def test_the_mail_about_a_password_alone_carries_the_link_that_stops_it(portal: Portal) -> None:
    who, browser = await weak(portal)
    case = case_of(await leave(browser, who.voice))
    stranger = portal.browser(address="198.51.100.3")
    page = await stranger.open(await portal.link(who.email, "cancel_veto"))
    assert case_number(case) in page.text
    await stranger.submit("Stop the cancellation")
    assert await portal.world.state(case) is State.WITHDRAWN


async def test_opening_the_link_stops_nothing_and_tells_what_it_would_stop(portal: Portal) -> None:
    case, link = await vetoable(portal)
    for _ in range(2):
        page = await portal.browser().open(link)
        assert page.status == 200
        assert case_number(case) in page.text
        assert "Thursday 26 November 2026, 13:00, Berlin time" in page.text
    assert await portal.world.state(case) is State.SCHEDULED


async def test_the_button_stops_it_and_nobody_closes_the_line_before_a_person_has_looked(portal: Portal) -> None:
    case, link = await vetoable(portal)
    browser = portal.browser("es", address="198.51.100.3")
    await browser.open(link)
    page = await browser.submit("Detener la baja")
    assert page.headline == "Está detenida"
    assert await portal.world.state(case) is State.WITHDRAWN
    assert await portal.world.rows("SELECT kind, lifted_at FROM hold") == [("fraud", None)]
    (line,) = [row[0] for row in await portal.world.rows("SELECT id FROM line")]
    again = await portal.world.case(line, channel="web")
    assert await portal.world.state(again) is State.IN_REVIEW
    actors = {
        e.event.actor.name for e in await portal.world.events(case) if e.event.type in ("hold.set", "case.withdrawn")
    }
    assert actors == {"contact of record"}


async def test_the_link_works_once(portal: Portal) -> None:
    case, link = await vetoable(portal)
    browser = portal.browser()
    await browser.open(link)
    await browser.submit("Stop the cancellation")
    assert (await browser.open(link)).status == 410
    other = portal.browser()
    await other.open("/status")
    assert (await other.post(link.removeprefix("https://portal.test"), {"csrf": other.csrf})).status == 410
    told = await portal.world.told(case)
    assert told.count("case.withdrawn") == 1


async def test_a_form_from_another_site_stops_nothing(portal: Portal) -> None:
    case, link = await vetoable(portal)
    browser = portal.browser()
    await browser.open(link)
    page = await browser.post(link.removeprefix("https://portal.test"), {"csrf": "guess"})
    assert page.status == 403
    assert await portal.world.state(case) is State.SCHEDULED


async def test_after_the_point_of_no_return_it_says_so_honestly(portal: Portal) -> None:
    case, link = await vetoable(portal)
    browser = portal.browser()
    await browser.open(link)
    portal.world.clock.advance(timedelta(days=2, hours=23, minutes=59))
    await portal.world.rows("UPDATE cancellation SET ripe_at = %s", portal.world.now)
    await portal.world.drain()
    assert await portal.world.state(case) is State.CLOSED
    page = await browser.submit("Stop the cancellation")
    assert page.status == 409
    assert page.headline == "It could not be stopped any more"


async def test_a_link_that_is_too_old_or_was_never_made_shows_nothing(portal: Portal) -> None:
    case, link = await vetoable(portal)
    portal.world.clock.advance(timedelta(days=3, seconds=1))
    for path in (link, "/veto/guess"):
        page = await portal.browser().open(path)
        assert page.status == 410
        assert case_number(case) not in page.html
