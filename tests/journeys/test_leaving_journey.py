"""The whole way out as a subscriber walks it: in, out, back, out for good, and what is left afterwards."""

import re

import pytest

from ringoff.kit.i18n import Language
from tests.journeys.conftest import DESK, PHONE, Enrol, Portal, Visit
from tests.support.subscribers import Subscriber
from tests.support.walker import Typist, Walker

WAYS = [
    pytest.param(language, size, {}, id=f"{language} on a {name}")
    for language in ("en", "zh-Hans", "es")
    for name, size in (("phone", PHONE), ("desk", DESK))
]
ODD_WAYS = [
    pytest.param("en", DESK, {"keyboard": True}, id="with the keyboard alone"),
    pytest.param("zh-Hans", PHONE, {"script": False}, id="without JavaScript"),
]


@pytest.mark.parametrize(("language", "size", "how"), [*WAYS, *ODD_WAYS])
async def test_the_whole_way(
    portal: Portal, visit: Visit, subscriber: Enrol, language: Language, size: object, how: dict[str, bool]
) -> None:
    who, script = await subscriber(language), how.get("script", True)
    page = await visit(language, size=size, script=script)
    walker = (Typist if how.get("keyboard") else Walker)(page, language)
    await walker.sign_in(who)
    await leave_and_undo(walker)
    number = await leave_for_good(walker)
    await watch_it_close(walker, script)
    await ask_how_it_stands(walker, portal, who, number)
    await be_refused(walker, who)
    await fetch_the_documents(walker, portal, who, number)


async def leave_and_undo(walker: Walker) -> None:
    await walker.go(walker.page.get_by_role("link", name=re.compile(r"^\+")))
    before = walker.views - 1
    await walker.press("Cancel this line")
    await walker.press("Go on")
    await walker.choose("At the end of the paid period")
    await walker.press("Go on")
    assert walker.views - before == 4, "the page with the one button is the fourth at most"
    await walker.press("Cancel this line")
    await walker.sees("Closing starts on %(time)s. Until then everything works as before, and you can undo it.")
    await walker.press("Undo, and keep it")
    await walker.sees("You keep it as it was. It was undone on %(time)s.")


async def leave_for_good(walker: Walker) -> str:
    """With all lines, to the case page of the one at the top; its number."""
    await walker.press("Services & devices")
    await walker.press("Cancel several lines, or the whole account")
    await walker.press("Close the account")
    await walker.press("Go on")
    await walker.choose("Now")
    await walker.press("Go on")
    await walker.press("Close the account")
    link = walker.page.get_by_role("link", name=re.compile(r"C-\w{4}-\w{5}")).first
    found = re.search(r"C-\w{4}-\w{5}", await link.inner_text())
    assert found is not None
    await walker.go(link)
    return found[0]


async def watch_it_close(walker: Walker, script: bool) -> None:
    """The page moves by itself; without a script there is a link that looks again."""
    views = walker.views
    if script:
        await walker.sees("It is closed since %(time)s.")
        assert walker.views == views
        return
    for _ in range(60):
        if await walker.page.locator(".note.done").count():
            break
        await walker.press("See how it stands now")
        await walker.page.wait_for_timeout(300)
    await walker.sees("It is closed since %(time)s.")


async def ask_how_it_stands(walker: Walker, portal: Portal, who: Subscriber, number: str) -> None:
    """Without signing in, by the code from the mail."""
    code = (await portal.mailed(who.email, rf"(?s){number}.*/status.*?\b(\w{{4}}-\w{{4}})\b"))[1]
    await walker.go(walker.page.get_by_role("button", name=walker.says("Sign out")))
    await walker.press("Check my cancellation")
    await walker.write("Case number", number)
    await walker.write("Code", code)
    await walker.press("See how it stands")
    assert number in await walker.text()
    assert await walker.page.locator(".note.done").count() == 1


async def be_refused(walker: Walker, who: Subscriber) -> None:
    await walker.give_password(who.email, who.password)
    assert await walker.headline() == walker.says("This account is closed")
    await walker.sees(
        "It has been closed since %(when)s. Your password is right; there is just nothing left to sign in to."
    )
    await walker.press("Send me the link")
    assert await walker.headline() == walker.says("Look into your mail")


async def fetch_the_documents(walker: Walker, portal: Portal, who: Subscriber, number: str) -> None:
    link = (await portal.mailed(who.email, r"http://\S+/archive/\S+"))[0]
    await walker.open(link)
    await walker.press("See the documents")
    told = await walker.text()
    assert number in told
    assert who.account_number in told
    await walker.open(link)
    assert await walker.headline() == walker.says("This link no longer works")
