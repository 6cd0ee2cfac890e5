"""A whole installation with a portal, a real mail server, and a real browser that walks through it."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from ringoff.db.pool import Database
from ringoff.kit.i18n import Language
from ringoff.kit.secrets import Seal
from ringoff.settings import Settings
from ringoff.surfaces.up import database_url
from tests.support.desk_tour import Office
from tests.support.installation import Installation, running_installation
from tests.support.mail import MailServer, running_mail_server
from tests.support.real import require_program
from tests.support.subscribers import Subscriber, make_subscriber

SETTINGS = """
rules_dir = "{rules}"
secret = "a secret of this trial alone"
portal.url = "http://localhost:{port}"
carrier.name = "Example Mobile"
carrier.support = "care@example.net, 08:00 to 22:00"
"""
# The neutral rules, but nobody waits a quarter of an hour.
RULES = """
id = "neutral"
version = 2
title = "Neutral, in a hurry"
in_force_from = 2021-01-01
extends = "neutral@1"
[channels.cooling_off]
web = "PT{cooling}S"
[sources.channels]
citation = "A trial"
confidence = "own"
read_on = 2026-11-22
"""
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@dataclass
class Portal:
    """`address` as a subscriber types it. `mail` is what they find in their mailbox."""

    address: str
    installation: Installation
    database: Database
    seal: Seal
    mail: MailServer

    async def mailed(self, address: str, pattern: str, seconds: float = 30) -> re.Match[str]:
        """What the newest mail to that address says where it says this; it may still be on its way."""
        for _ in range(int(seconds / 0.1)):
            letters = [letter for letter in self.mail.messages() if letter["Envelope-To"] == address]
            for letter in reversed(letters):
                plain = letter.get_body(("plain",))
                if plain is not None and (found := re.search(pattern, plain.get_content())):
                    return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"nothing like {pattern} came, only {[letter['Subject'] for letter in letters]}")


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    """One for the whole installation, which lives as long."""
    with running_mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def portal_installation(mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "neutral.toml").write_text(RULES.format(cooling=3))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with running_installation(mail_server, SETTINGS.format(rules=rules, port=port), port) as one:
        one.address = f"http://localhost:{port}"
        yield one


@pytest.fixture
async def portal(portal_installation: Installation, mail_server: MailServer) -> AsyncIterator[Portal]:
    folder = portal_installation.folder
    settings = Settings.load(folder / "ringoff.toml", folder / "data", {})
    assert settings.secret is not None
    async with Database(database_url(settings), size=2) as database:
        yield Portal(portal_installation.address, portal_installation, database, Seal(settings.secret), mail_server)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    program = require_program("chromium", "apt-get install chromium fonts-noto-cjk")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        try:
            yield running
        finally:
            await running.close()


Visit = Callable[..., Awaitable[Page]]


@pytest.fixture
async def visit(browser: Browser, portal: Portal) -> AsyncIterator[Visit]:
    """Opens the portal in a fresh browser: `await visit(language="es", script=False, size=PHONE)`."""
    contexts: list[BrowserContext] = []

    async def open_portal(language: str = "en", *, script: bool = True, size: object = None, scale: float = 1) -> Page:
        context = await browser.new_context(
            base_url=portal.address,
            locale={"en": "en-GB", "zh-Hans": "zh-CN", "es": "es-ES"}[language],
            java_script_enabled=script,
            device_scale_factor=scale,
            viewport=size or PHONE,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield open_portal
    for context in contexts:
        await context.close()


Enrol = Callable[..., Awaitable[Subscriber]]


@pytest.fixture
def subscriber(portal: Portal) -> Enrol:
    async def make(language: str = "en", *, totp: bool = True, enrolled: bool = True) -> Subscriber:
        return await make_subscriber(portal.database, portal.seal, language, totp=totp, enrolled=enrolled)

    return make


OfficeOf = Callable[..., Office]


@pytest.fixture
def office_of(portal: Portal, visit: Visit) -> OfficeOf:
    """The desk, to be worked at in one language: `office_of("es")`."""

    async def code(address: str) -> str:
        return "".join((await portal.mailed(address, r"(?m)^\s*(\d{3}) ?(\d{3})\s*$")).groups())

    def of(language: Language, *, scale: float = 1) -> Office:
        opened = partial(visit, size=DESK, scale=scale)
        return Office(portal.database, portal.seal, language, opened, code)

    return of
