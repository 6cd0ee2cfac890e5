"""What somebody tries who is not the holder: forged forms, planted cookies, replays, redirects, asking who exists."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route

from ringoff.surfaces.portal.onward import onward_of
from tests.support.browser import Browser, Page
from tests.support.portal import URL, Portal, sign_in

NEW = "seven grey herons fly home"
OURS = re.compile(r"/(sign-in|sign-out|security|forgot|password|confirm)")
ELSEWHERE = [
    *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "/\n/evil.example", " //evil.example", "javascript:alert(1)", "http:evil.example"),
    *("https:/evil.example", "/x\r\nLocation: https://evil.example", "evil.example", "?//evil.example"),
]


def forms_of(site: Starlette) -> Iterator[str]:
    """Every address that takes a form, with something in place of its parameters."""
    for route in site.routes:
        if isinstance(route, Route) and "POST" in (route.methods or ()):
            yield re.sub(r"\{[^}]+\}", "1", route.path)


# ── Forged forms ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_no_form_is_taken_that_does_not_carry_our_secret(portal: Portal) -> None:
    browser = await portal.signed_in(await portal.subscriber())
    paths = list(forms_of(portal.site))
    assert len(paths) > 20
    for path in paths:
        for forged in ({}, {"csrf": "guess"}):
            page = await browser.post(path, {**forged, "password": NEW, "again": NEW, "session": "", "pin": "739146"})
            assert page.status == 403 or (page.status == 404 and not OURS.match(path)), path
    assert (await browser.open("/account")).status == 200
    assert await portal.letters() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "https://portal.test.evil.example"},
    ],
    ids=str,
)
async def test_no_form_is_taken_from_another_site_even_with_the_secret(portal: Portal, headers: dict[str, str]) -> None:
    browser = await portal.signed_in(await portal.subscriber())
    csrf = browser.csrf
    for path in forms_of(portal.site):
        page = await browser.post(path, {"csrf": csrf, "session": ""}, **headers)
        assert page.status == 403 or (page.status == 404 and not OURS.match(path)), path
    assert (await browser.open("/account")).status == 200


async def test_the_secret_of_a_form_is_of_one_browser_and_one_session(portal: Portal) -> None:
    who = await portal.subscriber()
    browser, other = await portal.signed_in(who), await portal.signed_in(who)
    page = await browser.post("/security/lock", {"csrf": other.csrf})
    assert page.status == 403
    old = browser.csrf
    await browser.open("/account")
    await browser.submit("Sign out")
    await sign_in(browser, portal, who)
    assert (await browser.post("/security/lock", {"csrf": old})).status == 403


# ── Planted cookies ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_session_gets_a_new_secret_whenever_more_is_proved(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    browser = portal.browser()
    browser.client.cookies.set("__Host-ringoff_session", "planted-by-somebody", domain="portal.test")
    await browser.open("/sign-in")
    seen = ["planted-by-somebody"]
    await browser.submit("Sign in", name=who.account_number, password=who.password)
    seen.append(str(browser.cookie("ringoff_session")))
    await browser.submit("Continue", code=portal.code(who))
    seen.append(str(browser.cookie("ringoff_session")))
    portal.world.clock.advance(timedelta(minutes=16))
    await browser.open("/security/prove")
    await browser.submit("Confirm with the password", password=who.password)
    seen.append(str(browser.cookie("ringoff_session")))
    assert len(set(seen)) == 4
    for stale in seen[:-1]:
        thief = portal.browser()
        thief.client.cookies.set("__Host-ringoff_session", stale, domain="portal.test")
        assert (await thief.open("/account")).status == 401


async def test_signing_in_anew_ends_the_session_that_was_there(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    browser = portal.browser()
    await browser.open("/sign-in")
    await browser.submit("Sign in", name=who.account_number, password=who.password)
    stale = str(browser.cookie("ringoff_session"))
    await browser.open("/sign-in")
    await browser.submit("Sign in", name=who.account_number, password=who.password)
    thief = portal.browser()
    thief.client.cookies.set("__Host-ringoff_session", stale, domain="portal.test")
    assert (await thief.open("/sign-in/code")).path == "/sign-in"


async def test_cookies_are_out_of_reach_for_scripts_other_hosts_and_the_open_net(portal: Portal) -> None:
    browser = portal.browser()
    await browser.open("/sign-in")
    who = await portal.subscriber()
    form = {"csrf": browser.csrf, "name": who.account_number, "password": who.password}
    response = await browser.client.post("/sign-in", data=form)
    (session,) = (c for c in response.headers.get_list("set-cookie") if "ringoff_session=" in c)
    assert session.startswith("__Host-")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in session
    assert "Domain" not in session
    assert response.headers["cache-control"] == "no-store"


async def test_half_a_sign_in_opens_nothing(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    browser = portal.browser()
    await browser.open("/sign-in")
    await browser.submit("Sign in", name=who.account_number, password=who.password)
    csrf = browser.csrf
    for path in ("/account", f"/lines/{who.voice}", "/security", "/security/codes", "/security/prove"):
        assert (await browser.open(path)).status == 401, path
    for path in ("/security/lock", "/security/codes/start", "/security/password", "/security/prove"):
        page = await browser.post(path, {"csrf": csrf, "password": who.password})
        assert page.status == 401, path


# ── Replays ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_link_sets_one_password_and_the_links_before_it_none(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = portal.browser()
    paths = []
    for _ in range(2):
        await browser.open("/forgot")
        await browser.submit("Send me the link", name=who.email)
        paths.append(await portal.link(who.email, "reset"))
    await browser.open(paths[1])
    form = browser.page.form("Set the password")
    sent = {**form.fields, "password": NEW, "again": NEW}
    assert (await browser.post(paths[1], sent)).headline == "Your password is set"
    for path in paths:
        assert (await browser.post(path, sent)).status == 410
        assert (await browser.open(path)).status == 410


async def test_a_link_is_good_for_its_own_purpose_only_and_not_for_ever(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = portal.browser()
    await browser.open("/forgot")
    await browser.submit("Send me the link", name=who.email)
    token = (await portal.link(who.email, "reset")).rpartition("/")[2]
    assert (await browser.open(f"/confirm/{token}")).status == 410
    portal.world.clock.advance(timedelta(minutes=31))
    assert (await browser.open(f"/password/{token}")).status == 410


async def test_a_code_signs_in_once(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    await portal.signed_in(who)
    shoulder = portal.browser()
    await shoulder.open("/sign-in")
    await shoulder.submit("Sign in", name=who.account_number, password=who.password)
    assert (await shoulder.submit("Continue", code=portal.code(who))).status == 401


# ── Redirects ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("onward", ELSEWHERE)
async def test_signing_in_leads_nowhere_else(portal: Portal, onward: str) -> None:
    who = await portal.subscriber()
    browser = portal.browser()
    await browser.open("/sign-in")
    fields = {"csrf": browser.csrf, "name": who.account_number, "password": who.password, "onward": onward}
    response = await browser.client.post("/sign-in", data=fields)
    assert response.headers["location"] == "/account"
    response = await browser.client.get("/sign-in", params={"onward": onward})
    assert response.headers["location"] == "/account"
    response = await browser.client.get("/speak/es", params={"back": onward})
    assert urlsplit(urljoin(URL, response.headers["location"])).netloc == "portal.test"
    page = await browser.open("/security/prove")
    fields = {"csrf": browser.csrf, "password": who.password, "onward": onward}
    response = await browser.client.post("/security/prove", data=fields)
    assert (page.status, response.headers["location"]) == (200, "/account")


@given(st.text(alphabet="/\\.:@?#%evil\t\n\r \x00ａ。", max_size=12))
def test_an_onward_address_is_a_path_of_ours_whatever_is_asked_for(text: str) -> None:
    onward = onward_of(text)
    seen_by_browsers = re.sub(r"[\t\n\r]", "", onward).replace("\\", "/")
    assert seen_by_browsers == onward
    assert urlsplit(urljoin(f"{URL}/sign-in", onward))[:2] == ("https", "portal.test")


# ── Who exists? ──────────────────────────────────────────────────────────────────────────────────────────────────
def seen(page: Page, browser: Browser, *typed: str) -> tuple[int, str, list[str]]:
    """A page as it is told from another: without what the visitor typed, and what is random in every answer."""
    html = page.html
    for text in (*typed, browser.csrf if page.forms else "", *re.findall(r"<code>([0-9a-f]{12})</code>", html)):
        html = html.replace(text, "…") if text else html
    return page.status, html, sorted(name for name in page.response.headers if name != "content-length")


async def test_a_wrong_password_looks_the_same_for_everybody(portal: Portal) -> None:
    known, codes, gone = await portal.subscriber(), await portal.subscriber(totp=True), await portal.subscriber()
    await portal.world.rows("UPDATE account SET closed_at = now() WHERE id = %s", gone.account_id)
    await portal.world.lines("never-enrolled", email="never@example.net")
    names = [known.account_number, known.email, codes.email, gone.email, "never-enrolled", "J-en-999", "x@example.net"]
    pages = []
    for name in names:
        browser = portal.browser()
        await browser.open("/sign-in")
        page = await browser.submit("Sign in", name=name, password="not the right one")
        pages.append(seen(page, browser, name))
    assert pages[0][0] == 401
    assert all(page == pages[0] for page in pages)


async def test_asking_for_a_link_looks_the_same_for_everybody(portal: Portal) -> None:
    known, gone = await portal.subscriber(), await portal.subscriber()
    await portal.world.rows("UPDATE account SET closed_at = now() WHERE id = %s", gone.account_id)
    pages = []
    for name in (known.account_number, known.email, gone.email, "J-en-999", "x@example.net", ""):
        browser = portal.browser()
        await browser.open("/forgot")
        page = await browser.submit("Send me the link", name=name)
        pages.append(seen(page, browser, name))
    assert pages[0][0] == 200
    assert all(page == pages[0] for page in pages)
    assert {one.recipient for one in await portal.letters()} == {known.email, gone.email}


# ── Guesses ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_whoever_is_guessed_at_gets_in_by_their_mailbox_all_the_same(portal: Portal) -> None:
    who = await portal.subscriber()
    for n in range(12):
        page = await sign_in(portal.browser(address=f"198.51.{n}.1"), portal, who, f"guess number {n}")
        assert page.status == 401
    browser = portal.browser()
    assert (await sign_in(browser, portal, who)).status == 401
    await browser.open("/forgot")
    await browser.submit("Send me the link", name=who.email)
    await browser.open(await portal.link(who.email, "reset"))
    await browser.submit("Set the password", password=NEW, again=NEW)
    assert (await sign_in(browser, portal, who, NEW)).path == "/account"


async def test_one_address_that_tries_too_much_is_told_to_wait(portal: Portal) -> None:
    browser = portal.browser()
    statuses = []
    for n in range(32):
        await browser.open("/sign-in")
        page = await browser.submit("Sign in", name=f"nobody-{n}", password="not the right one")
        statuses.append(page.status)
    assert statuses[:30] == [401] * 30
    assert statuses[30:] == [503, 503]
    assert "Wait a quarter of an hour" in page.text


async def test_what_is_typed_comes_back_as_text_and_passwords_never(portal: Portal) -> None:
    browser = portal.browser()
    await browser.open("/sign-in")
    page = await browser.submit("Sign in", name='"><script>x()</script>', password="a secret of mine")
    assert "<script>x" not in page.html
    assert "a secret of mine" not in page.html
    assert page.form("Sign in").fields["name"] == ['"><script>x()</script>']
