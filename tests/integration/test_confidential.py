"""A case in confidence tells nobody but the contact that was given; a locked account lets nobody cancel."""

import pytest

from ringoff.db.pool import Database
from ringoff.features import readiness
from ringoff.features.cancellation import State
from ringoff.features.cancellation.notify import compose
from ringoff.kit.actor import Channel
from ringoff.ports import Done
from ringoff.reconcile.model import Claimed
from tests.support.world import World

SAFE = "safe@example.org"


@pytest.mark.parametrize("given", [SAFE, None, "holder@example.net"])
async def test_in_confidence_only_the_contact_that_was_given_is_told(database: Database, given: str | None) -> None:
    world = await World.make(database, mail=True)
    (line,) = await world.lines()
    case = await world.case(line, channel="care", contact_email=given, confidential=True)
    await world.later(seconds=3)
    await world.later(minutes=16)
    assert await world.state(case) is State.CLOSED
    told = [str(task.brief["to"]) for task in world["mail"].asked]
    assert told == ([given, given] if given else [])
    assert "fallout" not in (await world.owed(case, "notify")).values()


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
    account = (await world.facts(line)).account_id
    await world.rows(
        "INSERT INTO login (account_id, passkey_handle, cancel_locked_at, created_at) VALUES (%s, 'x', %s, %s)",
        account,
        world.now,
        world.now,
    )
    facts = await world.facts(line)
    pack = world.app.rules.pack(facts.jurisdiction)
    assert "cancel_lock" in [finding.code for finding in readiness.findings(facts, pack)]
    case = await world.case(line, channel=channel)
    assert await world.state(case) is state
