"""A case in confidence tells nobody but the contact that was given; a locked account lets nobody cancel."""

import pytest

from ringoff.db.pool import Database
from ringoff.features import readiness
from ringoff.features.cancellation import Receipt, State
from ringoff.features.cancellation.notify import compose
from ringoff.kit.actor import Actor, Channel
from ringoff.kit.errors import Conflict, Refused
from ringoff.kit.ids import case_number
from ringoff.ports import Done
from ringoff.reconcile.model import Claimed
from tests.support.world import World

SAFE = "safe@example.org"


async def lock(world: World, line: int) -> None:
    account = (await world.facts(line)).account_id
    query = "INSERT INTO login (account_id, passkey_handle, cancel_locked_at, created_at) VALUES (%s, 'x', %s, %s)"
    await world.rows(query, account, world.now, world.now)


@pytest.mark.parametrize("given", [SAFE, None, "holder@example.net"])
async def test_in_confidence_only_the_contact_that_was_given_is_told(database: Database, given: str | None) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    case = await world.case(line, channel="care", contact_email=given, confidential=True)
    await world.later(seconds=3)
    await world.review(case, approve=True)
    await world.later(seconds=3)
    await world.later(minutes=16)
    assert await world.state(case) is State.CLOSED
    told = [str(task.brief["to"]) for task in world["mail"].asked]
    assert told == ([given] * 3 if given else [])
    assert "fallout" not in (await world.owed(case, "notify")).values()


@pytest.mark.parametrize(("channel", "state"), [("care", State.IN_REVIEW), ("api", State.SCHEDULED)])
async def test_a_second_person_looks_at_what_an_agent_asks_in_confidence_also_under_a_lock(
    database: Database, channel: Channel, state: State
) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    await lock(world, line)
    case = await world.case(line, channel=channel, contact_email=SAFE, confidential=True)
    assert await world.state(case) is state
    requested = next(e.event for e in await world.events(case) if e.event.type == "case.requested")
    assert requested.detail is not None
    assert requested.detail["confidential"] is True


async def test_another_request_learns_nothing_of_a_case_in_confidence(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    case = await world.case(line, when="2026-12-24", contact_email=SAFE, confidential=True)
    for when in ("2026-12-24", "now"):
        (told,) = await world.ask(line, when=when, actor=Actor("account:A", "web"))
        assert isinstance(told, Refused)
        assert case_number(case) not in f"{told} {told.details}"
        (open_one,) = await world.ask(line, when=when)
        assert isinstance(open_one, Conflict)
        assert open_one.details["case"] == case_number(case), "to the carrier's own systems it is named"
    (again,) = await world.ask(line, when="2026-12-24", contact_email=SAFE, confidential=True)
    assert isinstance(again, Receipt)
    assert (again.case_id, again.created) == (case, False)


async def test_silence_is_never_promised_for_a_case_that_was_not_asked_in_confidence(database: Database) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    await world.case(line, when="2026-12-24")
    (told,) = await world.ask(line, when="2026-12-24", contact_email=SAFE, confidential=True)
    assert isinstance(told, Conflict)


async def test_a_notice_about_another_line_does_not_tell_that_one_leaves_in_confidence(database: Database) -> None:
    world = await World.make(database, mail=True)
    hers, his, _third = await world.lines(count=3)
    await world.case(hers, when="2026-12-24", contact_email=SAFE, confidential=True)
    await world.case(his, when="2026-12-24")
    await world.later(seconds=3)
    texts = {str(task.brief["to"]): str(task.brief["text"]) for task in world["mail"].asked}
    assert "Your other 2 lines stay" in texts["holder@example.net"]


@pytest.mark.parametrize("confidential", [True, False])
async def test_in_confidence_no_text_message_goes_to_the_line(database: Database, confidential: bool) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="care", confidential=confidential)
    owed = Claimed(case, "notify", 1, 1, 0, None, None, {"notice": "scheduled", "by": "sms"}, None, world.now)
    async with database.transaction() as conn:
        brief = (await compose(conn, world.app.terms, [owed]))[owed.key]
    assert isinstance(brief, Done) is confidential


@pytest.mark.parametrize(
    ("channel", "state"), [("web", State.DECLINED), ("care", State.DECLINED), ("api", State.SCHEDULED)]
)
async def test_a_lock_of_the_holders_stops_all_but_the_carriers_own_systems(
    database: Database, channel: Channel, state: State
) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await lock(world, line)
    facts = await world.facts(line)
    pack = world.app.rules.pack(facts.jurisdiction)
    assert "cancel_lock" in [finding.code for finding in readiness.findings(facts, pack, world.now)]
    case = await world.case(line, channel=channel)
    assert await world.state(case) is state
