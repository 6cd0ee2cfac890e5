"""The pure decisions of a case's life: transitions, dates, waves, and what a withdrawal may still do."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.db.pool import Database
from ringoff.features.cancellation.model import (
    OPEN,
    TERMINAL,
    TRANSITIONS,
    OpenReleases,
    Plan,
    ReleaseRow,
    State,
    Step,
    When,
    advance,
    effective_at,
    plan_problem,
    plan_withdrawal,
)
from ringoff.kit.errors import InvalidInput

YEAR = timedelta(days=400)
LINE = """
INSERT INTO plan VALUES ('P', 'Plan', 'postpaid', 0, 'EUR') ON CONFLICT DO NOTHING;
INSERT INTO release_plan (digest) VALUES ('one') ON CONFLICT DO NOTHING;
INSERT INTO account (account_number, holder_name, kind, locale, time_zone, jurisdiction)
VALUES ('A', 'Holder', 'consumer', 'en', 'UTC', 'neutral') ON CONFLICT DO NOTHING;
INSERT INTO line (line_ref, account_id, plan_code, service, status)
SELECT 'L-' || n, a.id, 'P', 'voice', 'active' FROM account a, generate_series(1, 8) n
"""
CASE = """
INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind, requested_at,
                          effective_at, ripe_at, scheduled_at, plan_id, rule_pack, ended_at)
SELECT l.id, l.account_id, %(state)s, 0, 'api', 'x', 'now', now(), now(), now(), now(), p.id, 'neutral@1',
       CASE WHEN %(over)s THEN now() END
  FROM line l, release_plan p WHERE l.line_ref = %(line)s
"""
MOVE = """
UPDATE cancellation SET state = %(to)s, ended_at = CASE WHEN %(over)s THEN now() END
 WHERE line_id = (SELECT id FROM line WHERE line_ref = %(line)s)
