"""Passkeys over the portal's own pages, with a device in software."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.authenticator import Authenticator
from tests.support.browser import Browser, Page
from tests.support.portal import URL, Portal
from tests.support.subscribers import Subscriber


async def options(browser: Browser, path: str) -> dict[str, Any]:
    """As passkey.js asks for them."""
    answer = await browser.post(path, {"csrf": browser.csrf})
    assert answer.status == 200, answer.text
    read: dict[str, Any] = json.loads(answer.response.text)
    return read


async def with_passkey(portal: Portal, who: Subscriber, device: Authenticator, *, age: int = 4) -> None:
    """Made `age` days ago."""
    browser = await portal.signed_in(who)
    await browser.open("/security/passkeys")
    form = browser.page.form("Add a passkey")
    answer = device.make(await options(browser, "/security/passkeys/options"))
    page = await browser.post(form.action, {**form.fields, "answer": answer, "name": "My phone"})
    assert "My phone" in page.text
    portal.world.clock.advance(timedelta(days=age))


async def sign_in(browser: Browser, device: Authenticator, **changed: Any) -> Page:
    await browser.open("/sign-in")
    form = browser.page.form("Sign in with a passkey")
    asked = await options(browser, "/sign-in/passkey/options")
    answer = json.loads(device.sign(asked))
    answer["response"] |= changed
    return await browser.post(form.action, {**form.fields, "answer": json.dumps(answer)})


async def level(portal: Portal) -> tuple[int, str]:
    rows = await portal.world.rows("SELECT level, method FROM session ORDER BY created_at DESC LIMIT 1")
    return rows[0][0], rows[0][1]


async def test_a_device_signs_its_holder_in_without_a_name_or_a_password(portal: Portal) -> None:
    who, device = await portal.subscriber(), Authenticator(URL)
    await with_passkey(portal, who, device)
    page = await sign_in(portal.browser(), device)
    assert page.path == "/account"
    assert who.account_number in page.text
    assert await level(portal) == (2, "passkey")
    assert "passkey_added" in [one.kind for one in await portal.letters(who.email)]


async def test_a_new_passkey_signs_in_but_does_not_raise_the_level_yet(portal: Portal) -> None:
    who, device = await portal.subscriber(), Authenticator(URL)
    await with_passkey(portal, who, device, age=2)
    await sign_in(portal.browser(), device)
    assert await level(portal) == (1, "passkey")


async def test_an_answer_works_once(portal: Portal) -> None:
    device = Authenticator(URL)
    await with_passkey(portal, await portal.subscriber(), device)
    browser = portal.browser()
    await browser.open("/sign-in")
    form = browser.page.form("Sign in with a passkey")
    answer = device.sign(await options(browser, "/sign-in/passkey/options"))
    sent = {**form.fields, "answer": answer}
    before = dict(browser.client.cookies)
    assert (await browser.post(form.action, sent)).path == "/account"
    browser.client.cookies.clear()
    for name, value in before.items():
        browser.client.cookies.set(name, value, domain="portal.test")
    page = await browser.post(form.action, sent)
    assert page.status == 401
    assert "This passkey did not work here." in page.text


async def test_an_answer_that_was_made_for_one_browser_is_worth_nothing_in_another(portal: Portal) -> None:
    device = Authenticator(URL)
    await with_passkey(portal, await portal.subscriber(), device)
    victim, thief = portal.browser(), portal.browser(address="198.51.100.9")
    await victim.open("/sign-in")
    answer = device.sign(await options(victim, "/sign-in/passkey/options"))
    await thief.open("/sign-in")
    form = thief.page.form("Sign in with a passkey")
    assert (await thief.post(form.action, {**form.fields, "answer": answer})).status == 401


async def test_an_answer_that_comes_too_late_is_worth_nothing(portal: Portal) -> None:
    device = Authenticator(URL)
    await with_passkey(portal, await portal.subscriber(), device)
    browser = portal.browser()
    await browser.open("/sign-in")
    form = browser.page.form("Sign in with a passkey")
    answer = device.sign(await options(browser, "/sign-in/passkey/options"))
    portal.world.clock.advance(timedelta(minutes=6))
    assert (await browser.post(form.action, {**form.fields, "answer": answer})).status == 401


@pytest.mark.parametrize("fault", ["another site", "unverified owner", "another key", "another holder"])
async def test_what_does_not_hold_signs_nobody_in(portal: Portal, fault: str) -> None:
    device = Authenticator(URL)
    await with_passkey(portal, await portal.subscriber(), device)
    changed = {}
    if fault == "another site":
        device.origin = "https://portal.test.evil.example"
    if fault == "unverified owner":
        device.verifies = False
    if fault == "another key":
        other = Authenticator(URL)
        await with_passkey(portal, await portal.subscriber(), other, age=0)
        (kept,), (others,) = device.kept.values(), other.kept.values()
        kept.key = others.key
    if fault == "another holder":
        changed = {"userHandle": "AAAA"}
    page = await sign_in(portal.browser(), device, **changed)
    assert page.status == 401
    assert await portal.world.rows("SELECT 1 FROM session WHERE method = 'passkey'") == []


async def test_a_copy_of_a_device_is_noticed_by_its_count(portal: Portal) -> None:
    device = Authenticator(URL)
    await with_passkey(portal, await portal.subscriber(), device)
    for _ in range(2):
        assert (await sign_in(portal.browser(), device)).path == "/account"
    next(iter(device.kept.values())).uses = 0
    assert (await sign_in(portal.browser(), device)).status == 401
    assert "identity.passkey_copied" in await portal.events()


async def test_a_device_that_never_counts_is_as_good(portal: Portal) -> None:
    device = Authenticator(URL, counts=False)
    await with_passkey(portal, await portal.subscriber(), device)
    for _ in range(2):
        assert (await sign_in(portal.browser(), device)).path == "/account"


@pytest.mark.parametrize(
    "answer",
    [
        *("", "no json", "[]", "{}", "[" * 1000),
        *('{"response": 1}', '{"response": {"clientDataJSON": 1}}', '{"response": {"clientDataJSON": "e30"}}'),
    ],
)
async def test_nonsense_is_refused_like_anything_else_that_is_wrong(portal: Portal, answer: str) -> None:
    browser = portal.browser()
    await browser.open("/sign-in")
    form = browser.page.form("Sign in with a passkey")
    assert (await browser.post(form.action, {**form.fields, "answer": answer})).status == 401


@pytest.mark.parametrize("part", ["attestationObject", "clientDataJSON"])
async def test_a_mangled_new_passkey_is_refused_without_a_stumble(portal: Portal, part: str) -> None:
    browser = await portal.signed_in(await portal.subscriber())
    await browser.open("/security/passkeys")
    form, device = browser.page.form("Add a passkey"), Authenticator(URL)
    whole = json.loads(device.make(await options(browser, "/security/passkeys/options")))["response"][part]
    for cut in range(0, len(whole), 19):
        await browser.open("/security/passkeys")
        answer = json.loads(device.make({**await options(browser, "/security/passkeys/options")}))
        answer["response"][part] = answer["response"][part][:cut] + "A" + answer["response"][part][cut + 2 :]
        page = await browser.post(form.action, {**form.fields, "answer": json.dumps(answer)})
        assert page.status in (200, 422), page.text  # what is not signed may be changed


async def test_a_passkey_that_is_removed_works_no_more_and_all_hear_of_it(portal: Portal) -> None:
    who, device = await portal.subscriber(), Authenticator(URL)
    await with_passkey(portal, who, device)
    browser = await portal.signed_in(who)
    await browser.open("/security/passkeys")
    await browser.submit("Remove the passkey My phone")
    assert (await sign_in(portal.browser(), device)).status == 401
    assert [one.kind for one in await portal.letters(who.email)][-1] == "passkey_removed"


async def test_nobody_removes_the_passkey_of_another(portal: Portal) -> None:
    device = Authenticator(URL)
    await with_passkey(portal, await portal.subscriber(), device)
    (name,) = (row[0].hex() for row in await portal.world.rows("SELECT id FROM passkey"))
    browser = await portal.signed_in(await portal.subscriber())
    await browser.open("/security/passkeys")
    page = await browser.post("/security/passkeys/remove", {"csrf": browser.csrf, "id": name})
    assert page.status == 404
    assert (await sign_in(portal.browser(), device)).path == "/account"


async def test_an_old_session_is_proved_again_by_a_passkey(portal: Portal) -> None:
    who, device = await portal.subscriber(), Authenticator(URL)
    await with_passkey(portal, who, device)
    browser = await portal.signed_in(who)
    portal.world.clock.advance(timedelta(minutes=16))
    await browser.open("/security/pin")
    form = browser.page.form("Confirm with a passkey")
    answer = device.sign(await options(browser, "/security/prove/passkey/options"))
    page = await browser.post(form.action, {**form.fields, "answer": answer})
    assert page.path == "/security/pin"
    assert await level(portal) == (2, "passkey")


async def test_the_passkey_of_somebody_else_proves_nothing(portal: Portal) -> None:
    device = Authenticator(URL)
    await with_passkey(portal, await portal.subscriber(), device)
    browser = await portal.signed_in(await portal.subscriber())
    csrf = (await browser.open("/security/prove")).forms[0].fields["csrf"][0]
    answer = device.sign(await options(browser, "/security/prove/passkey/options"))
    page = await browser.post("/security/prove/passkey", {"csrf": csrf, "answer": answer, "onward": ""})
    assert page.status == 401


async def test_one_address_does_not_fill_the_table_of_challenges(portal: Portal) -> None:
    browser = portal.browser()
    await browser.open("/sign-in")
    csrf, statuses = browser.csrf, []
    for _ in range(305):
        answer = await browser.client.post("/sign-in/passkey/options", data={"csrf": csrf})
        statuses.append(answer.status_code)
    assert (statuses[0], statuses[-1]) == (200, 503)
    portal.world.clock.advance(timedelta(minutes=16))
    for _ in range(40):
        await browser.client.post("/sign-in/passkey/options", data={"csrf": csrf})
    assert (await portal.world.rows("SELECT count(*) FROM challenge"))[0][0] == 40
