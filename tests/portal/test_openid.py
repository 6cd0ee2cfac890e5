"""Signing in through the carrier's own provider, over a real one."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from ringoff.db.pool import Database
from ringoff.kit.clock import ManualClock
from tests.support.browser import Browser, Page
from tests.support.oidc import CLIENT, SECRET, OidcProvider, oidc_provider
from tests.support.portal import Portal, portal_of
from tests.support.world import NOW


@pytest.fixture
async def provider() -> AsyncIterator[OidcProvider]:
    async with oidc_provider(ManualClock(NOW)) as running:
        yield running


@pytest.fixture
async def portal(database: Database, provider: OidcProvider) -> AsyncIterator[Portal]:
    section = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "strong_acr": ["gold"]}
    async with portal_of(database, openid={**section, "strong_amr": ["hwk"]}) as opened:
        provider.clock = opened.world.clock
        yield opened


async def visit_provider(browser: Browser, path: str = "/sign-in/openid") -> str:
    """Go there; returns the address at which the provider sends the browser back."""
    away = await browser.client.get(path)
    assert away.status_code == 303, away.text
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(away.headers["location"])).headers["location"]


async def through(browser: Browser, path: str = "/sign-in/openid") -> Page:
    return await browser.open(await visit_provider(browser, path))


async def level(portal: Portal) -> tuple[int, str] | None:
    rows = await portal.world.rows("SELECT level, method FROM session WHERE ended_at IS NULL ORDER BY created_at DESC")
    return (rows[0][0], rows[0][1]) if rows else None


async def test_the_sign_in_page_offers_it_where_it_is_configured(portal: Portal) -> None:
    browser = portal.browser()
    page = await browser.open("/lines/L-1")
    assert page.link("Sign in through Ringoff").startswith("/sign-in/openid?onward=")


async def test_the_carriers_word_opens_the_account_that_it_names(portal: Portal, provider: OidcProvider) -> None:
    who = await portal.subscriber()
    provider.account = who.account_number
    browser = portal.browser()
    await browser.open("/sign-in")
    page = await through(browser, f"/sign-in/openid?onward=/lines/{who.voice}")
    assert page.path == f"/lines/{who.voice}"
    assert await level(portal) == (1, "openid")
    assert provider.asked[0]["max_age"] == "900"


@pytest.mark.parametrize("says", [{"acr": "gold"}, {"amr": ["pwd", "hwk"]}])
async def test_a_strong_sign_in_there_is_a_strong_one_here(
    portal: Portal, provider: OidcProvider, says: dict[str, Any]
) -> None:
    provider.account, provider.says = (await portal.subscriber()).account_number, says
    browser = portal.browser()
    await browser.open("/sign-in")
    await through(browser)
    assert await level(portal) == (2, "openid")


@pytest.mark.parametrize(
    "says",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"iss": "https://elsewhere.example"},
        {"exp": int(NOW.timestamp()) - 3600},
        {"auth_time": int(NOW.timestamp()) - 86_400},
        {"auth_time": None},
        {"account_number": "nobody"},
        {"account_number": None},
        {"account_number": 5},
    ],
    ids=str,
)
async def test_an_id_token_that_does_not_hold_signs_nobody_in(
    portal: Portal, provider: OidcProvider, says: dict[str, Any]
) -> None:
    provider.account, provider.says = (await portal.subscriber()).account_number, says
    browser = portal.browser()
    await browser.open("/sign-in")
    page = await through(browser)
    assert page.status == 401
    assert "The sign-in at your carrier did not work." in page.text
    assert await level(portal) is None


async def test_a_token_of_another_key_signs_nobody_in_but_a_new_key_is_found(
    portal: Portal, provider: OidcProvider
) -> None:
    provider.account = (await portal.subscriber()).account_number
    browser = portal.browser()
    await browser.open("/sign-in")
    assert (await through(browser)).path == "/account"
    provider.signs_with = RSAKey.generate_key(2048, {"kid": str(provider.key.kid)})
    other = portal.browser()
    await other.open("/sign-in")
    assert (await through(other)).status == 401
    provider.change_key()
    assert (await through(other)).path == "/account"


async def test_a_way_back_works_once_and_in_one_browser(portal: Portal, provider: OidcProvider) -> None:
    provider.account = (await portal.subscriber()).account_number
    mine, thief = portal.browser(), portal.browser()
    await mine.open("/sign-in")
    await thief.open("/sign-in")
    back = await visit_provider(mine)
    assert (await thief.open(back)).status == 401
    assert (await mine.open(back)).path == "/account"
    assert (await mine.open(back)).status == 401


async def test_whoever_says_no_there_is_back_on_the_sign_in_page(portal: Portal) -> None:
    browser = portal.browser()
    await browser.open("/sign-in")
    back = httpx.URL(await visit_provider(browser))
    page = await browser.open(f"/sign-in/openid/back?error=access_denied&state={back.params['state']}")
    assert (page.status, page.headline) == (401, "Sign in")


async def test_an_answer_of_another_provider_is_not_taken(portal: Portal, provider: OidcProvider) -> None:
    provider.account = (await portal.subscriber()).account_number
    browser = portal.browser()
    await browser.open("/sign-in")
    back = httpx.URL(await visit_provider(browser)).copy_set_param("iss", "https://elsewhere.example")
    assert (await browser.open(str(back))).status == 401


async def test_an_old_session_is_proved_again_by_signing_in_there_anew(portal: Portal, provider: OidcProvider) -> None:
    who = await portal.subscriber()
    provider.account = who.account_number
    browser = portal.browser()
    await browser.open("/sign-in")
    await through(browser)
    portal.world.clock.advance(timedelta(minutes=16))
    page = await browser.open("/security/pin")
    path = page.link("Confirm through Ringoff")
    provider.says = {"auth_time": int(NOW.timestamp())}
    assert (await through(browser, path)).headline == "Confirm that it is you"
    provider.says = {}
    assert (await through(browser, path)).path == "/security/pin"
    assert provider.asked[-1]["prompt"] == "login"
    provider.account = (await portal.subscriber()).account_number
    assert (await through(browser, path)).status == 401


async def test_a_provider_that_is_away_is_told_as_such(portal: Portal, provider: OidcProvider) -> None:
    assert portal.app.identity.openid is not None
    portal.app.identity.openid.issuer = "http://127.0.0.1:9"
    browser = portal.browser()
    await browser.open("/sign-in")
    page = await browser.open("/sign-in/openid")
    assert page.status == 503
    assert "does not answer at the moment" in page.text
