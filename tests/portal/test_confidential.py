"""What the account's own sign-in sees of a case in confidence: nothing. And where an abused person is told to ask."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features import cancellation
from ringoff.features.cancellation import Leeway, State
from ringoff.features.identity import Earliest, Visit
from ringoff.kit.ids import case_number
from tests.support.leaving import LEAVE, SYSTEMS, cases, line_path, strong, to_confirming, weak
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber

SAFE, CARE = "safe@example.org", "Care: 0800 1234, day and night"


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database, SYSTEMS, carrier={"name": "Test Mobile", "support": CARE}) as opened:
        yield opened


async def in_confidence(portal: Portal, who: Subscriber, when: str = "2026-12-24") -> int:
    ((line,),) = await portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    return await portal.world.case(line, when=when, contact_email=SAFE, confidential=True)


async def test_no_page_and_no_download_of_the_accounts_shows_it_and_nobody_there_can_undo_it(portal: Portal) -> None:
    who, browser = await strong(portal)
    case = await in_confidence(portal, who)
    number = case_number(case)
    for path in ("/account", line_path(who.voice), "/leave", f"{line_path(who.voice)}/leave"):
        page = await browser.open(path)
        assert page.status == 200
        assert number not in page.html
    for path in (f"/cases/{number}", f"/cases/{number}/live"):
        assert (await browser.open(path)).status == 404
    await browser.open("/account")
    assert (await browser.post(f"/cases/{number}/undo", {"csrf": browser.csrf})).status == 404
    assert await portal.world.state(case) is State.SCHEDULED
    data = await browser.client.get("/account/data.zip")
    assert number.encode() not in data.content


async def test_another_cancellation_of_the_line_is_told_what_a_hold_is_told(portal: Portal) -> None:
    who, browser = await strong(portal)
    number = case_number(await in_confidence(portal, who))
    await to_confirming(browser, who.voice)
    page = await browser.submit(LEAVE)
    assert page.status == 422
    assert number not in page.html
    assert "care" in page.text
    assert len(await cases(portal)) == 1


async def test_its_contact_follows_it_by_the_code_in_the_mail(portal: Portal) -> None:
    who, _browser = await strong(portal)
    number = case_number(await in_confidence(portal, who))
    await portal.world.later(seconds=3)
    (mail,) = portal.world["mail"].asked
    assert mail.brief["to"] == SAFE
    code = next(word for word in str(mail.brief["text"]).split() if len(word) == 9 and word[4] == "-")
    visitor = portal.browser()
    await visitor.open("/status")
    page = await visitor.submit(number=number, code=code)
    assert page.status == 200
    assert number in page.text


async def test_no_link_to_stop_it_goes_to_the_contacts_of_record(portal: Portal) -> None:
    who, _browser = await weak(portal)
    case = await in_confidence(portal, who)
    open_one = await portal.world.case(
        (await portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.data))[0][0], when="2026-12-24"
    )
    pack, now = portal.app.rules.pack("neutral"), portal.world.now
    leeway = Leeway(pack, now, Earliest(now + timedelta(days=3), "level", veto=True), 1)
    async with portal.app.database.transaction() as conn:
        await cancellation.offer_veto(conn, portal.app.identity, who.account_id, [case, open_one], leeway, Visit())
    letters = [letter for letter in await portal.letters() if letter.kind == "cancel_veto"]
    assert [letter.facts["case_number"] for letter in letters] == [case_number(open_one)]


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "Someone else can read my mail or bills"),
        ("zh-Hans", "别人能看到我的邮件或账单"),
        ("es", "Otra persona puede leer mi correo o mis facturas"),
    ],
)
async def test_the_last_step_says_whom_to_ask_and_offers_nobody_to_silence_the_notices(
    portal: Portal, language: str, says: str
) -> None:
    who, browser = await strong(portal, language)
    page = await browser.open(f"{line_path(who.voice)}/leave/when")
    assert says in page.text
    assert CARE in page.text
    fields = {**page.forms[-1].fields, "when": "now", "confidential": "true"}
    page = await browser.post(f"{line_path(who.voice)}/leave", {**fields, "newest": ""})
    assert await portal.world.rows("SELECT confidential FROM cancellation") == [(False,)]


@pytest.mark.parametrize("language", ["en", "zh-Hans", "es"])
async def test_the_guide_tells_of_it(portal: Portal, language: str) -> None:
    page = await portal.browser(language).open("/guide")
    title = {
        "en": "If somebody else reads your mail or bills",
        "zh-Hans": "如果别人能看到您的邮件或账单",
        "es": "Si otra persona lee su correo o sus facturas",
    }
    assert title[language] in page.text
