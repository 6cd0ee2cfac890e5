"""People who walk through the portal in a real browser, by what it says in their language and in no other way."""

import re

from playwright.async_api import Locator, Page, Response

from ringoff.kit.i18n import Language, phrases
from tests.support.subscribers import Subscriber

_STOPS_MOST, _CHOICES_MOST = 80, 10  # that anybody can be asked to go through
_SEEN = (
    "() => getComputedStyle(document.activeElement).outlineStyle !== 'none' || document.activeElement === document.body"
)
_HERE = "element => element === document.activeElement"
_IN_ITS_GROUP = "element => element.type === 'radio' && element.name === document.activeElement.name"


class Walker:
    """With a mouse or a finger. `views` counts the pages that were shown, errors included, redirections not."""

    def __init__(self, page: Page, language: Language) -> None:
        self.page, self.language = page, language
        self.views = 0
        self._say = phrases(language)
        page.on("response", self._count)

    def says(self, phrase: str, **values: str) -> str:
        """A phrase of ours as this person reads it."""
        told = self._say.gettext(phrase)
        return told % values if values else told

    async def open(self, address: str) -> None:
        await self.page.goto(address)

    async def press(self, phrase: str) -> None:
        """The one link or button in the page that says this; it leads to a page."""
        name, main = self.says(phrase), self.page.locator("main")
        link, button = (
            main.get_by_role("link", name=name, exact=True),
            main.get_by_role("button", name=name, exact=True),
        )
        await self.go(link.or_(button))

    async def go(self, target: Locator) -> None:
        async with self.page.expect_navigation():
            await self._activate(target)

    async def write(self, label: str, value: str) -> None:
        await self.page.get_by_label(self.says(label), exact=True).fill(value)

    async def choose(self, label: str) -> None:
        await self.page.get_by_label(self.says(label), exact=True).check()

    async def sees(self, phrase: str) -> None:
        """Waits for a phrase of ours, whatever stands in its places."""
        told = re.sub(r"%\\\(\w+\\\)[sd]|%\(\w+\)[sd]", ".+", re.escape(self.says(phrase)))
        await self.page.locator("main").get_by_text(re.compile(told)).first.wait_for()

    async def headline(self) -> str:
        return await self.page.locator("h1").inner_text()

    async def text(self) -> str:
        """What can be seen, in one line."""
        return " ".join((await self.page.locator("main").inner_text()).split())

    async def give_password(self, name: str, password: str) -> None:
        await self.open("/")
        await self.press("Sign in")
        await self.write("Account number, e-mail or phone number", name)
        await self.write("Password", password)
        await self.press("Sign in")

    async def sign_in(self, who: Subscriber) -> None:
        """With all that they have set up."""
        await self.give_password(who.account_number, who.password)
        if who.totp is not None:
            await self.write("Code", who.totp.now())
            await self.press("Continue")

    async def _activate(self, target: Locator) -> None:
        await target.click()

    def _count(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and not 300 <= response.status < 400:
            self.views += 1


class Typist(Walker):
    """With the keyboard alone: Tab, Enter, Space, arrows inside a question. Wherever one is, it must be seen."""

    async def write(self, label: str, value: str) -> None:
        await self._reach(self.page.get_by_label(self.says(label), exact=True))
        await self.page.keyboard.type(value)

    async def choose(self, label: str) -> None:
        target = self.page.get_by_label(self.says(label), exact=True)
        await self._reach(target, _IN_ITS_GROUP)  # a group is one stop
        await self.page.keyboard.press("Space")
        for _ in range(_CHOICES_MOST):
            if await target.evaluate(_HERE):
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {target}")

    async def _activate(self, target: Locator) -> None:
        await self._reach(target)
        await self.page.keyboard.press("Enter")

    async def _reach(self, target: Locator, there: str = _HERE) -> None:
        for _ in range(_STOPS_MOST):
            await self.page.keyboard.press("Tab")
            assert await self.page.evaluate(_SEEN), "the focus cannot be seen"
            if await target.evaluate(there):
                return
        raise AssertionError(f"Tab never reaches {target}")
