"""From a line's page to a confirmed cancellation: few pages, nothing hidden, nothing written before the button."""

from collections.abc import AsyncIterator

import pytest

from ringoff.db.pool import Database
from tests.support.leaving import KEEP, LEAVE, SYSTEMS, cases, leave, line_path, strong, to_confirming
from tests.support.portal import Portal, portal_of

GO_ON = {"en": "Go on", "zh-Hans": "继续", "es": "Continuar"}
LEAVE_IN = {"en": LEAVE, "zh-Hans": "注销此号码", "es": "Dar de baja esta línea"}
KEEP_IN = {"en": KEEP, "zh-Hans": "保留此号码", "es": "Conservar esta línea"}


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database, SYSTEMS) as opened:
        yield opened


# ── The way ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("language", ["en", "zh-Hans", "es"])
async def test_the_button_stands_on_the_fourth_page_at_most_in_every_language(portal: Portal, language: str) -> None:
    who, browser = await strong(portal, language)
    before = browser.views
    page = await browser.open(line_path(who.voice))
    assert page.language == language
    await browser.click(LEAVE_IN[language])
    await browser.click(GO_ON[language])
    page = await browser.submit(GO_ON[language], when="now")
    assert browser.views - before == 4
    assert LEAVE_IN[language] in [text for form in page.forms for text, _, _ in form.buttons]
    page = await browser.submit(LEAVE_IN[language])
    assert page.status == 200
    assert page.path.startswith("/cases/C-")
    assert await cases(portal) == [(who.voice, "scheduled")]


@pytest.mark.parametrize("language", ["en", "zh-Hans", "es"])
async def test_every_page_on_the_way_offers_to_stay_as_large_as_to_leave(portal: Portal, language: str) -> None:
    who, browser = await strong(portal, language)
    for page in [
        await browser.open(line_path(who.voice)),
        await browser.click(LEAVE_IN[language]),
        await browser.click(GO_ON[language]),
        await browser.submit(GO_ON[language], when="now"),
    ]:
        choices = page.html.split('<div class="choices">')[1].split("</div>")[0]
        assert KEEP_IN[language] in choices
        assert choices.count('class="button"') == 2, "leaving and staying look the same"
        assert KEEP_IN[language] not in [text for form in page.forms for text, _, _ in form.buttons]


async def test_nothing_is_chosen_beforehand_and_nothing_is_written_before_the_button(portal: Portal) -> None:
    who, browser = await strong(portal)
    await browser.open(line_path(who.voice))
    await browser.click(LEAVE)
    page = await browser.click("Go on")
    form = page.form("Go on")
    assert "when" in form.offers
    assert "when" not in form.fields
    assert [form.fields[name] for name in ("day", "contact", "reason")] == [[""], [""], []]
    await browser.submit("Go on", when="now", reason="price")
    assert await cases(portal) == []


async def test_no_address_on_the_way_tells_what_was_chosen(portal: Portal) -> None:
    who, browser = await strong(portal)
    page = await to_confirming(browser, who.voice, contact="later@example.org", reason="moving")
    assert page.path == f"{line_path(who.voice)}/leave/confirm"
    again = await browser.open(page.path)
    assert again.path == f"{line_path(who.voice)}/leave/when", "a change of language leads back to a page"


async def test_what_was_chosen_reaches_the_case(portal: Portal) -> None:
    who, browser = await strong(portal)
    await leave(browser, who.voice, when="date", day="2026-12-01", reason="moving", contact="later@example.org")
    query = """SELECT when_date::text, effective_at AT TIME ZONE 'Europe/London', reason, contact_email, requested_by,
                      channel FROM cancellation"""
    ((day, at, *rest),) = await portal.world.rows(query)
    assert (day, str(at)) == ("2026-12-01", "2026-12-01 23:59:59")
    assert rest == ["moving", "later@example.org", f"account:{who.account_number}", "web"]


async def test_the_end_of_the_paid_period_is_offered_and_taken(portal: Portal) -> None:
    who, browser = await strong(portal)
    page = await to_confirming(browser, who.voice, when="period_end")
    assert "Sunday 13 December 2026, 23:59, London time" in page.text
    await browser.submit(LEAVE)
    ((kind, at),) = await portal.world.rows("SELECT when_kind, effective_at::text FROM cancellation")
    assert (kind, at) == ("period_end", "2026-12-13 23:59:59+00")


