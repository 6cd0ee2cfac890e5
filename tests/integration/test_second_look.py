"""What changed about the holder before a case was asked for, or before it starts: a lock, a password, a contact."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ringoff.db.pool import Database
from ringoff.features import readiness
from ringoff.features.cancellation import State
from ringoff.kit.actor import Channel
from tests.support.world import World

SIGN_IN = """
INSERT INTO login (account_id, passkey_handle, created_at, cancel_locked_at, changed_at)
SELECT account_id, 'x', %(now)s, %(locked)s, %(changed)s FROM line WHERE id = %(line)s
ON CONFLICT (account_id) DO UPDATE SET cancel_locked_at = %(locked)s, changed_at = %(changed)s
"""


async def sign_in(world: World, line: int, *, locked: datetime | None = None, changed: datetime | None = None) -> None:
    """The account's login as it stands from now on."""
    async with world.app.database.transaction() as conn:
        await conn.execute(SIGN_IN, {"now": world.now, "line": line, "locked": locked, "changed": changed})


async def waits(world: World, case: int) -> str | None:
    why: str | None = (await world.rows("SELECT waiting_for FROM cancellation WHERE id = %s", case))[0][0]
    return why


# ── The lock ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_lock_set_after_scheduling_stops_the_case_until_the_holder_has_lifted_it_and_could_object(
    database: Database,
) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web", level=2)
    await world.later(minutes=5)
    await sign_in(world, line, locked=world.now)
    await world.later(hours=1)
    await world.later(hours=1)
    assert (await world.state(case), await waits(world, case)) == (State.SCHEDULED, "cancel_lock")
    assert world.journal == []
    lifted = world.now
    await sign_in(world, line, changed=lifted)
    await world.later(minutes=6)
    assert (await world.state(case), await waits(world, case)) == (State.SCHEDULED, "recent_change")
    world.clock.advance(lifted + timedelta(days=7) - world.now)
    await world.drain()
    await world.later(minutes=6)
    assert await world.state(case) is State.CLOSED
    waited = [one.event.detail for one in await world.events(case) if one.event.type == "case.waiting"]
    assert waited == [{"why": "cancel_lock"}, {"why": "recent_change"}], "each told once"


async def test_what_waits_for_the_lock_can_be_undone(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, channel="web", level=2)
    await sign_in(world, line, locked=world.now + timedelta(seconds=1))
    await world.later(hours=1)
    assert await world.withdraw(case) is State.WITHDRAWN


@pytest.mark.parametrize("terms", [{"channel": "api"}, {"channel": "care", "confidential": True}])
async def test_a_lock_stops_afterwards_no_more_than_it_would_have_stopped_before(
    database: Database, terms: dict[str, bool]
) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    case = await world.case(line, when="2026-11-24", **terms)  # type: ignore[arg-type]
    if await world.state(case) is State.IN_REVIEW:
        await world.review(case, approve=True)
    await sign_in(world, line, locked=world.now + timedelta(hours=1))
    await world.later(days=2)
    assert await world.state(case) is State.CLOSED


async def test_a_person_who_approved_under_the_lock_has_had_the_last_word(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines(status="suspended")
    case = await world.case(line, channel="care")
    await world.later(minutes=1)
    await sign_in(world, line, locked=world.now)
    await world.later(minutes=1)
    await world.review(case, approve=True)
    await world.later(hours=1)
    assert await world.state(case) is State.CLOSED


async def test_where_the_pack_lets_a_person_decide_about_a_lock_the_case_goes_to_one(
    database: Database, tmp_path: Path
) -> None:
    own = (Path(readiness.__file__).parents[1] / "rules/packs/neutral.toml").read_text()
    head, lock = own.split('id = "cancel_lock"')
    own = head + 'id = "cancel_lock"' + lock.replace('decision = "decline"', 'decision = "manual"', 1)
    (tmp_path / "lockstep.toml").write_text(own.replace('id = "neutral"', 'id = "lockstep"', 1))
    world = await World.make(database, rules_dir=tmp_path)
    (line,) = await world.lines()
    await world.rows("UPDATE account SET jurisdiction = 'lockstep'")
    case = await world.case(line, channel="web", level=2)
    await sign_in(world, line, locked=world.now + timedelta(seconds=1))
    await world.later(hours=1)
    assert await world.state(case) is State.IN_REVIEW
    told = [one.event.detail for one in await world.events(case) if one.event.type == "case.in_review"]
    assert told == [{"why": "the holder has locked the account against cancelling"}]
    await world.review(case, approve=True)
    await world.later(hours=1)
    assert await world.state(case) is State.CLOSED, "it is not asked again of what a person has decided"


# ── A recent change ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("channel", "state"),
    [
        ("care", State.IN_REVIEW),
        ("phone", State.IN_REVIEW),
        ("web", State.IN_REVIEW),
        ("bulk", State.IN_REVIEW),
        ("api", State.SCHEDULED),
        ("cli", State.SCHEDULED),
    ],
)
async def test_after_a_change_of_password_or_contact_a_person_looks_at_what_nobody_vouches_for(
    database: Database, channel: Channel, state: State
) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await sign_in(world, line, changed=world.now - timedelta(days=6, hours=23))
    case = await world.case(line, channel=channel)
    assert await world.state(case) is state
    ((rule,),) = await world.rows("SELECT review_rule FROM cancellation")
    assert rule == ("recent_change" if state is State.IN_REVIEW else "ordinary")


async def test_a_week_after_the_change_nobody_looks(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await sign_in(world, line, changed=world.now - timedelta(days=7))
    assert await world.state(await world.case(line, channel="care")) is State.SCHEDULED


async def test_a_new_sim_of_which_the_carrier_knows_counts_as_well(database: Database) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await world.hold(line, "recent_change")
    assert await world.state(await world.case(line, channel="care")) is State.IN_REVIEW


@pytest.mark.parametrize(("days", "told"), [(6, ["recent_change"]), (8, [])])
async def test_whoever_looks_is_told_of_the_change(database: Database, days: int, told: list[str]) -> None:
    world = await World.make(database)
    (line,) = await world.lines()
    await sign_in(world, line, changed=world.now - timedelta(days=days))
    facts = await world.facts(line)
    found = readiness.findings(facts, world.app.rules.pack(facts.jurisdiction), world.now)
    assert [each.code for each in found if each.code == "recent_change"] == told
