"""A passkey and the carrier's own provider, the other two ways to the desk: each is two factors, or no way at all."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest

from ringoff.db.pool import Database
from ringoff.features import staff
from ringoff.kit.clock import ManualClock
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser, Page
from tests.support.desk import OPERATOR, Desk, desk_of
from tests.support.oidc import CLIENT, SECRET, OidcProvider, oidc_provider
from tests.support.portal import URL
from tests.support.world import NOW


async def asked(browser: Browser, path: str) -> dict[str, Any]:
    """As passkey.js asks."""
    answer = await browser.post(path, {"csrf": browser.csrf})
    assert answer.status == 200, answer.text
    read: dict[str, Any] = json.loads(answer.response.text)
    return read


async def make(browser: Browser, device: Authenticator) -> Page:
    await browser.open("/desk/passkeys")
    form = browser.page.form("Make a passkey")
    answer = device.make(await asked(browser, "/desk/passkeys/options"))
    return await browser.post(form.action, {**form.fields, "answer": answer, "name": "The laptop"})


async def use(browser: Browser, device: Authenticator, button: str = "Sign in with a passkey") -> Page:
    form = browser.page.form(button)
    answer = device.sign(await asked(browser, "/desk/sign-in/passkey/options"))
    return await browser.post(form.action, {**form.fields, "answer": answer})


async def test_a_passkey_signs_in_and_unlocks(desk: Desk) -> None:
    device = Authenticator(URL)
    assert "The laptop" in (await make(await desk.sit_down("agent"), device)).text
    browser = desk.browser()
    await browser.open("/desk/sign-in")
    page = await use(browser, device)
    assert (page.path, page.headline) == ("/desk", "Who calls?")
    desk.portal.world.clock.advance(timedelta(minutes=11))
    assert (await browser.open("/desk")).headline == "This desk is locked"
    page = await use(browser, device, "Go on with a passkey")
    assert page.headline == "Who calls?"


async def test_a_colleagues_passkey_unlocks_no_desk(desk: Desk) -> None:
    device = Authenticator(URL)
    await make(await desk.sit_down("senior"), device)
    agent = await desk.sit_down("agent")
    await agent.submit("Lock")
    page = await use(agent, device, "Go on with a passkey")
    assert (page.status, page.headline) == (401, "This desk is locked")


async def test_a_passkey_is_made_by_whoever_has_just_proved_who_they_are(desk: Desk) -> None:
    agent = await desk.sit_down("agent")
    for _ in range(2):
        desk.portal.world.clock.advance(timedelta(minutes=8))
        page = await agent.open("/desk/passkeys")
    assert "prove again who you are" in page.text
    refused = await agent.post("/desk/passkeys/options", {"csrf": agent.csrf})
    assert refused.status == 403


async def test_another_link_takes_the_passkeys_away(desk: Desk) -> None:
    device, agent = Authenticator(URL), await desk.sit_down("agent")
    await make(agent, device)
    app, world = desk.portal.app, desk.portal.world
    async with app.database.transaction() as conn:
        link = await staff.link_of(conn, app.identity, "agent", OPERATOR, world.now)
    browser = desk.browser()
    await browser.open(link.get_secret_value().removeprefix(URL))
    secret = browser.page.text.partition("Or type it in:")[2].partition("2. A password")[0].replace(" ", "")
    password = "a new plant by the same window"
    form = {"password": password, "again": password, "code": pyotp.TOTP(secret).at(world.now)}
    await browser.submit("Set up", form)
    await browser.open("/desk/sign-in")
    assert (await use(browser, device)).status == 401


@pytest.fixture
async def provider() -> AsyncIterator[OidcProvider]:
    async with oidc_provider(ManualClock(NOW)) as running:
        yield running


@pytest.fixture
async def company(database: Database, provider: OidcProvider) -> AsyncIterator[Desk]:
    """A desk whose people sign in at their company."""
    section = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "strong_amr": ["hwk"]}
    async with desk_of(database, desk={"openid": {**section, "claim": "preferred_username"}}) as opened:
        provider.clock = opened.portal.world.clock
        yield opened


async def through(browser: Browser) -> Page:
    await browser.open("/desk/sign-in")
    away = await browser.client.get(browser.page.link("Sign in with your company account"))
    assert away.status_code == 303, away.text
    async with httpx.AsyncClient(trust_env=False) as client:
        return await browser.open((await client.get(away.headers["location"])).headers["location"])


async def test_the_company_lets_its_people_in_with_two_factors(company: Desk, provider: OidcProvider) -> None:
    await company.hire("agent", "lin")
    provider.says = {"preferred_username": "Lin", "amr": ["pwd", "hwk"]}
    page = await through(company.browser())
    assert (page.path, page.headline) == ("/desk", "Who calls?")


@pytest.mark.parametrize(
    "says",
    [
        {"preferred_username": "lin", "amr": ["pwd"]},
        {"preferred_username": "lin"},
        {"preferred_username": "nobody", "amr": ["hwk"]},
        {"preferred_username": None, "amr": ["hwk"]},
        {"preferred_username": "lin", "amr": ["hwk"], "auth_time": int((NOW - timedelta(days=1)).timestamp())},
    ],
)
async def test_its_word_lets_nobody_else_in(company: Desk, provider: OidcProvider, says: dict[str, Any]) -> None:
    await company.hire("agent", "lin")
    provider.says = says
    page = await through(company.browser())
    assert (page.status, page.headline) == (401, "Sign in at the desk")


async def test_whoever_left_is_not_let_in_by_their_company(company: Desk, provider: OidcProvider) -> None:
    await company.hire("agent", "lin")
    async with company.portal.app.database.transaction() as conn:
        await staff.disable(conn, "lin", OPERATOR, company.portal.world.now)
    provider.says = {"preferred_username": "lin", "amr": ["hwk"]}
    assert (await through(company.browser())).status == 401


async def test_without_a_provider_there_is_no_such_way(desk: Desk) -> None:
    browser = desk.browser()
    await browser.open("/desk/sign-in")
    assert "company account" not in browser.page.text
    assert (await browser.open("/desk/sign-in/openid")).status == 404
