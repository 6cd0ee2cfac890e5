"""The security pages: what protects the account, changed with a fresh proof, and told to its holder."""

import re
from datetime import timedelta

import pyotp
import pytest

from tests.support.browser import Browser
from tests.support.portal import Portal, sign_in

NEW = "seven grey herons fly home"
PAGES = ("", "/password", "/codes", "/passkeys", "/sessions", "/contact", "/pin", "/lock", "/prove")
FRESH = ("/codes", "/passkeys", "/contact", "/pin")


async def last_letter(portal: Portal, recipient: str) -> tuple[str, str | None]:
    letter = (await portal.letters(recipient))[-1]
    return letter.kind, letter.facts.get("what")


async def set_up_codes(portal: Portal, browser: Browser) -> pyotp.TOTP:
    await browser.open("/security/codes")
    page = await browser.submit("Set up one-time codes")
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", page.html)
    assert shown is not None
    totp = pyotp.TOTP(shown[1].replace(" ", ""))
    await browser.submit("Turn on one-time codes", code=totp.at(portal.world.now))
    return totp


@pytest.mark.parametrize("language", ["en", "zh-Hans", "es"])
async def test_every_page_opens_in_the_holders_language(portal: Portal, language: str) -> None:
    browser = await portal.signed_in(await portal.subscriber(language, totp=True))
    for path in PAGES:
        page = await browser.open(f"/security{path}")
        assert (page.status, page.language) == (200, language)
        assert len(page.ids) == len(set(page.ids)), path
        if language != "en":
            assert not {"the", "your", "of"} & set(page.text.lower().split()), page.text


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_opens_without_a_session(portal: Portal, path: str) -> None:
    page = await portal.browser().open(f"/security{path}")
    assert (page.status, page.headline) == (401, "Sign in")


# ── Proving again ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("path", FRESH)
async def test_an_old_session_is_asked_once_more_and_goes_on_where_it_was(portal: Portal, path: str) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    portal.world.clock.advance(timedelta(minutes=16))
    before = browser.cookie("ringoff_session")
    page = await browser.open(f"/security{path}")
    assert page.headline == "Confirm that it is you"
    page = await browser.submit("Confirm with the password", password="not the right one")
    assert page.status == 401
    page = await browser.submit("Confirm with the password", password=who.password)
    assert page.path == f"/security{path}"
    assert browser.cookie("ringoff_session") != before


