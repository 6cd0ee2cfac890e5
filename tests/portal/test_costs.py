"""What leaving costs, on the pages: before the button, and promised with it."""

from collections.abc import AsyncIterator

import pytest

from ringoff.db.pool import Database
from ringoff.reconcile.model import Lane
from ringoff.surfaces.worker import Worker
from tests.support.portal import Portal, portal_of

PAID_MONTH = (
    "UPDATE plan SET proration = 'daily'",
    "UPDATE line SET paid_until = (%(now)s AT TIME ZONE 'Europe/London')::date + 14",
    "INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency) "
    "SELECT account_id, 'B-' || id, %(now)s::date - 15, 2000, 0, 'EUR' FROM line",
    "INSERT INTO bill_item SELECT account_id, 'B-' || id, 1, id, 'recurring', 'Journey 20', "
    "(%(now)s AT TIME ZONE 'Europe/London')::date - 15, (%(now)s AT TIME ZONE 'Europe/London')::date + 15, 1681, 319, "
    "'VAT 19 %%' FROM line",
)


@pytest.fixture
async def billing(database: Database) -> AsyncIterator[Portal]:
    """The portal of a carrier for whom we make the final bills."""
    async with portal_of(database, billing={"final_bills": True}) as portal:
        yield portal


async def paid_month(portal: Portal) -> None:
    async with portal.app.database.transaction() as conn:
        for statement in PAID_MONTH:
            await conn.execute(statement, {"now": portal.world.now})


async def test_each_choice_says_what_it_brings(billing: Portal) -> None:
    who = await billing.subscriber(totp=True)
    await paid_month(billing)
    browser = await billing.signed_in(who)
    page = await browser.open(f"/lines/{who.voice}/leave/when")
    # Today is used: 14 of 30 days come back, 16.81 → 7.85 and VAT 3.19 → 1.49. At the end of the period nothing does.
    assert "You get back: €9.34" in page.text
    assert page.text.count("You get back") == 1


async def test_the_confirming_page_adds_it_up_and_the_case_promises_just_that(billing: Portal) -> None:
    who = await billing.subscriber(totp=True)
    await paid_month(billing)
    browser = await billing.signed_in(who)
    await browser.open(f"/lines/{who.voice}/leave/when")
    page = await browser.submit(action=f"/lines/{who.voice}/leave/confirm", when="now")
    for told in ("What it costs", "Journey 20", "14 of 30 days", "VAT 19 %", "You get back €9.34"):
        assert told in page.text
    await browser.submit(action=f"/lines/{who.voice}/leave")
    (items,) = (await billing.world.rows("SELECT items FROM quote"))[0]
    assert sum(each["net"] + each["tax"] for each in items) == -934


async def test_who_confirms_confirms_what_stood_there(billing: Portal) -> None:
    who = await billing.subscriber(totp=True)
    await paid_month(billing)
    browser = await billing.signed_in(who)
    await browser.open(f"/lines/{who.voice}/leave/when")
    await browser.submit(action=f"/lines/{who.voice}/leave/confirm", when="now")
    await billing.world.rows(
        "INSERT INTO usage_charge SELECT id, 'U-1', 'Roaming', %s, %s, 'EUR', 100, 19, 'VAT 19 %%', NULL FROM line"
        " WHERE line_ref = %s",
        billing.world.now, billing.world.now, who.voice,
    )  # fmt: skip
    page = await browser.submit(action=f"/lines/{who.voice}/leave")
    assert page.status == 409
    assert "What it costs has changed meanwhile" in page.text and "You get back €8.15" in page.text
    assert await billing.world.rows("SELECT count(*) FROM cancellation") == [(0,)]
    page = await browser.submit(action=f"/lines/{who.voice}/leave")
    assert page.path.startswith("/cases/")
    (items,) = (await billing.world.rows("SELECT items FROM quote"))[0]
    assert sum(each["net"] + each["tax"] for each in items) == -815


async def test_a_carrier_that_makes_its_own_bills_is_not_spoken_for(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    browser = await portal.signed_in(who)
    await browser.open(f"/lines/{who.voice}/leave/when")
    page = await browser.submit(action=f"/lines/{who.voice}/leave/confirm", when="now")
    assert "What it costs" not in page.text


@pytest.mark.parametrize(("language", "told"), [("zh-Hans", "费用"), ("es", "Cuánto cuesta")])
async def test_it_is_told_in_every_language(billing: Portal, language: str, told: str) -> None:
    who = await billing.subscriber(language, totp=True)
    await paid_month(billing)
    browser = await billing.signed_in(who, language)
    await browser.open(f"/lines/{who.voice}/leave/when")
    page = await browser.submit(action=f"/lines/{who.voice}/leave/confirm", when="now")
    assert told in page.text


async def test_the_case_shows_the_bill_that_was_made_and_hands_it_out_to_its_holder_alone(billing: Portal) -> None:
    who, stranger = await billing.subscriber(totp=True), await billing.subscriber(totp=True)
    await paid_month(billing)
    browser = await billing.signed_in(who)
    await browser.open(f"/lines/{who.voice}/leave/when")
    await browser.submit(action=f"/lines/{who.voice}/leave/confirm", when="now")
    page = await browser.submit(action=f"/lines/{who.voice}/leave")
    assert "What it costs" in page.text  # as it was promised
    case = page.path
    await billing.world.later(minutes=16)
    await Worker(billing.app, Lane("bulk")).settle()
    page = await browser.open(case)
    assert "Final bill F-" in page.text
    assert "You get back €9.34" in page.text
    link = next(address for _, address in page.links if "/bills/" in address)
    for _ in range(2):  # made, then kept
        document = (await browser.open(link)).response
        assert document.status_code == 200
        assert document.content.startswith(b"%PDF-")
    other = await billing.signed_in(stranger)
    assert (await other.open(link)).status == 404
    assert (await browser.open(case + "/bills/F-0000")).status == 404
