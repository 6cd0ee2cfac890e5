"""The portal over a small carrier in a real database, its subscribers, their browsers, and the mail they are owed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette

from ringoff.app import App
from ringoff.db.pool import Database
from ringoff.kit.secrets import Seal, SecretStr
from ringoff.surfaces.portal import create_portal
from ringoff.surfaces.streams import EventStreams
from ringoff.surfaces.traffic import Traffic
from tests.support.browser import Browser, Page
from tests.support.subscribers import Subscriber, make_subscriber
from tests.support.world import THREE_WAVES, World

URL = "https://portal.test"
SECRET = "only the tests are sealed with this"


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter as it lies in the outbox. `link` is the whole address that it carries, or ""."""

    kind: str
    recipient: str
    locale: str
    facts: Mapping[str, str]
    link: str

    @property
    def path(self) -> str:
        return urlsplit(self.link).path


@dataclass(slots=True)
class Portal:
    """`world` turns its workers and moves its clock; `site` is the portal itself."""

    world: World
    site: Starlette
    browsers: list[Browser]

    @property
    def app(self) -> App:
        return self.world.app

    def browser(self, language: str = "en", address: str = "192.0.2.7") -> Browser:
        """A new one, that has never been here."""
        browser = Browser(self.site, URL, language=language, address=address)
        self.browsers.append(browser)
        return browser

    async def subscriber(self, language: str = "en", *, totp: bool = False) -> Subscriber:
        """With a voice line and a data line, enrolled a month ago."""
        return await make_subscriber(self.app.database, Seal(SecretStr(SECRET)), language, totp=totp)

    async def signed_in(self, who: Subscriber, language: str = "en", *, address: str = "192.0.2.7") -> Browser:
        """A browser of theirs that shows the page behind the sign-in; at level 2 where they have a code generator."""
        browser = self.browser(language, address)
        await sign_in(browser, self, who)
        return browser

    def code(self, who: Subscriber) -> str:
        """The one-time code of this moment."""
        assert who.totp is not None
        return str(who.totp.at(self.world.now))

    async def letters(self, recipient: str | None = None) -> list[Posted]:
        """In the order in which they were written; a link is gone once its letter has been sent."""
        rows = await self.world.rows("SELECT kind, recipient, locale, facts, secret FROM letter ORDER BY id")
        seal = Seal(SecretStr(SECRET))
        posted = [
            Posted(kind, to, locale, facts, seal.open(secret).decode() if secret else "")
            for kind, to, locale, facts, secret in rows
        ]
        return [one for one in posted if recipient in (None, one.recipient)]

    async def link(self, recipient: str, kind: str) -> str:
        """The path of the last link of that kind that was sent there."""
        found = [one.path for one in await self.letters(recipient) if one.kind == kind and one.link]
        assert found, f"no {kind} for {recipient}, only {[(one.kind, one.recipient) for one in await self.letters()]}"
        return found[-1]

    async def events(self, prefix: str = "identity.") -> list[str]:
        """The types of all audit events that begin so, in order."""
        rows = await self.world.rows("SELECT type FROM event WHERE starts_with(type, %s) ORDER BY id", prefix)
        return [row[0] for row in rows]


async def sign_in(browser: Browser, portal: Portal, who: Subscriber, password: str | None = None) -> Page:
    """With the password, and the code where one is asked for, on the page of today's language."""
    await browser.open("/sign-in")
    page = await browser.submit(action="/sign-in", name=who.account_number, password=password or who.password)
    if page.path.startswith("/sign-in/code"):
        page = await browser.submit(action="/sign-in/code", code=portal.code(who))
    return page


@asynccontextmanager
async def portal_of(
    database: Database, systems: Mapping[str, Mapping[str, Any]] = THREE_WAVES, **settings: Any
) -> AsyncIterator[Portal]:
    """Under https://portal.test, with mail; `systems` and `settings` as World.make takes them."""
    given: dict[str, Any] = {"secret": SECRET, "portal": {"url": URL}, **settings}
    world = await World.make(database, systems, mail=True, **given)
    traffic = Traffic()
    portal = Portal(world, create_portal(world.app, traffic, EventStreams(database, traffic)), [])
    try:
        yield portal
    finally:
        for browser in portal.browsers:
            await browser.close()