async def test_a_code_proves_more_than_a_password(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    browser = await portal.signed_in(who)
    portal.world.clock.advance(timedelta(minutes=16))
    await browser.open("/security/pin")
    page = await browser.submit("Confirm with a code", code=portal.code(who))
    assert page.path == "/security/pin"


async def test_a_form_that_waited_too_long_changes_nothing(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    await browser.open("/security/pin")
    portal.world.clock.advance(timedelta(minutes=16))
    page = await browser.submit("Set the PIN", pin="739146")
    assert page.headline == "Confirm that it is you"
    assert await portal.letters(who.email) == []


# ── Password ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_changed_password_ends_the_other_sessions_and_is_told(portal: Portal) -> None:
    who = await portal.subscriber()
    browser, other = await portal.signed_in(who), await portal.signed_in(who)
    await browser.open("/security/password")
    page = await browser.submit("Change the password", old="wrong", password=NEW, again=NEW)
    assert (page.status, "This is not your present password" in page.text) == (422, True)
    page = await browser.submit("Change the password", old=who.password, password=NEW, again="another one entirely")
    assert (page.status, "The two are not the same." in page.text) == (422, True)
    page = await browser.submit("Change the password", old=who.password, password=NEW, again=NEW)
    assert "Your password is changed." in page.text
    assert (await other.open("/account")).status == 401
    assert (await browser.open("/account")).status == 200
    assert (await sign_in(portal.browser(), portal, who)).status == 401
    assert (await sign_in(portal.browser(), portal, who, NEW)).path == "/account"
    assert await last_letter(portal, who.email) == ("password_changed", None)


# ── Codes ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_codes_are_set_up_with_a_picture_and_its_text_and_asked_for_from_then_on(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    await browser.open("/security/codes")
    page = await browser.submit("Set up one-time codes")
    assert "<svg" in page.html
    assert "style=" not in page.html
    first = re.search(r"<code>([A-Z2-7 ]+)</code>", page.html)
    page = await browser.submit("Turn on one-time codes", code="000000")
    assert page.status == 422
    again = re.search(r"<code>([A-Z2-7 ]+)</code>", page.html)
    assert first is not None
    assert again is not None
    assert again[1] == first[1]
    totp = pyotp.TOTP(first[1].replace(" ", ""))
    page = await browser.submit("Turn on one-time codes", code=totp.at(portal.world.now))
    assert page.path == "/security/codes"
    assert "also let you cancel at once" in page.text
    assert await last_letter(portal, who.email) == ("totp_changed", "set")
    assert (await browser.open("/security/codes/new")).path == "/security/codes"  # never shown again
    portal.world.clock.advance(timedelta(seconds=30))
    fresh = portal.browser()
    await fresh.open("/sign-in")
    page = await fresh.submit("Sign in", name=who.account_number, password=who.password)
    assert page.headline == "Enter your code"
    assert (await fresh.submit("Continue", code=totp.at(portal.world.now))).path == "/account"


async def test_recovery_codes_are_shown_once_and_each_gets_in_once(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    await set_up_codes(portal, browser)
    await browser.open("/security/codes")
    page = await browser.submit("Make new recovery codes")
    made = re.findall(r"<code>([0-9A-Z-]{19})</code>", page.html)
    assert len(set(made)) == 10
    assert made[0] not in (await browser.open("/security/codes")).html
    for status, code in ((200, made[0].lower()), (401, made[0]), (200, made[1])):
        lost = portal.browser()
        await lost.open("/sign-in")
        await lost.submit("Sign in", name=who.account_number, password=who.password)
        assert (await lost.submit("Continue", code=code)).status == status
    assert "recovery codes left: 8" in (await browser.open("/security")).text


async def test_codes_are_removed_with_a_fresh_proof_and_it_is_told(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    await set_up_codes(portal, browser)
    await browser.open("/security/codes")
    page = await browser.submit("Remove one-time codes")
    assert "Set up one-time codes" in page.text
    assert await last_letter(portal, who.email) == ("totp_changed", "removed")


# ── Sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_sessions_are_listed_and_ended_one_by_one_or_all(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    others = [await portal.signed_in(who, address=f"198.51.100.{n}") for n in range(3)]
    page = await browser.open("/security/sessions")
    assert page.text.count("Firefox · Linux") == 4
    assert page.text.count("This one") == 1
    ids = [f.fields["session"][0] for f in page.forms if f.fields.get("session", [""])[0]]
    await browser.post("/security/sessions", {"csrf": browser.csrf, "session": ids[0]})
    assert sorted([(await other.open("/account")).status for other in others]) == [200, 200, 401]
    await browser.open("/security/sessions")
    page = await browser.submit("Sign out everywhere else")
    assert [(await other.open("/account")).status for other in others] == [401, 401, 401]
    assert page.text.count("Firefox · Linux") == 1


async def test_nobody_ends_the_session_of_another(portal: Portal) -> None:
    victim = await portal.signed_in(await portal.subscriber())
    browser = await portal.signed_in(await portal.subscriber())
    rows = await portal.world.rows("SELECT public_id FROM session ORDER BY account_id")
    await browser.open("/security/sessions")
    page = await browser.post("/security/sessions", {"csrf": browser.csrf, "session": rows[0][0]})
    assert page.status == 404
    assert (await victim.open("/account")).status == 200


# ── PIN, lock, contact ───────────────────────────────────────────────────────────────────────────────────────────
async def test_a_pin_is_set_changed_and_removed(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    await browser.open("/security/pin")
    for pin, says in (("1234", "6 to 10 digits"), ("123456", "tried first")):
        page = await browser.submit("Set the PIN", pin=pin)
        assert (page.status, says in page.text) == (422, True)
        assert pin not in page.html
    page = await browser.submit("Set the PIN", pin="739146")
    assert "Your account PIN is set." in page.text
    assert await last_letter(portal, who.email) == ("pin_changed", "set")
    await browser.open("/security/pin")
    page = await browser.submit("Remove the PIN")
    assert "Your account PIN is removed." in page.text
    assert await last_letter(portal, who.email) == ("pin_changed", "removed")


async def test_the_lock_is_easy_to_set_and_hard_to_lift(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    portal.world.clock.advance(timedelta(minutes=16))
    await browser.open("/security/lock")
    page = await browser.submit("Set the lock")
    assert "Lift the lock" in page.html
    page = await browser.submit("Lift the lock")
    assert page.headline == "Confirm that it is you"
    page = await browser.submit("Confirm with the password", password=who.password)
    page = await browser.submit("Lift the lock")
    assert "Set the lock" in page.html
    letters = [(one.kind, one.facts["what"]) for one in await portal.letters(who.email)]
    assert letters == [("cancel_lock", "set"), ("cancel_lock", "lifted")]


async def test_a_new_address_counts_once_its_mail_was_read_and_the_old_one_hears_of_it(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = await portal.signed_in(who)
    await browser.open("/security/contact")
    page = await browser.submit("Send a link there", email="no address")
    assert (page.status, page.form("Send a link there").fields["email"]) == (422, ["no address"])
    page = await browser.submit("Send a link there", email="new@example.net")
    assert "We have sent a link to the new address." in page.text
    assert who.email in (await browser.open("/security")).text
    assert [one.kind for one in await portal.letters("new@example.net")] == ["contact_confirm"]
    path = await portal.link("new@example.net", "contact_confirm")
    elsewhere = portal.browser()
    for _ in range(2):
        page = await elsewhere.open(path)
    assert who.email in (await browser.open("/security")).text
    page = await elsewhere.submit("Yes, this is my address")
    assert page.headline == "Your e-mail address is changed"
    assert "new@example.net" in (await browser.open("/security")).text
    assert (await elsewhere.open(path)).status == 410
    assert await last_letter(portal, who.email) == ("contact_changed", "changed")