"""


async def test_the_database_allows_exactly_the_transitions_of_the_model(database: Database) -> None:
    allowed: dict[State, set[State]] = {state: set() for state in State}
    async with database.transaction() as conn:
        for statement in LINE.split(";"):
            await conn.execute(statement)
        for number, start in enumerate(State, 1):
            line = {"line": f"L-{number}"}
            await conn.execute(CASE, {**line, "state": start, "over": start in TERMINAL})
            for to in State:
                try:
                    async with conn.transaction(force_rollback=True):
                        await conn.execute(MOVE, {**line, "to": to, "over": to in TERMINAL})
                        allowed[start].add(to)
                except psycopg.errors.IntegrityConstraintViolation as refusal:
                    assert "this transition does not exist" in str(refusal)
    assert {start: ends - {start} for start, ends in allowed.items()} == TRANSITIONS


def test_a_terminal_state_leads_nowhere_and_every_open_one_leads_to_an_end() -> None:
    assert all(not TRANSITIONS[state] for state in TERMINAL)
    for state in OPEN:
        reached, frontier = {state}, {state}
        while frontier:
            frontier = {to for one in frontier for to in TRANSITIONS[one]} - reached
            reached |= frontier
        assert reached & TERMINAL


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def means(
    when: str, now: str, zone: str = "UTC", *, paid_until: str | None = None, cycle_day: int | None = None
) -> datetime:
    paid = date.fromisoformat(paid_until) if paid_until else None
    return effective_at(When.parse(when), now=at(now), zone=zone, paid_until=paid, bill_cycle_day=cycle_day, most=YEAR)


def test_now_means_this_very_instant() -> None:
    assert means("now", "2026-03-01T12:34:56") == at("2026-03-01T12:34:56")


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        ("2026-03-28", "Europe/Berlin", "2026-03-28T22:59:59"),
        ("2026-03-29", "Europe/Berlin", "2026-03-29T21:59:59"),  # the clocks went forward that morning
        ("2026-10-24", "Europe/Berlin", "2026-10-24T21:59:59"),
        ("2026-10-25", "Europe/Berlin", "2026-10-25T22:59:59"),
        ("2026-06-01", "Pacific/Kiritimati", "2026-06-01T09:59:59"),  # UTC+14: the first to end a day
        ("2026-06-01", "Pacific/Pago_Pago", "2026-06-02T10:59:59"),  # UTC-11: the last
        ("2026-06-01", "Asia/Kathmandu", "2026-06-01T18:14:59"),
        ("2026-06-01", "Asia/Shanghai", "2026-06-01T15:59:59"),
    ],
)
def test_a_date_ends_with_its_last_second_where_the_holder_lives(day: str, zone: str, instant: str) -> None:
    assert means(day, "2026-03-01T12:00:00", zone) == at(instant)


def test_a_day_is_past_only_when_it_is_past_where_the_holder_lives() -> None:
    noon = "2026-06-02T10:30:00"
    assert means("2026-06-01", noon, "Pacific/Pago_Pago") == at("2026-06-02T10:59:59")
    with pytest.raises(InvalidInput, match="2026-06-01 has passed in Europe/Berlin"):
        means("2026-06-01", noon, "Europe/Berlin")
    with pytest.raises(InvalidInput, match="has passed"):
        means("2026-06-02", noon, "Pacific/Kiritimati")


def test_a_date_may_be_as_far_away_as_the_rule_pack_says_and_no_further() -> None:
    assert means("2027-04-04", "2026-03-01T00:00:00") == at("2027-04-04T23:59:59")
    with pytest.raises(InvalidInput) as refused:
        means("2027-04-05", "2026-03-01T00:00:00")
    assert refused.value.code == "when_too_far"


@pytest.mark.parametrize(
    ("today", "cycle_day", "last_day"),
    [
        ("2026-03-01", 15, "2026-03-14"),
        ("2026-03-15", 15, "2026-04-14"),  # the new cycle has begun
        ("2026-03-14", 15, "2026-03-14"),  # the last day itself
        ("2026-02-10", 31, "2026-02-27"),  # the 31st of February is the 28th
        ("2026-02-28", 31, "2026-03-30"),
        ("2028-02-10", 30, "2028-02-28"),  # the 29th of a leap year
        ("2028-02-29", 29, "2028-03-28"),
        ("2026-12-31", 31, "2027-01-30"),
        ("2026-12-31", 1, "2026-12-31"),
        ("2026-01-31", 30, "2026-02-27"),
    ],
)
def test_a_postpaid_period_ends_the_day_before_the_next_cycle(today: str, cycle_day: int, last_day: str) -> None:
    assert means("period_end", f"{today}T12:00:00", cycle_day=cycle_day) == at(f"{last_day}T23:59:59")


def test_a_prepaid_period_ends_with_the_day_paid_until() -> None:
    assert means("period_end", "2026-03-01T12:00:00", paid_until="2026-03-20", cycle_day=5) == at("2026-03-20T23:59:59")
    assert means("period_end", "2026-03-21T12:00:00", paid_until="2026-03-20", cycle_day=5) == at("2026-04-04T23:59:59")
    with pytest.raises(InvalidInput) as refused:
        means("period_end", "2026-03-21T12:00:00", paid_until="2026-03-20")
    assert refused.value.code == "period_unknown"


@given(
    st.dates(date(2024, 1, 1), date(2032, 12, 31)),
    st.integers(1, 31),
    st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Shanghai"]),
    st.integers(0, 86_399),
)
def test_a_period_end_is_never_past_and_never_more_than_a_month_away(
    today: date, cycle_day: int, zone: str, second: int
) -> None:
    now = datetime.combine(today, datetime.min.time(), UTC) + timedelta(seconds=second)
    instant = effective_at(When("period_end"), now=now, zone=zone, paid_until=None, bill_cycle_day=cycle_day, most=YEAR)
    assert now <= instant + timedelta(seconds=1)
    assert instant - now <= timedelta(days=31, hours=25)


@pytest.mark.parametrize("text", ["tomorrow", "", "2026-13-01", "2026-02-30", "NOW", "20260101T00", "01.02.2026"])
def test_what_is_no_date_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        When.parse(text)
    assert refused.value.code == "when_invalid"


steps = st.builds(
    Step,
    system=st.sampled_from("abcdefgh"),
    wave=st.integers(1, 4),
    effect=st.sampled_from(["undo", "pivot", "forward_only"]),
    gates=st.booleans(),
    scope=st.sampled_from(["line", "account"]),
    ported=st.booleans(),
)
plans = st.lists(steps, min_size=1, max_size=8, unique_by=lambda s: s.system).filter(lambda s: not plan_problem(s))


@given(plans.map(lambda s: Plan(1, tuple(s))), st.sampled_from(["cancelled", "ported"]), st.booleans(), st.data())
def test_a_case_closes_exactly_when_all_gating_steps_have_ended_and_waves_open_in_order(
    plan: Plan, cause: str, last_line: bool, data: st.DataObject
) -> None:
    """Play a whole case: any open release may end next, or go to fallout for good where it only trails."""
    wanted = plan.wanted(cause, closes_account=False)  # type: ignore[arg-type]
    wave, state, opened, stuck = plan.first_wave(cause), State.RELEASING, [], 0  # type: ignore[arg-type]
    due = plan.wave(wave, cause, closes_account=False)  # type: ignore[arg-type]
    ended: list[Step] = []
    opened.append(wave)
    while due:
        step = due.pop(data.draw(st.integers(0, len(due) - 1)))
        if step.gates_line or data.draw(st.booleans()):
            ended.append(step)
        else:
            stuck += 1
        still = OpenReleases(sum(s.gates_line for s in due), sum(not s.gates_line for s in due))
        account = last_line and state is State.CLOSED
        follows = advance(state, plan, wave, cause, still, closes_account=account)  # type: ignore[arg-type]
        gating_ended = all(s in ended for s in wanted if s.gates_line)
        assert follows.closes == (state is State.RELEASING and gating_ended)
        assert (follows.open_wave is not None) <= (not due)
        if follows.closes:
            state = State.CLOSED
        if follows.open_wave is not None:
            assert follows.open_wave > wave
            wave = follows.open_wave
            opened.append(wave)
            due += plan.wave(wave, cause, closes_account=account)  # type: ignore[arg-type]
    assert state is State.CLOSED
    assert set(wanted) <= set(ended) | {s for s in wanted if not s.gates_line}
    assert len(opened) == len(set(opened)) and opened == sorted(opened)
    assert {s.wave for s in wanted} <= set(opened)


def test_no_case_can_be_scheduled_where_nothing_would_have_to_confirm_it() -> None:
    trailing = Step("billing", 1, "forward_only", gates=False)
    for_the_account = Step("access", 1, "undo", gates=True, scope="account")
    not_when_ported = Step("number", 1, "forward_only", gates=True, ported=False)
    assert plan_problem([]) is not None
    assert plan_problem([trailing, for_the_account, not_when_ported]) is not None
    assert plan_problem([trailing, Step("hlr", 1, "pivot", gates=True)]) is None


def release(state: str, attempts: int = 0, leased: bool = False, reference: str | None = None) -> ReleaseRow:
    return ReleaseRow("hlr", state, attempts, leased, reference)


@pytest.mark.parametrize(
    ("row", "of_pivot", "of_undo"),
    [
        (release("void"), None, None),
        (release("due"), None, None),
        (release("due", 1, leased=True), "crossed", "await_end"),
        (release("due", 1), "in_doubt", "give_back"),
        (release("due", 1, reference="R"), "crossed", "await_end"),
        (release("fallout", 3), "in_doubt", "give_back"),
        (release("discharged", 1), "crossed", "give_back"),
    ],
)
def test_a_withdrawal_weighs_each_release_by_its_effect(
    row: ReleaseRow, of_pivot: str | None, of_undo: str | None
) -> None:
    for irrevocable, expected in ((["hlr"], of_pivot), ([], of_undo)):
        plan = plan_withdrawal([row], irrevocable)
        found = [name for name in ("crossed", "in_doubt", "give_back", "await_end") if getattr(plan, name)]
        assert found == ([expected] if expected else [])
