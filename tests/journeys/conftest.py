"""A whole installation with a portal, a real mail server, and a real browser that walks through it."""

import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from ringoff.db.pool import Database
from ringoff.kit.secrets import Seal
from ringoff.settings import Settings
from ringoff.surfaces.up import database_url
from tests.support.installation import Installation, running_installation
from tests.support.mail import MailServer
from tests.support.real import require_program
from tests.support.subscribers import Subscriber, make_subscriber

SETTINGS = """
rules_dir = "{rules}"
secret = "a secret of this trial alone"
[portal]
url = "http://localhost:{port}"
[carrier]
name = "Example Mobile"
support = "care@example.net, 08:00 to 22:00"
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


@pytest.fixture(scope="session")
def portal_installation(mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "neutral.toml").write_text(RULES.format(cooling=4))
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

    async def open_portal(language: str = "en", *, script: bool = True, size: object = None) -> Page:
        context = await browser.new_context(
            base_url=portal.address,
            locale={"en": "en-GB", "zh-Hans": "zh-CN", "es": "es-ES"}[language],
            java_script_enabled=script,
            viewport=size or PHONE,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield open_portal
    for context in contexts:
        await context.close()


_MADE = itertools.count()


@pytest.fixture
def subscriber(portal: Portal) -> Callable[..., Awaitable[Subscriber]]:
    async def make(language: str = "en", *, totp: bool = True) -> Subscriber:
        return await make_subscriber(portal.database, portal.seal, language, totp=totp)

    return make


def shots() -> Path:
    folder = Path(__file__).parents[2] / "var" / "shots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
