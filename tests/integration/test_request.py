"""A wish to leave becomes a case, or an answer that says why not."""

import pytest

from ringoff.db.pool import Database
from ringoff.features.cancellation import Receipt, State
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, Refused, RingoffError, Unavailable
from tests.support.world import THREE_WAVES, World

WEB, BULK, CARE = Actor("subscriber", "web"), Actor("bulk:1", "bulk"), Actor("agent:lin", "care")
OTHER_AGENT = Actor("agent:ana", "care")


WRITTEN = """
SELECT (SELECT count(*) FROM cancellation), (SELECT count(*) FROM obligation), (SELECT count(*) FROM event)
"""


async def written(world: World) -> tuple[int, ...]:
    found: tuple[int, ...] = (await world.rows(WRITTEN))[0]
    return found


def refused(answer: Receipt | RingoffError, kind: type[RingoffError], code: str) -> None:
    assert isinstance(answer, kind), answer
    assert answer.code == code


async def test_the_same_terms_asked_again_are_the_first_case(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    for when in ("now", "2026-12-31", "period_end"):
        (line,) = await world.lines()
        case = await world.case(line, when=when)
        before = await written(world)
        (again,) = await world.ask(line, when=when, actor=WEB)
        assert again == Receipt(case, line, State.SCHEDULED, created=False)
        assert await written(world) == before


async def test_other_terms_conflict_with_the_open_case_and_write_nothing(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await world.case(line, when="2026-12-31")
    before = await written(world)
    for when in ("now", "period_end", "2026-12-30"):
        (answer,) = await world.ask(line, when=when)
        refused(answer, Conflict, "open_case_other_terms")
    assert await written(world) == before


async def test_a_case_remembers_the_line_as_it_was_known_when_its_holder_asked(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line)
    query = "SELECT c.msisdn = l.msisdn AND c.imsi = l.imsi AND c.iccid = l.iccid FROM cancellation c, line l"
    assert await world.rows(query + " WHERE c.id = %s", case) == [(True,)]


async def test_a_later_configuration_touches_later_cases_only(database: Database) -> None:
    before = await World.make(database)
    first, second = await before.lines(count=2)
    old = await before.case(first, channel="web")
    after = await World.make(database, {**THREE_WAVES, "roaming": {"wave": 1, "effect": "undo", "gates": True}})
    new = await after.case(second, channel="web")
    await after.later(minutes=15)
    assert await after.state(old) is await after.state(new) is State.CLOSED
    assert "roaming.release.1" in await after.owed(new)
    assert "roaming.release.1" not in await after.owed(old)


async def test_the_same_configuration_is_frozen_once_and_never_changed(database: Database) -> None:
    first = await World.make(database)
    second = await World.make(database)
    assert await second.rows("SELECT count(*) FROM release_plan") == [(1,)]
    with pytest.raises(Exception, match="a release plan is frozen"):
        await first.rows("UPDATE release_step SET gates = false")


@pytest.mark.parametrize("kind", ["legal", "fraud", "stolen"])
async def test_a_hold_against_scheduling_leaves_the_case_with_a_person(database: Database, kind: str) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await world.hold(line, kind)
    case = await world.case(line)
    assert await world.state(case) is State.IN_REVIEW
    with pytest.raises(Refused):
        await world.review(case, approve=True)
    assert await world.state(case) is State.IN_REVIEW
    await world.lift(line, kind)
    assert await world.review(case, approve=True) is State.SCHEDULED
    await world.drain()
    assert await world.state(case) is State.CLOSED


@pytest.mark.parametrize("kind", ["port_pending", "recent_change"])
async def test_a_hold_against_ripening_lets_the_case_be_scheduled_and_wait(database: Database, kind: str) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await world.hold(line, kind)
    case = await world.case(line)
    assert await world.state(case) is State.SCHEDULED
    await world.later(days=1)
    assert await world.state(case) is State.SCHEDULED
    assert world.journal == []
    await world.lift(line, kind)
    await world.drain()
    assert await world.state(case) is State.CLOSED


async def test_a_hold_that_is_not_public_is_not_named(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await world.hold(line, "legal")
    case = await world.case(line)
    with pytest.raises(Refused) as refusal:
        await world.review(case, approve=True)
    assert "authority" not in refusal.value.message and "court" not in refusal.value.message


async def test_a_suspended_line_is_looked_at_by_a_person(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines(status="suspended")
    case = await world.case(line)
    assert await world.state(case) is State.IN_REVIEW
    assert await world.review(case, approve=False) is State.DECLINED
    assert await world.told(case) == ["case.requested", "case.in_review", "case.declined"]
    with pytest.raises(Conflict) as refusal:
        await world.review(case, approve=True)
    assert refusal.value.code == "not_in_review"


async def test_nobody_reviews_their_own_request(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines(status="suspended")
    (answer,) = await world.ask(line, actor=CARE)
    assert isinstance(answer, Receipt)
    with pytest.raises(NotAllowed):
        await world.review(answer.case_id, approve=True, actor=CARE)
    assert await world.review(answer.case_id, approve=True, actor=OTHER_AGENT) is State.SCHEDULED


async def test_the_time_to_undo_begins_with_the_approval(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines(status="suspended")
    case = await world.case(line, channel="web")
    await world.later(hours=2)
    await world.review(case, approve=True, actor=OTHER_AGENT)
    await world.later(minutes=14)
    assert await world.state(case) is State.SCHEDULED
    await world.later(minutes=2)
    assert await world.state(case) is State.CLOSED


async def test_a_primary_line_is_declined_while_others_depend_on_it(database: Database) -> None:
    world = await World.make(database)
    (primary,) = await world.lines()
    await world.lines(primary=primary)
    (answer,) = await world.ask(primary)
    assert isinstance(answer, Receipt)
    assert (answer.state, answer.rule) == (State.DECLINED, "secondaries_first")


async def test_a_whole_account_closes_its_primary_line_last(database: Database) -> None:
    world = await World.make(database)
    (primary,) = await world.lines()
    secondaries = await world.lines(count=2, primary=primary)
    answers = await world.ask(primary, *secondaries, whole_account=True)
    assert all(isinstance(a, Receipt) and a.state is State.SCHEDULED for a in answers)
    for _ in range(3):
        await world.later(seconds=3)
    assert await world.rows("SELECT DISTINCT state FROM cancellation") == [("closed",)]
    released = [line for system, _, line in world.journal if system == "hlr"]
    assert released[-1] == "A-1" and set(released) == {"A-1", "A-2", "A-3"}
    assert await world.rows("SELECT closed_at IS NOT NULL FROM account") == [(True,)]


async def test_a_whole_business_account_needs_a_person_unless_the_carrier_asks(database: Database) -> None:
    world = await World.make(database)
    mine, theirs = await world.lines("B", 2, kind="business")
    (by_web,) = await world.ask(mine, whole_account=True, actor=WEB)
    (by_carrier,) = await world.ask(theirs, whole_account=True)
    assert isinstance(by_web, Receipt) and isinstance(by_carrier, Receipt)
    assert (by_web.state, by_carrier.state) == (State.IN_REVIEW, State.SCHEDULED)


async def test_what_cannot_be_closed_is_answered_beside_what_can(database: Database) -> None:
    world = await World.make(database)
    closed, good, again = await world.lines(count=3)
    await world.case(closed)
    await world.case(again)
    await world.drain()
    answers = await world.ask(closed, good, 999_999, good)
    refused(answers[0], Conflict, "line_closed")
    refused(answers[2], NotFound, "line_unknown")
    assert isinstance(answers[1], Receipt) and answers[1].created
    assert answers[3] == Receipt(answers[1].case_id, good, State.SCHEDULED, created=False)


@pytest.mark.parametrize(
    ("when", "code"), [("2026-11-22", "when_past"), ("2029-01-01", "when_too_far"), ("period_end", None)]
)
async def test_an_impossible_date_is_refused_and_writes_nothing(
    database: Database, when: str, code: str | None
) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    before = await written(world)
    (answer,) = await world.ask(line, when=when)
    if code is None:
        assert isinstance(answer, Receipt)
    else:
        refused(answer, InvalidInput, code)
        assert await written(world) == before


@pytest.mark.parametrize("systems", [{}, {"billing": {"wave": 1, "gates": False}}])
async def test_where_no_system_would_let_the_line_go_a_request_is_refused(
    database: Database, systems: dict[str, dict[str, object]]
) -> None:
    world = await World.make(database, systems)
    (line,) = await world.lines()
    before = await written(world)
    with pytest.raises(Unavailable) as refusal:
        await world.ask(line)
    assert refusal.value.code == "no_system_configured"
    assert await written(world) == before


async def test_a_bulk_of_two_thousand_with_duplicates_is_one_case_a_line(database: Database) -> None:
    world = await World.make(database)
    lines = await world.lines(count=1500)
    wishes = lines + lines[:500]
    answers = await world.ask(*wishes, actor=BULK)
    receipts = [a for a in answers if isinstance(a, Receipt)]
    assert [r.line_id for r in receipts] == wishes
    assert sum(r.created for r in receipts) == 1500
    assert [r.case_id for r in receipts[1500:]] == [r.case_id for r in receipts[:500]]
    assert await world.rows("SELECT count(*), count(DISTINCT line_id) FROM cancellation") == [(1500, 1500)]
    assert await world.rows("SELECT DISTINCT priority FROM cancellation") == [(10,)]


async def test_a_request_is_told_with_who_what_when_where_and_by_which_rule(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, reason="moving abroad")
    asked, scheduled = [one.event for one in await world.events(case)]
    assert (asked.type, asked.actor.name, asked.actor.channel, asked.actor.address, asked.at) == (
        "case.requested",
        "key:carrier",
        "api",
        "192.0.2.7",
        world.now,
    )
    assert (scheduled.type, scheduled.rule) == ("case.scheduled", "neutral@1/ordinary")
