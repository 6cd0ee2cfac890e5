"""Declaring without signing in: acknowledged, disclosing nothing, touching nothing, until the holder is verified."""

from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features import cancellation, declaration
from ringoff.features.cancellation import State, When
from ringoff.kit.errors import Conflict
from ringoff.kit.ids import CaseId
from ringoff.surfaces.worker import Worker
from tests.support.browser import Browser, Page
from tests.support.portal import Portal, portal_of
from tests.support.world import BULK, CARRIER

SAID = {"holder_name": "Lin Wei", "contract": "+49151 2000 0001", "contact": "lin@example.net"}


async def declare(browser: Browser, law: str = "", **said: str) -> Page:
    await browser.open(f"/declare?law={law}" if law else "/declare")
    return await browser.submit(values={**SAID, **said}, action="/declare")


async def waiting(portal: Portal) -> list[declaration.Declaration]:
    async with portal.app.database.transaction() as conn:
        return await declaration.waiting(conn)


async def test_a_declaration_is_acknowledged_with_content_date_and_time(database: Database) -> None:
    async with portal_of(database) as portal:
        page = await declare(portal.browser())
        (declared,) = await waiting(portal)
        assert page.status == 200
        assert page.headline == "We have received your declaration"
        for told in ("Lin Wei", "+49151 2000 0001", "as soon as possible", "23 November 2026, 12:00", declared.number):
            assert told in page.text
        (letter,) = await portal.letters("lin@example.net")
        assert letter.kind == "declaration_received"
        assert letter.facts["holder_name"] == "Lin Wei"
        assert letter.facts["received_at"] == portal.world.now.isoformat()
        assert letter.facts["reference"] == declared.number
        assert letter.link == ""
        assert await portal.events("declaration.") == ["declaration.received"]


async def test_the_acknowledging_mail_repeats_what_was_declared(database: Database) -> None:
    async with portal_of(database) as portal:
        await declare(portal.browser("es"), contract="Vertrag 4711")
        await portal.world.drain()
        (task,) = portal.world["mail"].asked
        assert task.brief["to"] == "lin@example.net"
        for told in ("Lin Wei", "Vertrag 4711", "lo antes posible", "23 de noviembre de 2026"):
            assert told in task.brief["text"]


async def test_the_answer_is_the_same_whether_such_a_line_exists_or_not(database: Database) -> None:
    async with portal_of(database) as portal:
        await portal.world.lines()
        (known,) = [row[0] for row in await portal.world.rows("SELECT msisdn FROM line")]
        unknown = "+4915999"
        pages = [await declare(portal.browser(), contract=each) for each in (known, unknown)]
        texts = [page.text.replace(known, "…").replace(unknown, "…") for page in pages]
        numbers = [one.number for one in await waiting(portal)]
        assert texts[0].replace(numbers[0], "") == texts[1].replace(numbers[1], "")
        assert await portal.world.rows("SELECT FROM cancellation") == []


async def test_a_declaration_never_occupies_a_line(database: Database) -> None:
    async with portal_of(database) as portal:
        (line,) = await portal.world.lines()
        await declare(portal.browser(), contract="A-1")
        assert await portal.world.state(await portal.world.case(line)) is State.SCHEDULED


async def test_only_whoever_declared_finds_it_again(database: Database) -> None:
    async with portal_of(database) as portal:
        page = await declare(portal.browser())
        assert page.path.startswith("/declaration/")
        assert (await portal.browser().open(page.path)).status == 200
        assert (await portal.browser().open("/declaration/guess")).status == 410


async def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(database: Database) -> None:
    async with portal_of(database) as portal:
        page = await declare(portal.browser(), holder_name="", contact="nowhere", day="2020-01-01")
        assert page.status == 422
        for says in ("Write your name.", "Write the whole e-mail address", "Choose a day from today on"):
            assert says in page.text
        assert page.form(action="/declare").fields["contract"] == ["+49151 2000 0001"]
        assert await waiting(portal) == []


async def test_our_acknowledgement_carries_no_link_of_a_stranger(database: Database) -> None:
    async with portal_of(database) as portal:
        page = await declare(portal.browser(), holder_name="You won https://evil.example/")
        assert page.status == 422
        await declare(portal.browser(), holder_name="Lin\x1b[2J\r\nBcc: all@example.net")
        (declared,) = await waiting(portal)
        assert declared.said.holder_name == "Lin [2J Bcc: all@example.net"


async def test_one_contact_and_one_address_can_only_declare_so_often(database: Database) -> None:
    async with portal_of(database) as portal:
        for _ in range(3):
            assert (await declare(portal.browser())).status == 200
        assert (await declare(portal.browser(address="198.51.100.9"), contact="LIN@example.net")).status == 503
        for n in range(7):
            assert (await declare(portal.browser(), contact=f"{n}@example.net")).status == 200
        assert (await declare(portal.browser(), contact="8@example.net")).status == 503
        assert len(await waiting(portal)) == 10
        portal.world.clock.advance(timedelta(hours=1, seconds=1))
        assert (await declare(portal.browser())).status == 200


# ── What the law allows to ask ───────────────────────────────────────────────────────────────────────────────────
OURS = {"law", "csrf", "holder_name", "contract", "when", "day", "contact"}
GERMAN = OURS | {"kind", "reason"}


async def test_a_law_goes_by_any_of_its_names(portal: Portal) -> None:
    page = await portal.browser().open("/declare?law=uk")
    assert '<input type="hidden" name="law" value="gb">' in page.html


