"""Four eyes: what one person asks, another decides, and who asked does exactly that, once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ringoff.features import approvals
from ringoff.features.approvals import Approval
from ringoff.features.cancellation import State
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, RingoffError
from ringoff.surfaces.worker import Worker
from tests.support.four_eyes import ADDRESS, Desk, desk_of
from tests.support.people import member
from tests.support.world import BULK


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with desk_of(database_url) as opened:
        yield opened


# ── Asking and deciding ──────────────────────────────────────────────────────────────────────────────────────────
async def test_what_one_asks_and_another_approves_is_used_once_and_told_with_names(desk: Desk) -> None:
    wish = desk.payment()
    asked = await desk.ask(wish)
    assert (asked.state, asked.asked_by, asked.terms["amount"]) == ("waiting", "lin", 25_000)
    with pytest.raises(NotAllowed) as refused:
        await desk.use(wish, asked.id)
    assert refused.value.code == "approval_missing"
    assert await desk.queue(desk.ben) == [asked.id]
    decided = await desk.approve(asked.id)
    assert (decided.state, decided.decided_by, await desk.queue(desk.ben)) == ("approved", "ben", [])
    await desk.use(wish, asked.id)
    with pytest.raises(NotAllowed):
        await desk.use(wish, asked.id)
    assert await desk.told() == [
        ("approval.asked", "staff:lin"),
        ("approval.approved", "staff:ben"),
        ("approval.used", "staff:lin"),
    ]


async def test_the_same_asked_again_is_the_same_and_other_terms_are_another(desk: Desk) -> None:
    first = await desk.ask(desk.payment())
    assert (await desk.ask(desk.payment())).id == first.id
    assert (await desk.ask(desk.payment(25_001))).id != first.id
    assert (await desk.ask(desk.payment(), by=desk.ben)).id != first.id


async def test_nobody_approves_their_own_request_and_the_database_refuses_it_too(desk: Desk) -> None:
    asked = await desk.ask(desk.payment())
    with pytest.raises(NotAllowed) as refused:
        await desk.approve(asked.id, by=desk.lin)
    assert refused.value.code == "own_request"
    assert await desk.queue(desk.lin) == []
    with pytest.raises(psycopg.errors.CheckViolation):
        await desk.world.rows(
            "UPDATE approval SET state = 'approved', decided_by = asked_by, decided_at = %s", desk.world.now
        )


@pytest.mark.parametrize("role", ["agent", "operations", "auditor"])
async def test_only_who_may_approve_sees_and_decides(desk: Desk, role: Any) -> None:
    asked = await desk.ask(desk.payment())
    other = await member(desk.world, "ana", role)
    assert await desk.queue(other) == []
    with pytest.raises(NotAllowed) as refused:
        await desk.approve(asked.id, by=other)
    assert refused.value.code == "permission_missing"


async def test_what_was_refused_stays_refused(desk: Desk) -> None:
    wish = desk.payment()
    asked = await desk.ask(wish)
    ctx, now = desk.world.app.identity, desk.world.now
    refused = await desk.run(approvals.refuse, ctx, asked.id, desk.ben, "there is no reason", now)
    assert (refused.state, refused.why_decided) == ("refused", "there is no reason")
    with pytest.raises(Conflict):
        await desk.approve(asked.id)
    with pytest.raises(NotAllowed):
        await desk.use(wish, asked.id)
    assert (await desk.ask(wish)).id != asked.id, "it can be asked for again"
    assert [one.state for one in await desk.run(approvals.of_member, desk.lin, now)] == ["waiting", "refused"]


async def test_what_nobody_decides_or_uses_in_time_lapses(desk: Desk) -> None:
    late, unused = desk.payment(1), desk.payment(2)
    first, second = (await desk.ask(late)).id, await desk.approved(unused)
    desk.world.clock.advance(timedelta(hours=24))
    with pytest.raises(Conflict) as refused:
        await desk.approve(first)
    assert refused.value.code == "approval_expired"
    with pytest.raises(NotAllowed):
        await desk.use(unused, second)
    assert await desk.queue(desk.ben) == []
    again = await desk.ask(late)
    assert again.id not in (first, second)
    await Worker(desk.world.app, BULK).expire_approvals()
    states = await desk.world.rows("SELECT state FROM approval ORDER BY id")
    assert states == [("expired",), ("expired",), ("waiting",)]
    assert (await desk.told()).count(("approval.expired", "ringoff")) == 1


async def test_a_reason_is_needed_and_what_does_not_exist_is_not_found(desk: Desk) -> None:
    with pytest.raises(InvalidInput):
        await desk.ask(desk.payment(), why="  ")
    with pytest.raises(NotFound):
        await desk.approve(77)


@pytest.mark.parametrize("change", ["amount", "about", "person", "operator", "none"])
async def test_an_approval_serves_only_who_asked_for_exactly_what_was_asked(desk: Desk, change: str) -> None:
    wish = desk.payment()
    given = await desk.approved(wish)
    other = {"amount": desk.payment(25_001), "about": approvals.amount(2**61 + 6, desk.account_id, 25_000, "EUR")}
    actor = {"person": desk.ben.actor(ADDRESS), "operator": Actor("operator:lin", "cli")}
    with pytest.raises(NotAllowed) as refused:
        await desk.run(
            approvals.use,
            other.get(change, wish),
            None if change == "none" else given,
            actor.get(change, desk.lin.actor(ADDRESS)),
            desk.world.now,
        )
    assert refused.value.code == "approval_missing"
    await desk.use(wish, given)


async def test_what_was_asked_for_cannot_be_rewritten_nor_deleted(desk: Desk) -> None:
    given = await desk.approved(desk.payment())
    for change in ("SET terms = '{}'", "SET why = 'x'", "SET expires_at = 'infinity'", "SET state = 'waiting'"):
        with pytest.raises(psycopg.errors.IntegrityError):
            await desk.world.rows(f"UPDATE approval {change} WHERE id = %s", given)
    with pytest.raises(psycopg.errors.IntegrityError):
        await desk.world.rows("DELETE FROM approval")


# ── At once ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_of_two_who_decide_at_once_one_does(desk: Desk) -> None:
    asked = await desk.ask(desk.payment())
    others = [desk.ben, *[await member(desk.world, name) for name in ("ana", "eve", "kim")]]
    answers = await asyncio.gather(*[desk.approve(asked.id, by=one) for one in others], return_exceptions=True)
    assert sum(isinstance(answer, Approval) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, RingoffError)} == {"approval_not_waiting"}
    assert len([one for one in await desk.told() if one[0] == "approval.approved"]) == 1


async def test_of_many_uses_at_once_one_counts(desk: Desk) -> None:
    wish = desk.payment()
    given = await desk.approved(wish)
    answers = await asyncio.gather(*[desk.use(wish, given) for _ in range(8)], return_exceptions=True)
    assert sum(answer is None for answer in answers) == 1
    assert [one[0] for one in await desk.told()].count("approval.used") == 1


async def test_the_same_asked_many_times_at_once_is_asked_once(desk: Desk) -> None:
    asked = await asyncio.gather(*[desk.ask(desk.payment()) for _ in range(8)])
    assert len({one.id for one in asked}) == 1


# ── Who edits contacts does not decide ───────────────────────────────────────────────────────────────────────────
async def test_who_edited_a_contact_of_the_account_neither_sees_nor_decides(desk: Desk) -> None:
    ctx, now = desk.world.app.identity, desk.world.now
    await desk.run(
        approvals.care_change_contact, ctx, desk.account_id, email="new@example.org", member=desk.ben, now=now
    )
    asked = await desk.ask(desk.payment())
    assert await desk.queue(desk.ben) == []
    with pytest.raises(NotAllowed) as refused:
        await desk.approve(asked.id)
    assert refused.value.code == "edited_contact"
    await desk.approve(asked.id, by=await member(desk.world, "ana"))


async def test_an_edit_and_a_decision_of_one_person_at_once_never_both_happen(desk: Desk) -> None:
    ctx = desk.world.app.identity
    for round_ in range(6):
        desk.world.clock.advance(timedelta(hours=1))  # so many contacts an hour may be asked for
        now = desk.world.now
        asked = await desk.ask(desk.payment(100 + round_))
        person = await member(desk.world, f"p{round_}")
        edit = desk.run(
            approvals.care_change_contact, ctx, desk.account_id, phone=f"+49151300000{round_}", member=person, now=now
        )
        answers = await asyncio.gather(edit, desk.approve(asked.id, by=person), return_exceptions=True)
        assert sum(isinstance(answer, NotAllowed) for answer in answers) >= 1, answers


async def test_who_edited_a_contact_does_not_review_a_case_of_the_account(desk: Desk) -> None:
    ctx, now = desk.world.app.identity, desk.world.now
    (line,) = await desk.world.lines(status="suspended")
    case = await desk.world.case(line, channel="web")
    await desk.run(
        approvals.care_change_contact, ctx, desk.account_id, email="new@example.org", member=desk.ben, now=now
    )
    with pytest.raises(NotAllowed) as refused:
        await desk.world.review(case, True, actor=desk.ben.actor(ADDRESS))
    assert refused.value.code == "edited_contact"
    assert await desk.world.review(case, True, actor=desk.lin.actor(ADDRESS)) is State.SCHEDULED
    desk.world.clock.advance(timedelta(hours=1))
    with pytest.raises(NotAllowed) as refused:
        await desk.run(
            approvals.care_change_contact,
            ctx,
            desk.account_id,
            email="other@example.org",
            member=desk.lin,
            now=desk.world.now,
        )
    assert refused.value.code == "has_decided"
