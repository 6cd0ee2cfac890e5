"""Signing in and out, and the way back in, as a browser does it."""

from datetime import timedelta

import pytest

from tests.support.portal import Portal, sign_in

NEW = "seven grey herons fly home"


# ── In and out ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_holder_signs_in_with_a_number_and_a_password_and_signs_out_again(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    assert browser.page.path == "/account"
    assert who.account_number in browser.page.text
    page = await browser.submit("Sign out")
    assert page.path == "/"
    assert browser.cookie("ringoff_session") is None
    assert (await browser.open("/account")).status == 401


@pytest.mark.parametrize("spelling", ["number", "email", "shouted", "phone", "at home"])
async def test_any_name_that_leads_to_the_account_will_do(portal: Portal, spelling: str) -> None:
    who = await portal.subscriber()
    msisdn = (await portal.world.rows("SELECT msisdn FROM line WHERE line_ref = %s", who.voice))[0][0]
    names = {
        "number": who.account_number,
        "email": who.email,
        "shouted": f"  {who.email.upper()} ",
        "phone": msisdn,
        "at home": f"+{msisdn[1:3]} {msisdn[3:7]} {msisdn[7:]}",
    }
    browser = portal.browser()
    await browser.open("/sign-in")
    page = await browser.submit("Sign in", name=names[spelling], password=who.password)
    assert page.path == "/account"


async def test_whoever_has_set_up_codes_is_asked_for_one_and_sees_nothing_before(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    browser = portal.browser()
    await browser.open("/sign-in")
    page = await browser.submit("Sign in", name=who.account_number, password=who.password)
    assert page.path == "/sign-in/code"
    assert (await browser.open("/account")).status == 401
    await browser.open("/sign-in/code")
    page = await browser.submit("Continue", code="000000")
    assert page.status == 401
    assert "This code is wrong" in page.text
    page = await browser.submit("Continue", code=portal.code(who))
    assert page.path == "/account"
    assert "identity.signed_in" in await portal.events()


async def test_a_page_that_needs_a_session_asks_for_it_and_goes_on(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    browser = portal.browser()
    page = await browser.open(f"/lines/{who.voice}")
    assert (page.status, page.headline) == (401, "Sign in")
    page = await browser.submit("Sign in", name=who.account_number, password=who.password)
    page = await browser.submit("Continue", code=portal.code(who))
    assert page.path == f"/lines/{who.voice}"


async def test_a_code_that_comes_too_late_starts_anew(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    browser = portal.browser()
    await browser.open("/sign-in")
    await browser.submit("Sign in", name=who.account_number, password=who.password)
    portal.world.clock.advance(timedelta(minutes=11))
    page = await browser.open("/sign-in/code")
    assert page.path == "/sign-in"


# ── Closed ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_closed_account_says_since_when_and_sends_one_link_to_its_documents(portal: Portal) -> None:
    who = await portal.subscriber()
    await portal.world.rows("UPDATE account SET closed_at = %s WHERE id = %s", portal.world.now, who.account_id)
    browser = portal.browser()
    page = await sign_in(browser, portal, who)
    assert page.status == 403
    assert "This account is closed" in page.text
    assert "Monday 23 November 2026, 12:00, London time" in page.text
    assert browser.cookie("ringoff_session") is None
    form = browser.page.form("Send me the link")
    page = await browser.submit("Send me the link")
    assert page.headline == "Look into your mail"
    assert [one.kind for one in await portal.letters(who.email)] == ["archive_link"]
    again = await browser.post(form.action, form.fields)
    assert again.path == "/forgot"
    assert len(await portal.letters(who.email)) == 1


async def test_a_closed_account_is_told_to_nobody_without_its_password(portal: Portal) -> None:
    who = await portal.subscriber()
    await portal.world.rows("UPDATE account SET closed_at = %s WHERE id = %s", portal.world.now, who.account_id)
    page = await sign_in(portal.browser(), portal, who, password="not the right password")
    assert page.status == 401
    assert "closed" not in page.text


# ── The way back ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_forgotten_password_is_replaced_by_a_link_to_the_mailbox(portal: Portal) -> None:
    who = await portal.subscriber()
    elsewhere = await portal.signed_in(who)
    browser = portal.browser()
    await browser.open("/sign-in")
    await browser.click("Forgot password, or never had one?")
    page = await browser.submit("Send me the link", name=who.account_number)
    assert page.headline == "Look into your mail"
    path = await portal.link(who.email, "reset")
    for _ in range(3):  # a mail program looks first
        assert (await portal.browser().open(path)).headline == "Set a new password"
    await browser.open(path)
    page = await browser.submit("Set the password", password=NEW, again=NEW)
    assert page.headline == "Your password is set"
    assert (await elsewhere.open("/account")).status == 401
    assert (await sign_in(browser, portal, who, NEW)).path == "/account"
    assert "password_changed" in [one.kind for one in await portal.letters(who.email)]


async def test_whoever_never_had_a_password_enrols_by_the_same_way(portal: Portal) -> None:
    await portal.world.lines("A", email="newcomer@example.net")
    browser = portal.browser()
    await browser.open("/forgot")
    await browser.submit("Send me the link", name="A")
    page = await browser.open(await portal.link("newcomer@example.net", "enrol"))
    assert page.headline == "Set your password"
    await browser.submit("Set the password", password=NEW, again=NEW)
    await browser.open("/sign-in")
    page = await browser.submit("Sign in", name="A", password=NEW)
    assert page.path == "/account"


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "Use at least 15 characters."),
        (NEW, NEW + "!", "The two are not the same."),
        ("passwordpassword", "passwordpassword", "Many people use this password"),
        ("Grace Okafor 12", "Grace Okafor 12", "little more than a name or number of yours"),
    ],
)
async def test_a_password_that_is_not_good_enough_leaves_the_link_as_it_was(
    portal: Portal, password: str, again: str, says: str
) -> None:
    who = await portal.subscriber()
    browser = portal.browser()
    await browser.open("/forgot")
    await browser.submit("Send me the link", name=who.email)
    await browser.open(await portal.link(who.email, "reset"))
    page = await browser.submit("Set the password", password=password, again=again)
    assert page.status == 422
    assert says in page.text
    assert password not in page.html
    assert (await browser.submit("Set the password", password=NEW, again=NEW)).headline == "Your password is set"


@pytest.mark.parametrize("language", ["zh-Hans", "es"])
async def test_the_pages_speak_the_visitors_language(portal: Portal, language: str) -> None:
    browser = portal.browser(language)
    for path in ("/sign-in", "/forgot", "/forgot/sent", "/password/never-made", "/password/set"):
        page = await browser.open(path)
        assert page.language == language
        assert not {"the", "your", "password"} & set(page.text.lower().split()), page.text