@pytest.mark.parametrize(
    ("law", "asked", "lead", "confirm"),
    [
        ("", OURS, "Cancel a contract here", "Cancel now"),
        ("de", GERMAN, "Verträge hier kündigen", "jetzt kündigen"),
        ("fr", GERMAN - {"kind"}, "résilier votre contrat", "notification de la résiliation"),
        ("eu", OURS - {"when", "day"}, "withdraw from contract here", "confirm withdrawal"),
        ("../x", OURS, "Cancel a contract here", "Cancel now"),
    ],
)
async def test_each_law_has_its_fields_and_its_words(
    database: Database, law: str, asked: set[str], lead: str, confirm: str
) -> None:
    async with portal_of(database) as portal:
        page = await portal.browser().open(f"/declare?law={law}")
        form = page.form(action="/declare")
        assert page.headline == lead
        assert form.offers == asked
        assert [text for text, _, _ in form.buttons] == [confirm]


async def test_a_carriers_own_law_leads_from_the_first_page_in_its_own_words(database: Database) -> None:
    async with portal_of(database, carrier={"jurisdiction": "de"}) as portal:
        page = await portal.browser("zh-CN").open("/")
        page = await portal.browser("zh-CN").open(page.link("Verträge hier kündigen"))
        assert 'lang="de">jetzt kündigen</button>' in page.html


async def test_german_law_takes_a_cause_and_wants_it_only_without_notice(database: Database) -> None:
    async with portal_of(database) as portal:
        assert "Write the cause" in (await declare(portal.browser(), "de", kind="extraordinary")).text
        await declare(portal.browser(), "de", kind="extraordinary", reason="no network here")
        await declare(portal.browser(), "de")
        found = [(one.said.kind, one.said.reason, one.rule_pack) for one in await waiting(portal)]
        assert found == [("extraordinary", "no network here", "de@1"), ("ordinary", "", "de@1")]


async def test_french_law_shows_everything_once_more_before_it_is_declared(database: Database) -> None:
    async with portal_of(database) as portal:
        browser = portal.browser()
        page = await declare(browser, "fr", when="date", day="2026-12-24")
        assert page.headline == "Look it over once more"
        assert "24 December 2026" in page.text
        assert await waiting(portal) == []
        page = await browser.submit("Correct it")
        assert page.form(action="/declare").fields["holder_name"] == ["Lin Wei"]
        await browser.submit("notification de la résiliation")
        page = await browser.submit("notification de la résiliation")
        assert page.headline == "We have received your declaration"
        (declared,) = await waiting(portal)
        assert (declared.said.when_kind, str(declared.said.when_date)) == ("date", "2026-12-24")


# ── What becomes of it ───────────────────────────────────────────────────────────────────────────────────────────
async def verify(portal: Portal, declared: declaration.Declaration, line: int, when: str | None = None) -> CaseId:
    async with portal.app.database.transaction() as conn:
        receipt = await cancellation.request_declared(
            conn,
            portal.app.terms,
            declared.id,
            line,
            when=When.parse(when) if when else None,
            actor=CARRIER,
            now=portal.world.now,
        )
    return CaseId(receipt.case_id)


async def test_a_verified_declaration_becomes_a_case_whose_end_counts_from_it(database: Database) -> None:
    async with portal_of(database) as portal:
        (line,) = await portal.world.lines()
        await declare(portal.browser(), when="date", day="2026-12-24")
        (declared,) = await waiting(portal)
        portal.world.clock.advance(timedelta(days=2))
        case = await verify(portal, declared, line)
        (row,) = await portal.world.rows(
            "SELECT when_date::text, external_reference FROM cancellation WHERE id = %s", case
        )
        assert row == ("2026-12-24", declared.number)
        (event,) = [one.event for one in await portal.world.events(case) if one.event.type == "case.declared"]
        assert event.detail == {
            "declaration": declared.number,
            "received_at": declared.received_at.isoformat(),
            "counts_from": declared.received_at.isoformat(),
        }
        assert event.rule == "neutral@1"
        assert await waiting(portal) == []
        with pytest.raises(Conflict) as caught:
            await verify(portal, declared, line)
        assert caught.value.code == "declaration_settled"


async def test_a_declared_day_that_has_passed_is_now_and_the_carrier_may_say_another(database: Database) -> None:
    async with portal_of(database) as portal:
        first, second = await portal.world.lines(count=2)
        for day in ("2026-11-24", "2026-11-25"):
            await declare(portal.browser(), when="date", day=day)
        one, two = await waiting(portal)
        portal.world.clock.advance(timedelta(days=5))
        late, other = await verify(portal, one, first), await verify(portal, two, second, "2027-01-31")
        found = await portal.world.rows("SELECT when_kind, when_date::text FROM cancellation ORDER BY id")
        assert (late, other) and found == [("now", None), ("date", "2027-01-31")]


async def test_the_address_that_was_declared_is_not_told_of_the_case_unless_it_was_verified(database: Database) -> None:
    async with portal_of(database) as portal:
        (line,) = await portal.world.lines()
        await declare(portal.browser())
        (declared,) = await waiting(portal)
        await portal.world.drain()
        await verify(portal, declared, line)
        await portal.world.later(minutes=1)
        told = [task.brief["to"] for task in portal.world["mail"].asked if task.kind == "notify"]
        assert set(told) == {"holder@example.net"}


async def test_a_declaration_that_nobody_verifies_expires(database: Database) -> None:
    async with portal_of(database) as portal:
        (line,) = await portal.world.lines()
        await declare(portal.browser())
        (declared,) = await waiting(portal)
        portal.world.clock.advance(timedelta(days=29))
        await Worker(portal.app, BULK).expire_declarations()
        assert len(await waiting(portal)) == 1
        portal.world.clock.advance(timedelta(days=1))
        await Worker(portal.app, BULK).expire_declarations()
        assert await waiting(portal) == []
        assert await portal.events("declaration.") == ["declaration.received", "declaration.expired"]
        with pytest.raises(Conflict):
            await verify(portal, declared, line)
