"""Services & devices: all that the holder has, and nothing of anybody else."""

import pytest

from tests.support.leaving import leave, line_path, strong
from tests.support.portal import Portal


async def test_every_line_is_shown_with_plan_number_device_sim_and_state(portal: Portal) -> None:
    who, browser = await strong(portal)
    page = await browser.open("/account")
    ((iccid,),) = await portal.world.rows("SELECT iccid FROM line WHERE line_ref = %s", who.voice)
    for part in (
        "+44 7700 900",
        "Journey 20",
        f"ICCID {iccid}",
        "IMEI 356868000041418",
        "In use",
        "Data SIM ending in",
    ):
        assert part in page.text
    assert who.account_number in page.text
    assert {"/account/data.zip", "/security", "/leave"} <= {href for _, href in page.links}


async def test_nothing_of_another_account_is_shown(portal: Portal) -> None:
    other = await portal.subscriber()
    _who, browser = await strong(portal)
    page = await browser.open("/account")
    assert other.account_number not in page.html


async def test_a_line_that_is_leaving_leads_to_its_case(portal: Portal) -> None:
    who, browser = await strong(portal)
    case = (await leave(browser, who.voice)).path
    for path in ("/account", line_path(who.voice)):
        page = await browser.open(path)
        assert "Scheduled" in page.text
        assert case in [href for _, href in page.links]


async def test_a_closed_line_stays_in_sight_with_its_case(portal: Portal) -> None:
    who, browser = await strong(portal)
    case = (await leave(browser, who.voice)).path
    await portal.world.later(minutes=16)
    page = await browser.open("/account")
    assert "Closed lines" in page.text
    assert case in [href for _, href in page.links]
    page = await browser.open(line_path(who.voice))
    assert "Closed Monday 23 November 2026, 12:16, London time" in page.text
    assert "Cancel this line" not in page.text


async def test_an_undone_case_leaves_no_trace_on_the_line(portal: Portal) -> None:
    who, browser = await strong(portal)
    await leave(browser, who.voice)
    await browser.submit("Undo, and keep it")
    page = await browser.open(line_path(who.voice))
    assert "In use" in page.text
    assert "Cancel this line" in [text for text, _ in page.links]


async def test_an_account_with_many_lines_has_pages(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows(
        """INSERT INTO line (line_ref, account_id, plan_code, service, imsi, status)
           SELECT 'Z/' || n, %s, 'J', 'iot', '00102' || 1000000000 + n, 'active' FROM generate_series(1, 120) n
           RETURNING id""",
        who.account_id,
    )
    page = await browser.open("/account")
    assert "Page 1 of 3" in page.text
    assert page.html.count("/lines/") == 50
    await browser.click("Next")
    page = await browser.click("Next")
    assert "Page 3 of 3" in page.text
    assert page.html.count("/lines/") == 22
    assert "Page 3 of 3" in (await browser.open("/account?page=99999")).text
    assert "Page 1 of 3" in (await browser.open("/account?page=-1")).text


async def test_a_reference_with_slashes_and_signs_has_its_page(portal: Portal) -> None:
    who, browser = await strong(portal)
    odd = "A/1 %41?x=ü#y"
    await portal.world.rows("UPDATE line SET line_ref = %s WHERE line_ref = %s", odd, who.voice)
    await browser.open("/account")
    page = await browser.click("+44 7700 900" + last_digits(browser.page.text))
    assert page.status == 200
    assert page.path == line_path(odd)
    assert (await browser.click("Cancel this line")).status == 200


def last_digits(text: str) -> str:
    return text.split("+44 7700 900", 1)[1][:3]


@pytest.mark.parametrize(("language", "headline"), [("zh-Hans", "服务与设备"), ("es", "Servicios y dispositivos")])
async def test_the_pages_are_told_in_every_language(portal: Portal, language: str, headline: str) -> None:
    who, browser = await strong(portal, language)
    page = await browser.open("/account")
    assert (page.language, page.headline) == (language, headline)
    page = await browser.open(line_path(who.data))
    assert page.language == language
    assert "Data SIM" not in page.text
