"""Who may leave, how soon, and that nobody makes another leave."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.kit.ids import case_number
from tests.support.leaving import LEAVE, SYSTEMS, case_of, cases, leave, line_path, strong, to_confirming, weak
from tests.support.portal import Portal, portal_of


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database, SYSTEMS) as opened:
        yield opened


# ── What was proved ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_password_alone_waits_three_days_and_says_so_beforehand(portal: Portal) -> None:
    who, browser = await weak(portal)
    await browser.open(f"{line_path(who.voice)}/leave/when")
    assert "nothing closes before Thursday 26 November 2026, 12:00, London time" in browser.page.text
    assert "To cancel at once, sign in with a passkey" in browser.page.text
    await browser.submit("Go on", when="now")
    await browser.submit(LEAVE)
    ((wait,),) = await portal.world.rows("SELECT ripe_at - requested_at FROM cancellation")
    assert wait == timedelta(days=3)


async def test_a_password_alone_cannot_choose_a_day_before_that(portal: Portal) -> None:
    who, browser = await weak(portal)
    await browser.open(f"{line_path(who.voice)}/leave/when")
    page = await browser.submit("Go on", when="date", day="2026-11-25")
    assert "Choose a day from Thursday 26 November 2026" in page.text
    page = await browser.submit("Go on", when="date", day="2026-11-26")
    assert page.status == 200


async def test_whoever_is_reached_at_the_address_of_record_can_object(portal: Portal) -> None:
    who, browser = await weak(portal)
    case = await leave(browser, who.voice, contact="thief@example.org")
    posted = [letter for letter in await portal.letters() if letter.kind == "cancel_veto"]
    assert [(letter.recipient, letter.path[:6]) for letter in posted] == [(who.email, "/veto/")]
    assert posted[0].facts["case_number"] == case_number(case_of(case))


async def test_with_a_second_factor_it_is_now_and_nobody_is_asked(portal: Portal) -> None:
    who, browser = await strong(portal)
    await leave(browser, who.voice)
    ((wait,),) = await portal.world.rows("SELECT ripe_at - requested_at FROM cancellation")
    assert wait == timedelta(minutes=15)
    assert "cancel_veto" not in [letter.kind for letter in await portal.letters()]


async def test_an_old_session_proves_again_who_is_there(portal: Portal) -> None:
    who, browser = await strong(portal)
    portal.world.clock.advance(timedelta(minutes=16))
    await to_confirming(browser, who.voice)
    page = await browser.submit(LEAVE, proof="a guess of mine")
    assert page.status == 422
    assert "This is not your password" in page.text
    assert "a guess of mine" not in page.html
    assert await cases(portal) == []
    assert await portal.world.rows("SELECT failures FROM guess WHERE factor = 'password'") == [(1,)]
    await browser.submit(LEAVE, proof=who.password)
    assert await cases(portal) == [(who.voice, "scheduled")]
    assert (await browser.open("/account")).status == 200, "the session goes on under its new secret"


async def test_an_old_session_can_prove_it_by_a_code(portal: Portal) -> None:
    who, browser = await strong(portal)
    portal.world.clock.advance(timedelta(minutes=16))
    await to_confirming(browser, who.voice)
    assert case_of(await browser.submit(LEAVE, proof=portal.code(who)))


async def test_an_empty_proof_is_no_guess_and_another_way_leads_back(portal: Portal) -> None:
    who, browser = await strong(portal)
    portal.world.clock.advance(timedelta(minutes=16))
    await to_confirming(browser, who.voice)
    page = await browser.submit(LEAVE)
    assert page.status == 422
    assert "Enter your password or a code" in page.text
    assert await portal.world.rows("SELECT failures FROM guess WHERE failures > 0") == []
    await browser.click("Prove it in another way, such as with a passkey")
    page = await browser.submit("Confirm with the password", password=who.password)
    assert page.path == f"{line_path(who.voice)}/leave/when"
    await browser.submit("Go on", when="now")
    assert case_of(await browser.submit(LEAVE))


async def test_the_holders_own_lock_is_respected_and_says_where_to_lift_it(portal: Portal) -> None:
    who, browser = await strong(portal)
    form = (await to_confirming(browser, who.voice)).form(LEAVE)
    await portal.world.rows("UPDATE login SET cancel_locked_at = now()")
    page = await browser.post(f"{line_path(who.voice)}/leave", form.fields)
    assert page.status == 422
    assert "Cancelling is locked" in page.text
    assert page.link("To the lock") == "/security"
    assert await cases(portal) == []
    page = await browser.open(f"{line_path(who.voice)}/leave/when")
    assert "Cancelling is locked" in page.text


# ── Others' lines ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_lines_of_others_do_not_exist(portal: Portal) -> None:
    other = await portal.subscriber()
    number = (await portal.world.rows("SELECT msisdn FROM line WHERE line_ref = %s", other.voice))[0][0]
    who, browser = await strong(portal)
    unknown = (await browser.open("/lines/no-such-line")).text
    for path in [line_path(other.voice), line_path(number), "/lines/iccid:8944"]:
        for step in ("", "/leave", "/leave/when"):
            page = await browser.open(path + step)
            assert page.status == 404
            assert page.text.split("Reference")[0] == unknown.split("Reference")[0]
    fields = dict((await to_confirming(browser, who.voice)).form(LEAVE).fields)
    for path in (f"{line_path(other.voice)}/leave/confirm", f"{line_path(other.voice)}/leave"):
        assert (await browser.post(path, fields)).status == 404
    for path in ("/leave/prepare", "/leave/when", "/leave/confirm", "/leave"):
        assert (await browser.post(path, {**fields, "line": [who.data, other.voice]})).status == 404
    assert await cases(portal) == []


@pytest.mark.parametrize("path", ["/leave", "/lines/x", "/lines/x/leave", "/lines/x/leave/when", "/account"])
async def test_a_visitor_who_is_not_signed_in_is_asked_to(portal: Portal, path: str) -> None:
    page = await portal.browser().open(path)
    assert page.status == 401
    assert [form for form in page.forms if form.action == "/sign-in"]


async def test_a_form_of_another_site_cancels_nothing(portal: Portal) -> None:
    who, browser = await strong(portal)
    fields = dict((await to_confirming(browser, who.voice)).form(LEAVE).fields)
    page = await browser.post(f"{line_path(who.voice)}/leave", fields, origin="https://evil.test")
    assert page.status == 403
    page = await browser.post(f"{line_path(who.voice)}/leave", {**fields, "csrf": "guessed"})
    assert page.status == 403
    assert await cases(portal) == []


async def test_after_a_recent_change_even_a_second_factor_waits_until_a_week_is_over(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE login SET changed_at = %s RETURNING 1", portal.world.now - timedelta(days=2))
    await browser.open(f"{line_path(who.voice)}/leave/when")
    assert "Closing starts Saturday 28 November 2026, 12:00, London time" in browser.page.text
    page = await browser.submit("Go on", when="now")
    assert "Saturday 28 November 2026, 12:00, London time" in page.text
    await browser.submit(LEAVE)
    assert await portal.world.rows("SELECT ripe_at::text FROM cancellation") == [("2026-11-28 12:00:00+00",)]
    assert "cancel_veto" in [letter.kind for letter in await portal.letters(who.email)]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "You have locked cancelling since"), ("zh-Hans", "锁定了注销"), ("es", "bloqueó las bajas")],
)
async def test_a_lock_that_was_set_afterwards_is_told_on_the_case_page_which_can_still_undo(
    portal: Portal, language: str, told: str
) -> None:
    who, browser = await strong(portal, language)
    ((line,),) = await portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    case = await portal.world.case(line, channel="web", level=2)
    await portal.world.rows("UPDATE login SET cancel_locked_at = %s", portal.world.now + timedelta(seconds=1))
    portal.world.clock.advance(timedelta(minutes=16))
    await portal.world.drain()
    page = await browser.open(f"/cases/{case_number(case)}")
    assert told in page.text
    assert [form.action for form in page.forms if form.action.endswith("/undo")]