async def test_a_telephone_number_for_afterwards_must_not_be_the_one_that_leaves(portal: Portal) -> None:
    who, browser = await strong(portal)
    number = (await portal.world.rows("SELECT msisdn FROM line WHERE line_ref = %s", who.voice))[0][0]
    page = await to_confirming(browser, who.voice, contact=number)
    assert page.status == 422
    assert "This number goes with the line" in page.text
    page = await browser.submit("Go on", contact="+34 600 000-999")
    assert page.status == 200
    await browser.submit(LEAVE)
    assert await portal.world.rows("SELECT contact_phone FROM cancellation") == [("+34600000999",)]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"when": None}, "Choose when."),
        ({"when": "date"}, "Choose a day from Monday 23 November 2026 to"),
        ({"when": "date", "day": "2026-11-22"}, "Choose a day from"),
        ({"when": "date", "day": "2029-11-22"}, "Choose a day from"),
        ({"when": "date", "day": "soon"}, "Choose a day from"),
        ({"when": "tomorrow"}, "Choose when."),
        ({"when": "now", "contact": "nonsense"}, "Write an e-mail address, or a phone number"),
        ({"when": "now", "contact": "lin@nowhere"}, "Write the whole address"),
        ({"when": "now", "reason": "<script>"}, "Choose one of the reasons"),
    ],
)
async def test_what_cannot_be_is_said_and_what_was_written_is_kept(
    portal: Portal, chosen: dict[str, str | None], told: str
) -> None:
    who, browser = await strong(portal)
    await browser.open(f"{line_path(who.voice)}/leave/when")
    page = await browser.submit("Go on", chosen)
    assert page.status == 422
    assert told in page.text
    if "day" in chosen:
        assert page.form("Go on").fields["day"] == [chosen["day"]]
    assert await cases(portal) == []


async def test_a_day_without_a_choice_is_a_choice(portal: Portal) -> None:
    who, browser = await strong(portal)
    await browser.open(f"{line_path(who.voice)}/leave/when")
    page = await browser.submit("Go on", day="2026-12-24")
    assert "Thursday 24 December 2026, 23:59, London time" in page.text


async def test_everything_is_checked_anew_at_the_end(portal: Portal) -> None:
    who, browser = await strong(portal)
    page = await to_confirming(browser, who.voice)
    fields = dict(page.form(LEAVE).fields)
    page = await browser.post(f"{line_path(who.voice)}/leave", {**fields, "when": "date", "day": "2001-01-01"})
    assert page.status == 422
    assert await cases(portal) == []


async def test_the_confirming_page_tells_wave_by_wave_what_happens_and_where_the_line_is(portal: Portal) -> None:
    who, browser = await strong(portal)
    page = await to_confirming(browser, who.voice)
    told = [page.text.index(part) for part in ("eSIM", "After this it cannot be undone", "Network", "Final bill")]
    assert told == sorted(told)
    assert "15 minutes after you confirm" in page.text
    assert "What is closed cannot be opened again" in page.text
    assert "g…@example.net" in page.text
    assert who.email not in page.html, "an address on record is only hinted at"


# ── Twice ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_form_sent_twice_makes_one_case_and_leads_there_twice(portal: Portal) -> None:
    who, browser = await strong(portal)
    form = (await to_confirming(browser, who.voice)).form(LEAVE)
    first = await browser.post(f"{line_path(who.voice)}/leave", form.fields)
    second = await browser.post(f"{line_path(who.voice)}/leave", form.fields)
    assert first.path == second.path
    assert await cases(portal) == [(who.voice, "scheduled")]


async def test_an_old_copy_of_the_form_does_not_cancel_again_what_was_undone(portal: Portal) -> None:
    who, browser = await strong(portal)
    form = (await to_confirming(browser, who.voice)).form(LEAVE)
    await browser.submit(LEAVE)
    await browser.submit("Undo, and keep it")
    page = await browser.post(f"{line_path(who.voice)}/leave", form.fields)
    assert page.path.startswith("/cases/")
    assert await cases(portal) == [(who.voice, "withdrawn")]


async def test_a_line_that_is_leaving_shows_its_case_instead_of_the_way(portal: Portal) -> None:
    who, browser = await strong(portal)
    case = (await leave(browser, who.voice)).path
    assert (await browser.open(f"{line_path(who.voice)}/leave")).path == case
    assert (await browser.open(f"{line_path(who.voice)}/leave/when")).path == case
    page = await browser.open(line_path(who.voice))
    assert LEAVE not in [text for text, _ in page.links]


async def test_after_an_undo_one_can_leave_again(portal: Portal) -> None:
    who, browser = await strong(portal)
    await leave(browser, who.voice)
    await browser.submit("Undo, and keep it")
    await leave(browser, who.voice)
    assert [state for _, state in await cases(portal)] == ["withdrawn", "scheduled"]


# ── What rules say ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_waits_for_a_person_is_told_before_the_button(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    page = await to_confirming(browser, who.voice)
    assert "A person here looks at it before anything closes" in page.text
    await browser.submit(LEAVE)
    assert await cases(portal) == [(who.voice, "in_review")]
    assert "Somebody here looks at it before anything happens" in browser.page.text


async def test_a_hold_that_is_not_public_is_not_named(portal: Portal) -> None:
    who, browser = await strong(portal)
    line = (await portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice))[0][0]
    await portal.world.hold(line, "fraud")
    page = await browser.open(f"{line_path(who.voice)}/leave")
    assert "Care has to look at something first" in page.text
    assert "raud" not in page.html
