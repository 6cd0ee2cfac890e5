"""The ways in, each through a real browser and, where a link is sent, a real mailbox."""

import re

import pyotp
from playwright.async_api import CDPSession, Page

from tests.journeys.conftest import Enrol, Portal, Visit
from tests.support.subscribers import PASSWORD, Subscriber
from tests.support.walker import Walker

NEW = "seven grey herons fly home"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def set_password_by_mail(walker: Walker, portal: Portal, who: Subscriber) -> None:
    await walker.open("/sign-in")
    await walker.press("Forgot password, or never had one?")
    await walker.write("Account number, e-mail or phone number", who.email)
    await walker.press("Send me the link")
    assert await walker.headline() == walker.says("Look into your mail")
    link = (await portal.mailed(who.email, r"http://\S+/password/\S+"))[0]
    await walker.open(link)
    await walker.page.locator("#password").fill(NEW)
    await walker.page.locator("#again").fill(NEW)
    await walker.press("Set the password")
    assert await walker.headline() == walker.says("Your password is set")
    await walker.open(link)
    assert await walker.headline() == walker.says("This link does not work any more")


async def test_who_forgot_the_password_gets_in_by_a_mailed_link_and_the_old_one_is_over(
    portal: Portal, visit: Visit, subscriber: Enrol
) -> None:
    who = await subscriber("es", totp=False)
    walker = Walker(await visit("es"), "es")
    await set_password_by_mail(walker, portal, who)
    await walker.give_password(who.email, PASSWORD)
    assert await walker.headline() == walker.says("Sign in")
    assert await walker.page.evaluate("document.activeElement.id") == "problems", "the problem is read out first"
    await walker.give_password(who.email, NEW)
    assert await walker.headline() == walker.says("Services & devices")


async def test_a_reset_lets_nobody_cancel_at_once(portal: Portal, visit: Visit, subscriber: Enrol) -> None:
    who = await subscriber("en", totp=False)
    walker = Walker(await visit("en"), "en")
    await set_password_by_mail(walker, portal, who)
    await walker.give_password(who.email, NEW)
    await walker.go(walker.page.get_by_role("link", name=re.compile(r"^\+")))
    await walker.press("Cancel this line")
    await walker.press("Go on")
    await walker.choose("As soon as possible")
    await walker.press("Go on")
    await walker.press("Cancel this line")
    await walker.sees("Undo, and keep it")
    veto = (await portal.mailed(who.email, r"http://\S+/veto/\S+"))[0]
    stranger = Walker(await visit("en"), "en")
    await stranger.open(veto)
    await stranger.press("Stop the cancellation")
    assert await stranger.headline() == "It is stopped"
    await walker.sees("You keep it as it was. It was undone on %(time)s.")


async def test_who_never_signed_in_enrols_by_a_mailed_link(portal: Portal, visit: Visit, subscriber: Enrol) -> None:
    who = await subscriber("zh-Hans", totp=False, enrolled=False)
    walker = Walker(await visit("zh-Hans"), "zh-Hans")
    await set_password_by_mail(walker, portal, who)
    await walker.give_password(who.account_number, NEW)
    assert await walker.headline() == walker.says("Services & devices")


async def test_one_time_codes_are_set_up_and_then_asked_for_and_a_recovery_code_stands_in(
    visit: Visit, subscriber: Enrol
) -> None:
    who = await subscriber("en", totp=False)
    walker = Walker(await visit("en"), "en")
    await walker.sign_in(who)
    await walker.open("/security/codes")
    await walker.press("Set up one-time codes")
    codes = pyotp.TOTP((await walker.page.locator("main code").inner_text()).replace(" ", ""))
    used = codes.now()
    await walker.write("Code", used)
    await walker.press("Turn on one-time codes")
    await walker.press("Make new recovery codes")
    recovery = await walker.page.locator("main code").all_inner_texts()
    await walker.go(walker.page.get_by_role("button", name="Sign out"))
    await walker.sign_in(who)
    assert await walker.headline() == "Enter your code"
    await walker.write("Code", used)  # half a minute later another one is shown: this one stays used, or is too old
    await walker.press("Continue")
    await walker.sees("This code is wrong, used, or too old. Take the next one.")
    await walker.write("Code", recovery[0])
    await walker.press("Continue")
    assert await walker.headline() == "Services & devices"


async def test_a_passkey_is_made_and_signs_in_without_a_word_typed(visit: Visit, subscriber: Enrol) -> None:
    who = await subscriber("zh-Hans", totp=False)
    page = await visit("zh-Hans")
    device = await authenticator(page)
    walker = Walker(page, "zh-Hans")
    await walker.sign_in(who)
    await walker.open("/security/passkeys")
    await page.locator("#name").fill("我的手机")
    await walker.press("Add a passkey")
    assert "我的手机" in await walker.text()
    await walker.go(page.get_by_role("button", name=walker.says("Sign out")))
    await walker.open("/sign-in")
    await walker.press("Sign in with a passkey")
    assert await walker.headline() == walker.says("Services & devices")
    await device.detach()


async def test_who_has_no_passkey_here_is_told_so_and_can_still_type(visit: Visit) -> None:
    page = await visit("en")
    device = await authenticator(page, isUserVerified=False)
    walker = Walker(page, "en")
    await walker.open("/sign-in")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.get_by_role("alert").get_by_text("Your device did not give a passkey.").wait_for()
    assert await page.locator("#password").is_editable()
    await device.detach()


async def authenticator(page: Page, **otherwise: bool) -> CDPSession:
    """A device with a screen lock, as Chromium's own developer tools offer one."""
    device = await page.context.new_cdp_session(page)
    await device.send("WebAuthn.enable")
    await device.send("WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, **otherwise}})
    return device
