"""What nobody at the desk does alone: skip a release, close many lines, pay much."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features import approvals, cancellation
from ringoff.features.approvals import Limits
from ringoff.features.billing import tasks
from ringoff.features.cancellation import ObligationId, Receipt, Request, State, When
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotAllowed
from ringoff.kit.ids import CaseId, LineId
from tests.support.four_eyes import ADDRESS, Desk, desk_of
from tests.support.world import World


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with desk_of(database_url) as opened:
        yield opened


async def fallen(desk: Desk) -> ObligationId:
    desk.world["hlr"].plan("A-2", "person")
    (line,) = await desk.world.lines()
    case = await desk.world.case(line)
    await desk.world.drain()
    return ObligationId(case, "hlr", "release", 1)


async def resolve(desk: Desk, id_: ObligationId, state: Any, approval: int | None = None) -> None:
    await desk.run(
        cancellation.resolve,
        desk.world.app.terms,
        id_,
        state=state,
        why="it is not there",
        actor=desk.lin.actor(ADDRESS),
        now=desk.world.now,
        approval=approval,
    )


async def test_nobody_at_the_desk_skips_a_release_alone(desk: Desk) -> None:
    id_ = await fallen(desk)
    with pytest.raises(NotAllowed) as refused:
        await resolve(desk, id_, "void")
    assert refused.value.code == "approval_missing"
    wish = await desk.run(cancellation.skipping, id_)
    assert wish.account_id == desk.account_id
    given = await desk.approved(wish)
    await resolve(desk, id_, "void", given)
    assert await desk.world.state(id_.subject_id) is State.CLOSED
    told = await desk.world.told(id_.subject_id)
    assert told.index("approval.used") < told.index("release.resolved")


async def test_an_approval_for_one_release_skips_no_other_and_is_kept_when_nothing_came_of_it(desk: Desk) -> None:
    id_ = await fallen(desk)
    given = await desk.approved(approvals.skip_release(id_.subject_id, f"{id_}0", desk.account_id))
    with pytest.raises(NotAllowed):
        await resolve(desk, id_, "void", given)
    right = await desk.approved(await desk.run(cancellation.skipping, id_))
    await desk.world.retry(id_.subject_id, "hlr")
    with pytest.raises(Conflict):
        await resolve(desk, id_, "void", right)
    states = await desk.world.rows("SELECT state FROM approval WHERE id = %s", right)
    assert states == [("approved",)], "it was rolled back with the rest"


async def test_what_was_done_by_hand_and_the_carriers_own_systems_need_no_second_person(desk: Desk) -> None:
    await resolve(desk, await fallen(desk), "discharged")
    (line,) = await desk.world.lines()
    desk.world["hlr"].plan("A-3", "person")
    case = await desk.world.case(line)
    await desk.world.drain()
    await desk.world.resolve(case, "hlr", "void")
    assert await desk.world.state(case) is State.CLOSED


async def ask_to_close(desk: Desk, lines: list[int], approval: int | None = None) -> list[Any]:
    wishes = [Request(LineId(line), When.parse("2026-12-24")) for line in lines]
    answers: list[Any] = await desk.run(
        cancellation.request,
        desk.world.app.terms,
        wishes,
        desk.lin.actor(ADDRESS),
        desk.world.now,
        approval=approval,
    )
    return answers


async def test_more_than_twenty_five_lines_need_a_second_person(desk: Desk) -> None:
    lines = await desk.world.lines("B", 26)
    account_id = (await desk.world.facts(lines[0])).account_id
    with pytest.raises(NotAllowed) as refused:
        await ask_to_close(desk, lines)
    assert refused.value.code == "approval_missing"
    wish = cancellation.closing_many(account_id, [Request(LineId(n), When.parse("2026-12-24")) for n in lines])
    given = await desk.approved(wish)
    with pytest.raises(NotAllowed):
        await ask_to_close(desk, [*lines, *await desk.world.lines("B")], given)
    answers = await ask_to_close(desk, lines, given)
    assert all(isinstance(answer, Receipt) and answer.created for answer in answers)


async def test_ten_and_ten_and_ten_lines_are_thirty(desk: Desk) -> None:
    lines = await desk.world.lines("B", 30)
    await ask_to_close(desk, lines[:10])
    await ask_to_close(desk, lines[10:20])
    with pytest.raises(NotAllowed):
        await ask_to_close(desk, lines[20:])
    await ask_to_close(desk, lines[20:25])
    desk.world.clock.advance(timedelta(hours=25))
    await ask_to_close(desk, lines[25:])
    assert len(await desk.world.ask(*await desk.world.lines("C", 40))) == 40, "the carrier's own systems ask nobody"


async def test_a_case_that_is_about_no_person_of_the_desk_is_as_before(desk: Desk) -> None:
    (line,) = await desk.world.lines(status="suspended")
    case = await desk.world.case(line, channel="care")
    assert await desk.world.review(CaseId(case), False) is State.DECLINED
    assert await desk.world.rows("SELECT * FROM duty") == []


# ── Amounts ──────────────────────────────────────────────────────────────────────────────────────────────────────
BILL = """
INSERT INTO final_bill (case_id, account_id, version, currency, bill_number, issued_at, last_day, items, total, state)
SELECT id, account_id, 1, 'EUR', 'F-1', %s, '2026-11-15', '[]', -25000, 'open' FROM cancellation RETURNING id
"""
REFUND = """
INSERT INTO money_movement (final_bill_id, account_id, kind, amount, currency, route, asked_at)
SELECT id, account_id, 'refund', 25000, 'EUR', 'transfer', %s FROM final_bill RETURNING id
"""


async def refund(desk: Desk) -> int:
    await desk.world.case(*await desk.world.lines())
    await desk.world.rows(BILL, desk.world.now)
    ((movement,),) = await desk.world.rows(REFUND, desk.world.now)
    return int(movement)


async def pay(desk: Desk, movement: int, actor: Actor, **how: Any) -> None:
    await desk.run(tasks.paid_out, movement, "SEPA 17", actor, desk.world.now, **how)


async def test_an_amount_above_the_limit_is_paid_with_a_second_person(desk: Desk) -> None:
    movement = await refund(desk)
    lin, limits = desk.lin.actor(ADDRESS), Limits({"EUR": 24_999})
    with pytest.raises(NotAllowed) as refused:
        await pay(desk, movement, lin, limits=limits)
    assert refused.value.code == "approval_missing"
    given = await desk.approved(approvals.amount(movement, desk.account_id, 25_000, "EUR"))
    await pay(desk, movement, lin, limits=limits, approval=given)
    assert await desk.world.rows("SELECT state, reference FROM money_movement") == [("done", "SEPA 17")]


@pytest.mark.parametrize(
    ("limits", "pays"),
    [(Limits({"EUR": 25_000}), True), (Limits({"USD": 99_999}, other=10_000), False), (Limits(other=25_000), True)],
)
async def test_the_limit_is_the_currencys_own_or_that_of_all_others(desk: Desk, limits: Limits, pays: bool) -> None:
    movement = await refund(desk)
    if pays:
        await pay(desk, movement, desk.lin.actor(ADDRESS), limits=limits)
    else:
        with pytest.raises(NotAllowed):
            await pay(desk, movement, desk.lin.actor(ADDRESS), limits=limits)


async def test_a_page_that_forgot_the_limit_pays_nothing_alone_and_operators_pay_as_before(desk: Desk) -> None:
    movement = await refund(desk)
    with pytest.raises(NotAllowed):
        await pay(desk, movement, desk.lin.actor(ADDRESS))
    await pay(desk, movement, Actor("operator:lin", "cli"))


async def test_the_operators_limits_are_read_from_the_settings(database: Database) -> None:
    world = await World.make(database, desk={"approve_above": {"EUR": 5_000}, "approve_above_other": 700})
    limits = world.app.limits
    assert [limits.needs_two(n, "EUR") for n in (5_000, 5_001)] == [False, True]
    assert [limits.needs_two(n, "JPY") for n in (700, 701)] == [False, True]
