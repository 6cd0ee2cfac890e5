"""An account with more lines than anybody reads through: paged, searched, and left with several at once."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from ringoff.db.pool import BY_INDEX, Database
from ringoff.features import directory
from ringoff.kit.ids import case_number, parse_case_number
from tests.support.browser import Browser, Page
from tests.support.indexes import looking
from tests.support.leaving import SYSTEMS, cases, line_path, strong
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber

MANY = """
INSERT INTO line (line_ref, account_id, plan_code, service, msisdn, imsi, iccid, status, closed_at)
SELECT 'Fleet-' || n, %s, 'J', 'voice', '+4915' || 100000000 + n, '00103' || 1000000000 + n,
       '8949' || 200000000000000 + n,
       CASE WHEN n > 100 THEN 'active' ELSE 'closed' END, CASE WHEN n > 100 THEN NULL ELSE now() END
  FROM generate_series(1, %s) n RETURNING id
"""


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database, SYSTEMS) as opened:
        yield opened


async def fleet(portal: Portal, count: int = 700) -> tuple[Subscriber, Browser]:
    """A holder with so many lines more, the first hundred of them closed."""
    who, browser = await strong(portal)
    await portal.world.rows(MANY, who.account_id, count)
    return who, browser


def shown(page: Page) -> list[str]:
    return [href for _, href in page.links if href.startswith("/lines/")]


# ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "find",
    ["+49 15 100000654", "015100000654", "004915 100000654", "15100000654", "100000654", "Fleet-654", "fleet-654",
     "8949200000000000654", " 00000654 "],
)  # fmt: skip
async def test_a_line_is_found_by_a_part_of_what_it_is_called(portal: Portal, find: str) -> None:
    _who, browser = await fleet(portal)
    await browser.open("/account")
    page = await browser.submit("Find", find=find)
    assert shown(page) == [line_path("Fleet-654")]
    assert "find=" in page.path


@pytest.mark.parametrize("find", ["no such line", "%", "_", "' OR 1=1", "\x00", "0", "99999999999999", "<b>", "654 or"])
async def test_what_is_not_found_is_said_and_leads_back(portal: Portal, find: str) -> None:
    _who, browser = await fleet(portal)
    await browser.open("/account")
    page = await browser.submit("Find", find=find)
    assert page.status == 200
    if find in ("\x00", "0"):
        return
    assert shown(page) == []
    assert "<b>" not in page.html
    page = await browser.click("Show all lines")
    assert len(shown(page)) == 50


async def test_pages_go_on_within_what_was_looked_for_and_closed_lines_come_last(portal: Portal) -> None:
    _who, browser = await fleet(portal)
    await browser.open("/account")
    page = await browser.submit("Find", find="fleet-1")
    assert "Page 1 of 3" in page.text
    assert len(shown(page)) == 50
    page = await browser.click("Next")
    assert "find=fleet-1&page=2" in page.path
    page = await browser.click("Next")
    assert "Closed lines" in page.text
    assert shown(page)[-1] == line_path("Fleet-19")


async def test_the_lines_of_others_are_never_found(portal: Portal) -> None:
    other, _theirs = await fleet(portal)
    who, browser = await strong(portal)
    page = await browser.open("/account?find=fleet")
    assert shown(page) == []
    assert other.voice not in page.html
    assert len(shown(await browser.open("/account"))) == 2
    assert who.voice != other.voice


async def test_a_few_lines_need_no_search(portal: Portal) -> None:
    _who, browser = await strong(portal)
    page = await browser.open("/account")
    assert "Find a line by its number" not in page.text


async def test_a_page_of_an_account_reads_no_line_of_another(database_url: str) -> None:
    async with Database(database_url, session=BY_INDEX) as served, portal_of(served, SYSTEMS) as portal:
        await fleet(portal, 3000)
        small, _browser = await strong(portal)
        async with looking(served) as (conn, read):
            page = await directory.page_of_lines(conn, small.account_id, find="4", size=50)
        assert page.found == 2
        assert sum(entries for name, entries in read.items() if name.startswith("line_account")) <= 6


# ── Choosing ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def choose(browser: Browser, find: str, lines: Sequence[str]) -> Page:
    await browser.open("/leave")
    await browser.submit("Find", find=find)
    await browser.submit("Go on", line=list(lines))
    await browser.submit("Go on")
    await browser.submit("Go on", when="now")
    return await browser.submit("Cancel these lines")


async def test_lines_far_down_the_list_are_found_and_leave_together(portal: Portal) -> None:
    _who, browser = await fleet(portal, 1500)
    page = await browser.open("/leave")
    assert "Find the others by their number" in page.text
    assert "more lines than can be closed here at once" in page.text
    assert "Close the account" not in [text for form in page.forms for text, _, _ in form.buttons]
    page = await choose(browser, "fleet-149", ["Fleet-1490", "Fleet-1499"])
    assert page.path == "/cases"
    assert sorted(await cases(portal)) == [("Fleet-1490", "scheduled"), ("Fleet-1499", "scheduled")]


async def test_a_closed_line_cannot_be_chosen(portal: Portal) -> None:
    _who, browser = await fleet(portal)
    page = await browser.open("/leave?find=fleet-1")
    assert "Fleet-19" not in [value for form in page.forms for value in form.fields.get("line", [])]
    page = await browser.post("/leave/prepare", {"csrf": browser.csrf, "line": "Fleet-19"})
    assert "Choose at least one line" in page.text


# ── What was asked for ───────────────────────────────────────────────────────────────────────────────────────────
async def test_whoever_left_with_several_lines_sees_each_case_and_undoes_one(portal: Portal) -> None:
    _who, browser = await fleet(portal)
    page = await choose(browser, "fleet-65", ["Fleet-650", "Fleet-651", "Fleet-652"])
    numbers = [href.removeprefix("/cases/") for _, href in page.links if href.startswith("/cases/")]
    assert len(numbers) == 3
    assert "Asked for on Monday 23 November 2026" in page.text
    page = await browser.submit(action=f"/cases/{numbers[0]}/undo")
    assert page.path == "/cases"
    states = {number: await portal.world.state(parse_case_number(number)) for number in numbers}
    assert [states[number] for number in numbers] == ["withdrawn", "scheduled", "scheduled"]


async def test_what_was_asked_for_together_is_undone_together_and_nothing_else(portal: Portal) -> None:
    _who, browser = await fleet(portal)
    await choose(browser, "fleet-60", ["Fleet-600", "Fleet-601"])
    portal.world.clock.advance(timedelta(minutes=1))
    await choose(browser, "fleet-65", ["Fleet-650", "Fleet-651"])
    page = browser.page
    newest = page.forms[[bool(form.fields.get("asked")) for form in page.forms].index(True)]
    page = await browser.post("/cases/undo", newest.fields)
    assert page.path == "/cases"
    assert await cases(portal) == [
        ("Fleet-600", "scheduled"),
        ("Fleet-601", "scheduled"),
        ("Fleet-650", "withdrawn"),
        ("Fleet-651", "withdrawn"),
    ]
    await browser.open("/account")
    page = await browser.click("Your cancellations")
    assert page.path == "/cases"


async def test_the_list_is_paged_and_shows_nothing_of_others(portal: Portal) -> None:
    who, browser = await fleet(portal)
    ids = [row[0] for row in await portal.world.rows("SELECT id FROM line WHERE line_ref LIKE 'Fleet-2__'")]
    made = [case_number(receipt.case_id) for receipt in await portal.world.ask(*ids) if hasattr(receipt, "case_id")]
    page = await browser.open("/cases")
    first = {href for _, href in page.links if href.startswith("/cases/")}
    page = await browser.click("Older ones")
    second = {href for _, href in page.links if href.startswith("/cases/")}
    assert (len(first), len(second)) == (50, 50)
    assert first | second == {f"/cases/{number}" for number in made}
    _other, theirs = await strong(portal)
    page = await theirs.open("/cases")
    assert "There is no cancellation here" in page.text
    moment = (await portal.world.rows("SELECT max(requested_at) FROM cancellation"))[0][0].isoformat()
    await theirs.post("/cases/undo", {"csrf": theirs.csrf, "asked": moment})
    assert {state for _, state in await cases(portal)} == {"scheduled"}
    assert who.account_id


async def test_nonsense_is_not_found(portal: Portal) -> None:
    _who, browser = await strong(portal)
    assert (await browser.open("/cases?before=nonsense")).status == 404
    await browser.open("/cases")
    for asked in ("never", "2026-11-23T12:00:00", ""):
        assert (await browser.post("/cases/undo", {"csrf": browser.csrf, "asked": asked})).status == 404


@pytest.mark.parametrize(("language", "headline"), [("zh-Hans", "您的注销申请"), ("es", "Sus bajas")])
async def test_the_list_is_told_in_every_language(portal: Portal, language: str, headline: str) -> None:
    _who, browser = await strong(portal, language)
    page = await browser.open("/cases")
    assert (page.language, page.headline) == (language, headline)
