"""A contact that is changed at the desk: nothing before a link was opened, and word to all that were there before."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features import approvals
from ringoff.features.staff import Member
from ringoff.kit.errors import Conflict, InvalidInput, NotAllowed, Unavailable
from tests.support.people import member
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber

NEW, PHONE = "new@example.org", "+44 20 7946 0018"


@dataclass(slots=True)
class Care:
    portal: Portal
    who: Subscriber
    lin: Member

    async def change(self, contact: dict[str, str], by: Member | None = None) -> None:
        async with self.portal.app.database.transaction() as conn:
            await approvals.care_change_contact(
                conn,
                self.portal.app.identity,
                self.who.account_id,
                member=by or self.lin,
                now=self.portal.world.now,
                address="192.0.2.50",
                **contact,
            )

    async def contacts(self) -> Any:
        query = "SELECT email, phone FROM account WHERE id = %s"
        return (await self.portal.world.rows(query, self.who.account_id))[0]

    async def told(self) -> list[tuple[str, str, str | None]]:
        letters = await self.portal.letters()
        return [(letter.kind, letter.recipient, letter.facts.get("what")) for letter in letters]


@pytest.fixture
async def care(database: Database) -> AsyncIterator[Care]:
    async with portal_of(database) as portal:
        yield Care(portal, await portal.subscriber(), await member(portal.world, "lin", "agent"))


async def test_a_new_address_counts_once_its_own_link_was_opened(care: Care) -> None:
    await care.change({"email": NEW})
    assert await care.contacts() == (care.who.email, None)
    assert await care.told() == [("contact_confirm", NEW, None), ("contact_changed", care.who.email, "care")]
    browser = care.portal.browser()
    await browser.open(await care.portal.link(NEW, "contact_confirm"))
    await browser.submit()
    assert await care.contacts() == (NEW, None)
    told = [(kind, to) for kind, to, what in await care.told() if what == "changed"]
    assert told == [("contact_changed", NEW), ("contact_changed", care.who.email)]


@pytest.mark.parametrize("language", ["en", "zh-Hans", "es"])
async def test_a_new_number_counts_once_the_address_of_record_has_opened_the_link(care: Care, language: str) -> None:
    await care.change({"phone": PHONE})
    assert await care.contacts() == (care.who.email, None)
    assert await care.told() == [
        ("phone_confirm", care.who.email, None),
        ("contact_changed", care.who.email, "phone"),
    ]
    assert "0018" not in str([letter.facts for letter in await care.portal.letters()])
    browser = care.portal.browser(language)
    page = await browser.open(await care.portal.link(care.who.email, "phone_confirm"))
    assert "018" in page.text and "0018" not in page.text
    page = await browser.submit()
    assert page.path == "/confirm/phone"
    assert await care.contacts() == (care.who.email, "+442079460018")
    assert (await care.told())[-1] == ("contact_changed", care.who.email, "phone_changed")
    assert (await browser.open(await care.portal.link(care.who.email, "phone_confirm"))).status == 410


async def test_who_did_it_is_in_the_audit_log_and_which_contact_is_not(care: Care) -> None:
    await care.change({"email": NEW})
    ((actor, channel, detail),) = await care.portal.world.rows(
        "SELECT actor, channel, detail FROM event WHERE type = 'identity.contact_change_asked'"
    )
    assert (actor, channel, detail) == ("staff:lin", "care", {"account": care.who.account_number})
    did = await care.portal.world.rows("SELECT staff_id, what FROM duty")
    assert did == [(care.lin.id, "edited_contact")]


async def test_as_long_as_nobody_has_opened_it_care_stops_it(care: Care) -> None:
    await care.change({"email": NEW})
    await care.change({"phone": PHONE})
    async with care.portal.app.database.transaction() as conn:
        await approvals.care_keep_contact(
            conn, care.portal.app.identity, care.who.account_id, member=care.lin, now=care.portal.world.now
        )
    for recipient, kind in ((NEW, "contact_confirm"), (care.who.email, "phone_confirm")):
        page = await care.portal.browser().open(await care.portal.link(recipient, kind))
        assert page.status == 410
    assert (await care.portal.events())[-1] == "identity.contact_kept"


async def test_a_number_needs_an_address_of_record_at_which_it_is_confirmed(care: Care) -> None:
    await care.portal.world.rows("UPDATE account SET email = NULL")
    with pytest.raises(Conflict) as refused:
        await care.change({"phone": PHONE})
    assert refused.value.code == "no_contact"


@pytest.mark.parametrize(
    "contact", [{}, {"email": NEW, "phone": PHONE}, {"email": "nowhere"}, {"phone": "12"}], ids=str
)
async def test_one_contact_that_can_exist_is_changed_at_a_time(care: Care, contact: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await care.change(contact)
    assert await care.told() == []
    assert await care.portal.world.rows("SELECT * FROM duty") == []


async def test_who_has_the_contact_already_is_not_asked_and_nobody_asks_without_end(care: Care) -> None:
    with pytest.raises(Conflict):
        await care.change({"email": care.who.email.upper()})
    for n in range(3):
        await care.change({"email": f"n{n}@example.org"})
    with pytest.raises(Unavailable):
        await care.change({"email": NEW})


@pytest.mark.parametrize("role", ["finance", "operations", "auditor", "administrator"])
async def test_only_who_talks_to_callers_changes_contacts(care: Care, role: Any) -> None:
    with pytest.raises(NotAllowed):
        await care.change({"email": NEW}, by=await member(care.portal.world, "eve", role))


async def test_after_a_while_who_has_decided_may_edit_again(care: Care) -> None:
    ben = await member(care.portal.world, "ben")
    async with care.portal.app.database.transaction() as conn:
        await approvals.decided(conn, ben, care.who.account_id, care.portal.world.now)
    with pytest.raises(NotAllowed) as refused:
        await care.change({"email": NEW}, by=ben)
    assert refused.value.code == "has_decided"
    care.portal.world.clock.advance(timedelta(days=7, seconds=1))
    await care.change({"email": NEW}, by=ben)
