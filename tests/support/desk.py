"""The desk beside the portal, over a small carrier in a real database, and the people who work there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
from starlette.types import ASGIApp

from ringoff.db.pool import Database
from ringoff.features import staff
from ringoff.features.staff import Member, Role
from ringoff.kit.actor import Actor
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.server import compose
from tests.support.browser import Browser, Page
from tests.support.portal import URL, Portal, portal_of
from tests.support.subscribers import Subscriber

PASSWORD = "a desk by the window with a plant"
OPERATOR = Actor("operator:test", "cli")
NAMES: dict[Role, str] = {
    "agent": "Ana Agent",
    "senior": "Sam Senior",
    "finance": "Fay Finance",
    "operations": "Oli Operations",
    "auditor": "Aud Auditor",
    "administrator": "Ada Administrator",
}


@dataclass(slots=True)
class Desk:
    """`site` answers as the server does: the API, the portal and the desk at one address."""

    portal: Portal
    site: ASGIApp
    generators: dict[str, pyotp.TOTP] = field(default_factory=dict)

    async def hire(self, role: Role, name: str | None = None) -> str:
        """Somebody of that role, set up and ready to sign in."""
        name = name or role
        app, world = self.portal.app, self.portal.world
        async with app.database.transaction() as conn:
            link = await staff.add(conn, app.identity, name, NAMES[role], role, OPERATOR, world.now)
        token = SecretStr(link.get_secret_value().rpartition("/")[2])
        async with app.database.transaction() as conn:
            begun = await staff.begin(conn, app.identity, token, world.now)
            generator = pyotp.TOTP(begun.secret.get_secret_value())
            code = SecretStr(generator.at(world.now))
            made = await staff.set_up(conn, app.identity, token, SecretStr(PASSWORD), code, OPERATOR, world.now)
        assert isinstance(made, Member), made
        self.generators[name] = generator
        return name

    def browser(self, language: str = "en", address: str = "192.0.2.50") -> Browser:
        browser = Browser(self.site, URL, language=language, address=address)
        self.portal.browsers.append(browser)
        return browser

    def code(self, name: str) -> str:
        """A code works once, so the clock goes on to the next."""
        self.portal.world.clock.advance(timedelta(seconds=31))
        return str(self.generators[name].at(self.portal.world.now))

    async def sit_down(self, role: Role, name: str | None = None, language: str = "en") -> Browser:
        """Somebody of that role, hired and signed in."""
        name = name if name in self.generators else await self.hire(role, name)
        browser = self.browser(language)
        await self.sign_in(browser, name)
        return browser

    async def sign_in(self, browser: Browser, name: str) -> Page:
        await browser.open("/desk/sign-in")
        form = {"name": name, "password": PASSWORD, "code": self.code(name)}
        page = await browser.submit(action="/desk/sign-in", values=form)
        assert page.path == "/desk", f"{page.path} ({page.status}): {page.text}"
        return page

    async def open_call(self, agent: Browser, text: str) -> Page:
        """From the search to the page that asks who calls."""
        await agent.open("/desk")
        await agent.submit(action="/desk/find", text=text)
        return await agent.submit(action="/desk/calls")

    async def known_caller(self, agent: Browser, who: Subscriber) -> str:
        """By a code sent to the address of record; the path of the call."""
        path = (await self.open_call(agent, who.account_number)).path
        await agent.submit(action=f"{path}/send-code")
        code = [letter.link for letter in await self.portal.letters(who.email) if letter.kind == "call_code"][-1]
        page = await agent.submit(action=f"{path}/code", code=code)
        assert (page.status, page.path) == (200, path), page.text
        return path


@asynccontextmanager
async def desk_of(database: Database, *args: Any, **settings: Any) -> AsyncIterator[Desk]:
    async with portal_of(database, *args, **settings) as portal:
        yield Desk(portal, compose(portal.app))
