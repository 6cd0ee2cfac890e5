"""What each outcome does to its obligation, decided without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, Unknown
from ringoff.reconcile.model import Claimed, Pace
from ringoff.reconcile.settle import backoff, ending

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PACE = Pace()


def claimed(strikes: int = 0, age: timedelta = timedelta(0), reference: str | None = None) -> Claimed:
    return Claimed(1, "release", 1, 1, strikes, reference, None, None, NOW - age, NOW)


@pytest.mark.parametrize(
    ("outcome", "state", "undone", "strike"),
    [
        (Done({}), "discharged", 0, 0),
        (NeedsPerson("why"), "fallout", 0, 0),
        (Accepted("R", timedelta(minutes=1)), "due", 0, 0),
        (RetryAfter("busy"), "due", 1, 1),
        (RetryAfter("down", system_failed=True), "due", 1, 0),
        (Unknown("lost"), "due", 0, 1),
        (Unknown("lost", system_failed=True), "due", 0, 0),
    ],
)
def test_a_try_counts_unless_it_certainly_did_nothing(outcome: Outcome, state: str, undone: int, strike: int) -> None:
    end = ending(claimed(), outcome, NOW, PACE)
    assert (end.state, end.undone, end.strike) == (state, undone, strike)


@pytest.mark.parametrize("outcome", [RetryAfter("busy"), Unknown("lost")])
def test_patience_ends_with_the_last_strike_and_not_before(outcome: Outcome) -> None:
    assert ending(claimed(PACE.patience_strikes - 2), outcome, NOW, PACE).state == "due"
    end = ending(claimed(PACE.patience_strikes - 1), outcome, NOW, PACE)
    assert end.state == "fallout"
    assert end.says == f"gave up after 12 tries: {outcome.why}"  # type: ignore[union-attr]


@pytest.mark.parametrize("outcome", [RetryAfter("down", system_failed=True), Unknown("down", system_failed=True)])
def test_a_system_that_is_down_wears_out_nobodys_patience(outcome: Outcome) -> None:
    end = ending(claimed(PACE.patience_strikes - 1, timedelta(days=30)), outcome, NOW, PACE)
    assert end.state == "due"


def test_accepted_work_that_never_ends_goes_to_a_person() -> None:
    asked = Accepted("R", timedelta(minutes=1))
    patient = ending(claimed(age=PACE.patience_time - timedelta(hours=1), reference="R"), asked, NOW, PACE)
    assert (patient.state, patient.due_at, patient.reference) == ("due", NOW + timedelta(minutes=1), "R")
    assert (
        ending(claimed(age=PACE.patience_time + timedelta(hours=1), reference="R"), asked, NOW, PACE).state == "fallout"
    )


def test_a_systems_own_delay_is_kept() -> None:
    end = ending(claimed(), RetryAfter("busy", timedelta(seconds=30)), NOW, PACE)
    assert end.due_at == NOW + timedelta(seconds=30)


@given(st.integers(0, 40))
def test_backoff_grows_and_stays_within_its_bounds(strikes: int) -> None:
    middle = min(PACE.backoff_most, PACE.backoff_first * 2 ** max(0, min(strikes, 20) - 1))
    assert middle / 2 <= backoff(strikes, PACE) <= middle * 1.5
