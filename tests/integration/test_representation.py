"""Closing lines for a holder: by papers that are all there, decided by somebody else; in confidence where needed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from ringoff.db.pool import Database
from ringoff.features import approvals, representation
from ringoff.features.cancellation import Receipt, State
from ringoff.features.representation import Person
from ringoff.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ringoff.kit.i18n import LANGUAGES, phrases
from tests.support.papers import pdf
from tests.support.people import member
from tests.support.representing import HEIR, ROUTES, SAFE, Desk, desk_of

FRIDAY = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    yield await desk_of(database)


# ── The way ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("route", ["deceased", "attorney", "delegate"])
async def test_with_all_papers_and_a_second_person_the_lines_are_closed(desk: Desk, route: str) -> None:
    of = await desk.complete(route)
    assert (of.state, of.person, of.line_ids, of.asked_by) == ("open", HEIR, desk.lines, "lin")
    answers = await desk.close(of)
    cases = [answer.case_id for answer in answers if isinstance(answer, Receipt) and answer.created]
    assert len(cases) == 2
    asked = await desk.world.rows("SELECT requested_by, contact_email, confidential FROM cancellation")
    assert asked == [("staff:lin", "ada@example.org", False)] * 2
    decided = await desk.run(representation.find, of.id, desk.lin)
    assert (decided.state, decided.decided_by) == ("accepted", "ben")
    assert (await desk.told())[-1] == ("accepted", "staff:ben")
    assert "case.represented" in await desk.world.told(cases[0])
    with pytest.raises(Conflict):
        await desk.close(of)


async def test_chosen_lines_alone_are_closed_and_what_is_no_line_of_the_account_is_refused(desk: Desk) -> None:
    (other,) = await desk.world.lines("B")
    with pytest.raises(NotFound):
        await desk.start(lines=[desk.lines[0], other])
    of = await desk.complete(lines=[desk.lines[1]])
    (answer,) = await desk.close(of)
    assert isinstance(answer, Receipt) and answer.line_id == desk.lines[1]


async def test_a_line_that_has_closed_meanwhile_is_left_out(desk: Desk) -> None:
    of = await desk.complete()
    await desk.world.case(desk.lines[0])
    await desk.world.drain()
    assert len(await desk.close(of)) == 1
    again = await desk.complete(lines=[desk.lines[1]])
    await desk.world.later(minutes=16)
    with pytest.raises(NotFound):
        await desk.close(again)


async def test_until_every_item_is_proved_nobody_accepts(desk: Desk) -> None:
    of = await desk.start()
    await desk.hand_in(of, "death")
    with pytest.raises(Conflict) as refused:
        await desk.close(of)
    assert (refused.value.code, refused.value.details["items"]) == ("papers_missing", ["authority", "identity"])
    assert await desk.world.rows("SELECT state FROM representation") == [("open",)]
    assert [(item.id, item.is_proved) for item in await desk.checklist(of)] == [
        ("death", True),
        ("authority", False),
        ("identity", False),
    ]


async def test_who_started_it_never_accepts_it_and_the_database_refuses_it_too(desk: Desk) -> None:
    of = await desk.complete()
    with pytest.raises(NotAllowed) as refused:
        await desk.close(of, by=desk.lin)
    assert refused.value.code == "own_request"
    with pytest.raises(psycopg.errors.CheckViolation):
        await desk.world.rows(
            "UPDATE representation SET state = 'accepted', decided_by = asked_by, decided_at = %s", desk.world.now
        )
    await desk.run(representation.refuse, of.id, desk.lin, "a mistake", desk.world.now)
    with pytest.raises(Conflict):
        await desk.close(of)


async def test_of_two_who_accept_at_once_one_does(database_url: str) -> None:
    async with Database(database_url, size=8) as wide:
        desk = await desk_of(wide)
        of = await desk.complete()
        others = [desk.ben, await member(desk.world, "ana"), await member(desk.world, "kim")]
        answers = await asyncio.gather(*[desk.close(of, by=one) for one in others], return_exceptions=True)
        assert sum(isinstance(answer, list) for answer in answers) == 1
        assert await desk.world.rows("SELECT count(*) FROM cancellation") == [(2,)]


async def test_who_edited_a_contact_of_the_account_does_not_accept(desk: Desk) -> None:
    of = await desk.complete()
    async with desk.world.app.database.transaction() as conn:
        await approvals.care_change_contact(
            conn, desk.ctx, desk.account_id, email="new@example.org", member=desk.ben, now=desk.world.now
        )
    with pytest.raises(NotAllowed) as refused:
        await desk.close(of)
    assert refused.value.code == "edited_contact"


@pytest.mark.parametrize("role", ["agent", "finance", "operations", "auditor", "administrator"])
async def test_only_who_may_sees_anything_of_it(desk: Desk, role: Any) -> None:
    of = await desk.complete()
    paper_id = (await desk.checklist(of))[0].papers[0].id
    other = await member(desk.world, "eve", role)
    attempts: list[tuple[Any, tuple[Any, ...]]] = [
        (representation.start, (desk.account_id, "deceased", None, HEIR, other, desk.world.now)),
        (representation.find, (of.id, other)),
        (representation.checklist, (of.id, other)),
        (representation.paper, (paper_id, other, desk.world.now)),
        (representation.add_paper, (of.id, "death", "a.pdf", pdf(), other, desk.world.now)),
        (representation.drop_paper, (of.id, paper_id, other, desk.world.now)),
        (representation.accept, (of.id, other, "why", desk.world.now)),
        (representation.refuse, (of.id, other, "why", desk.world.now)),
    ]
    for function, arguments in attempts:
        with pytest.raises(NotAllowed) as refused:
            await desk.run(function, *arguments)
        assert refused.value.code == "permission_missing", function
    assert await desk.run(representation.waiting, other) == []


@pytest.mark.parametrize(
    "person",
    [
        Person("", "a@example.org", "son"),
        Person("Al", "nowhere", "son"),
        Person("Al", "a@b", "son"),
        Person("Al", "a@example.org", " "),
    ],
)
async def test_who_it_is_and_how_they_are_reached_has_to_be_said(desk: Desk, person: Person) -> None:
    with pytest.raises(InvalidInput):
        await desk.start(person=person)


# ── Its deadline ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_waits_comes_by_its_deadline(desk: Desk) -> None:
    started = [await desk.start(route, SAFE) for route in ROUTES]
    waiting = await desk.run(representation.waiting, desk.ben)
    assert [one.route for one in waiting] == ["survivor", "attorney", "delegate", "deceased"]
    await desk.run(representation.refuse, started[3].id, desk.ben, "withdrawn", desk.world.now)
    assert len(await desk.run(representation.waiting, desk.ben)) == 3


async def test_an_american_survivor_has_an_answer_in_two_business_days_where_they_live(database: Database) -> None:
    desk = await desk_of(database, start=FRIDAY + timedelta(days=4))  # Tuesday before Thanksgiving
    await desk.world.rows("UPDATE account SET jurisdiction = 'us-ca', time_zone = 'America/Los_Angeles'")
    of = await desk.start("survivor", SAFE)
    assert of.rule_pack == "us-ca@1"
    assert of.due_at == datetime(2026, 11, 28, 8, tzinfo=UTC), "Wednesday and Friday, to midnight in California"


# ── In confidence ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_survivors_line_is_closed_at_once_and_only_the_safe_address_is_told(desk: Desk) -> None:
    of = await desk.complete("survivor", SAFE, lines=[desk.lines[0]])
    assert of.confidential
    (answer,) = await desk.close(of)
    assert isinstance(answer, Receipt)
    assert await desk.world.state(answer.case_id) is State.SCHEDULED, "two people have looked"
    await desk.world.later(minutes=16)
    assert await desk.world.state(answer.case_id) is State.CLOSED
    assert {str(task.brief["to"]) for task in desk.world["mail"].asked} == {"safe@example.org"}
    assert await desk.world.rows("SELECT * FROM letter") == []
    told = [one.event for one in await desk.world.events(answer.case_id)]
    by = {event.type: event.actor.name for event in told}
    assert (by["case.requested"], by["case.scheduled"]) == ("staff:lin", "staff:ben")


async def test_a_hold_keeps_even_that_in_review(desk: Desk) -> None:
    of = await desk.complete("survivor", SAFE, lines=[desk.lines[0]])
    await desk.world.hold(desk.lines[0], "legal")
    (answer,) = await desk.close(of)
    assert isinstance(answer, Receipt)
    assert await desk.world.state(answer.case_id) is State.IN_REVIEW
    assert (await desk.run(representation.find, of.id, desk.lin)).state == "accepted"


@pytest.mark.parametrize("contact", ["Holder@example.net", "old@example.net", "+49 30 901820", "{line}"])
async def test_no_contact_of_the_account_is_a_safe_one(desk: Desk, contact: str) -> None:
    await desk.world.rows("UPDATE account SET phone = '+4930901820'")
    await desk.world.rows("INSERT INTO former_contact SELECT id, 'old@example.net', %s FROM account", desk.world.now)
    number = (await desk.world.facts(desk.lines[1])).msisdn
    person = Person("Ana Ruiz", contact.format(line=number), "wife")
    with pytest.raises(InvalidInput) as refused:
        await desk.start("survivor", person, lines=[desk.lines[0]])
    assert refused.value.code == "contact_not_safe"
    await desk.start("deceased", person)


async def test_the_audit_log_names_neither_account_nor_person(desk: Desk) -> None:
    of = await desk.complete("survivor", SAFE)
    await desk.run(representation.refuse, of.id, desk.ben, "Ana has gone back", desk.world.now)
    details = str(await desk.world.rows("SELECT detail, subject_id FROM event"))
    for telling in ("Ana", "'A'", "safe@", "account"):
        assert telling not in details


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("jurisdiction", ["neutral", "us"])
async def test_every_checklist_is_told_in_every_language(desk: Desk, jurisdiction: str) -> None:
    await desk.world.rows("UPDATE account SET jurisdiction = %s", jurisdiction)
    for route in ROUTES:
        for item in await desk.checklist(await desk.start(route, SAFE)):
            for sentence in (item.says, *item.accepts):
                told = {phrases(language).gettext(sentence) for language in LANGUAGES}
                assert len(told) == len(LANGUAGES), sentence
