"""Paying a final bill: signed in, as a guest with the code from our mail, from the archive; on the processor's page."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features.billing.booking import book_imported
from ringoff.features.cancellation.status import status_code
from ringoff.kit.ids import CaseId, parse_case_number
from ringoff.kit.secrets import SecretStr
from ringoff.reconcile.model import Lane
from ringoff.surfaces.worker import Worker
from tests.connectors.stripe_harness import KEY
from tests.connectors.stripe_twin import CUTS, Twin, twin
from tests.portal.test_archive import enter, link_for
from tests.support.browser import Browser, Page
from tests.support.portal import SECRET, Portal, portal_of
from tests.support.subscribers import Subscriber

CREATE, LOOK = "POST /v1/checkout/sessions", "GET /v1/checkout/sessions/cs_1"
OWED = "INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency) SELECT account_id, " \
    "'B-' || id, %(now)s::date - 15, 2000, 1995, 'EUR' FROM line WHERE line_ref = %(line)s"  # fmt: skip

CLOSE = "UPDATE line SET status = 'closed', closed_at = %s WHERE line_ref = %s"


def session(status: str, **more: Any) -> tuple[int, dict[str, Any]]:
    url = "https://checkout.test/c/pay/cs_1" if status == "open" else None
    return 200, {"id": "cs_1", "status": status, "url": url, "payment_intent": None, **more}


@pytest.fixture
async def processor() -> AsyncIterator[Twin]:
    async with twin() as one:
        one.say(CREATE, session("open"))
        one.say(LOOK, session("open"))
        yield one


@pytest.fixture
async def till(database: Database, processor: Twin) -> AsyncIterator[Portal]:
    """The portal of a carrier for whom we make the final bills, and Stripe takes the money."""
    payments = {"key": KEY, "api_base": processor.url}
    async with portal_of(
        database, billing={"final_bills": True, "pay_to": "IBAN GB33 1555"}, payments=payments
    ) as portal:
        yield portal


class Leaver:
    """A holder whose line has closed, and who owes €19.95 of an older bill."""

    def __init__(self, portal: Portal, who: Subscriber, browser: Browser, case: Page) -> None:
        self.portal, self.who, self.browser = portal, who, browser
        self.number = case.path.rpartition("/")[2]
        self.id: CaseId = parse_case_number(self.number)

    @classmethod
    async def of(cls, portal: Portal, language: str = "en") -> "Leaver":
        who = await portal.subscriber(language, totp=True)
        async with portal.app.database.transaction() as conn:
            await conn.execute(OWED, {"now": portal.world.now, "line": who.voice})
            await conn.execute(CLOSE, [portal.world.now, who.data])
            await book_imported(conn, portal.world.now)
        browser = await portal.signed_in(who, language)
        await browser.open(f"/lines/{who.voice}/leave/when")
        await browser.submit(action=f"/lines/{who.voice}/leave/confirm", when="now")
        leaver = cls(portal, who, browser, await browser.submit(action=f"/lines/{who.voice}/leave"))
        await portal.world.later(minutes=16)
        await Worker(portal.app, Lane("bulk")).settle()
        return leaver

    async def pays(self) -> Page:
        await self.browser.open(f"/cases/{self.number}")
        return await self.browser.submit(action=f"/cases/{self.number}/bills/{self.bill}/pay")

    @property
    def bill(self) -> str:
        return self.number.replace("C-", "F-")

    async def states(self) -> tuple[str, list[str]]:
        ((state,),) = await self.portal.world.rows("SELECT state FROM final_bill")
        return state, [row[0] for row in await self.portal.world.rows("SELECT state FROM money_movement ORDER BY id")]


async def test_signed_in_the_case_leads_to_the_processors_page(till: Portal, processor: Twin) -> None:
    leaver = await Leaver.of(till)
    page = await leaver.browser.open(f"/cases/{leaver.number}")
    assert "Please pay €19.95." in page.text
    for _ in range(2):
        page = await leaver.pays()
        assert page.status == 200
        assert ("Go on to the payment page", "https://checkout.test/c/pay/cs_1") in page.links
        assert "checkout.test" in page.text
    keys = {h["Idempotency-Key"] for c, h in zip(processor.calls, processor.headers, strict=True) if c == CREATE}
    assert len(keys) == 1
    assert await till.world.rows("SELECT count(*) FROM obligation WHERE kind = 'charge'") == [(1,)]


async def test_a_guest_pays_with_the_code_from_our_mail_and_the_bill_is_settled(till: Portal, processor: Twin) -> None:
    leaver = await Leaver.of(till)
    guest = till.browser()
    await guest.open("/status")
    code = status_code(SecretStr(SECRET), leaver.id)
    page = await guest.submit(action="/status", number=leaver.bill, code=code)
    assert "You pay: €19.95" in page.text and "Holder" not in page.html
    page = await guest.submit(action="/status/pay")
    assert ("Go on to the payment page", "https://checkout.test/c/pay/cs_1") in page.links
    assert (await guest.open("/paid")).headline == "Thank you"
    processor.say(LOOK, session("complete", payment_intent="pi_1"))
    paid = {"id": "pi_1", "status": "succeeded", "amount": 1995, "amount_received": 1995, "currency": "eur"}
    processor.say("GET /v1/payment_intents/pi_1", (200, paid))
    await till.world.later(minutes=1)
    assert await leaver.states() == ("settled", ["done"])
    await guest.open("/status")
    page = await guest.submit(action="/status", number=leaver.number, code=code)
    assert "You pay" not in page.text
    assert await till.world.rows("SELECT sum(amount) FROM posting WHERE bill_number = %s", leaver.bill) == [(0,)]


async def test_a_page_that_nobody_paid_on_can_be_opened_again(till: Portal, processor: Twin) -> None:
    leaver = await Leaver.of(till)
    await leaver.pays()
    processor.say(LOOK, session("expired"))
    page = await leaver.pays()
    assert page.status == 409 and "Please look again in a minute" in page.text
    await till.world.later(minutes=2)
    assert await leaver.states() == ("open", ["failed", "due"])
    assert await till.world.rows("SELECT state FROM obligation WHERE kind = 'charge'") == [("void",)]
    processor.say(LOOK, session("open"))
    assert (await leaver.pays()).status == 200


async def test_a_processor_that_does_not_answer_costs_nothing(till: Portal, processor: Twin) -> None:
    leaver = await Leaver.of(till)
    processor.say(CREATE, CUTS)
    page = await leaver.pays()
    assert page.status == 409 and "cannot be opened now" in page.text
    processor.say(CREATE, session("open"))
    assert (await leaver.pays()).status == 200


async def test_the_archive_has_the_final_bill_and_leads_to_the_page(till: Portal) -> None:
    leaver = await Leaver.of(till)
    path = await link_for(till, leaver.who.account_id)
    page = await enter(till, path)
    assert "Final bill F-" in page.text and "Please pay €19.95." in page.text
    browser = till.browsers[-1]
    document = (await browser.submit(action="/archive/final-bill")).response
    assert document.content.startswith(b"%PDF-")


async def test_nobody_pays_what_is_not_theirs_or_settled(till: Portal, processor: Twin) -> None:
    leaver = await Leaver.of(till)
    stranger = await till.signed_in(await till.subscriber(totp=True))
    await stranger.open("/account")
    page = await stranger.post(f"/cases/{leaver.number}/bills/{leaver.bill}/pay", {"csrf": stranger.csrf})
    assert page.status == 404
    guest = till.browser()
    await guest.open("/status")
    page = await guest.post(
        "/status/pay", {"number": leaver.number, "code": "0000-0000", "bill": leaver.bill, "csrf": guest.csrf}
    )
    assert page.status == 422
    assert processor.times(CREATE) == 0


@pytest.mark.parametrize(("language", "told"), [("zh-Hans", "前往付款页面"), ("es", "Ir a la página de pago")])
async def test_it_is_told_in_every_language(till: Portal, language: str, told: str) -> None:
    leaver = await Leaver.of(till, language)
    assert told in (await leaver.pays()).text


async def test_the_holder_is_told_what_is_left_to_pay_and_where(till: Portal) -> None:
    leaver = await Leaver.of(till)
    await till.world.drain()
    letters = [task.brief for task in till.world["mail"].asked if task.kind == "notify"]
    (told,) = [letter for letter in letters if letter["subject"].startswith("The final bill for your line")]
    text = " ".join(told["text"].split())
    assert f"Your final bill {leaver.bill}" in text
    for each in (
        "Please pay €19.95.",
        f"To IBAN GB33 1555, with the number {leaver.bill}.",
        "https://portal.test/status",
        status_code(SecretStr(SECRET), leaver.id),
    ):
        assert each in text
    assert [letter["subject"] for letter in letters if "is closed" in letter["subject"]]


async def test_a_page_that_nobody_paid_on_is_no_reason_to_write_again(till: Portal, processor: Twin) -> None:
    leaver = await Leaver.of(till)
    await leaver.pays()
    processor.say(LOOK, session("expired"))
    await till.world.later(hours=2)
    await Worker(till.app, Lane("bulk")).settle()
    await till.world.drain()
    letters = [task.brief for task in till.world["mail"].asked if task.kind == "notify"]
    assert len([letter for letter in letters if letter["subject"].startswith("The final bill for your line")]) == 1
    assert await leaver.states() == ("open", ["failed", "due"])
