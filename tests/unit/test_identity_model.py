"""Guesses, levels and waits, as pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.features.identity.codes import looks_like_totp, matching_step, new_recovery_codes, recovery_digest
from ringoff.features.identity.model import Guesses, Level, Session, Visit, earliest, rested
from ringoff.features.rules import RuleBook
from ringoff.kit.secrets import SecretStr

PACK = RuleBook.load().pack("neutral")
RULES = PACK.identity
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def session(level: Level = 1, *, changed_at: datetime | None = None, proved_at: datetime = NOW) -> Session:
    return Session(
        account_id=1,
        account_number="A",
        holder_name="Holder",
        locale="en",
        time_zone="UTC",
        jurisdiction="neutral",
        closed_at=None,
        changed_at=changed_at,
        cancel_locked_at=None,
        public_id="s",
        level=level,
        method="password",
        created_at=proved_at,
        proved_at=proved_at,
        seen_at=NOW,
        address=None,
        device="",
    )


# ── Levels ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_level_two_may_cancel_now_and_level_one_waits_three_days_with_a_veto() -> None:
    assert session(2).may_now(PACK, NOW)
    assert earliest(2, None, RULES, NOW).at == NOW
    first = earliest(1, None, RULES, NOW)
    assert (first.at, first.why, first.veto) == (NOW + 3 * DAY, "level", True)
    assert not session(1).may_now(PACK, NOW)


def test_after_a_change_of_password_or_contact_nobody_cancels_for_seven_days() -> None:
    changed = NOW - DAY
    for level, at in ((2, changed + 7 * DAY), (1, changed + 7 * DAY)):
        assert earliest(level, changed, RULES, NOW).at == at  # type: ignore[arg-type]
    almost_over = NOW - 6 * DAY
    assert earliest(2, almost_over, RULES, NOW).at == NOW + DAY
    assert earliest(1, almost_over, RULES, NOW).at == NOW + 3 * DAY
    assert session(2, changed_at=NOW - 7 * DAY).may_now(PACK, NOW)


def test_a_proof_is_fresh_for_a_quarter_of_an_hour_and_half_a_sign_in_never_is() -> None:
    assert not session(proved_at=NOW - 15 * MINUTE).needs_step_up(PACK, NOW)
    assert session(proved_at=NOW - 16 * MINUTE).needs_step_up(PACK, NOW)
    assert session(0).needs_step_up(PACK, NOW)


def test_a_new_factor_counts_only_after_it_has_rested() -> None:
    assert not rested(None, RULES, NOW)
    assert not rested(NOW - 3 * DAY + MINUTE, RULES, NOW)
    assert rested(NOW - 3 * DAY, RULES, NOW)


# ── Guesses ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_ten_wrong_answers_block_for_a_quarter_of_an_hour_even_the_right_one() -> None:
    guesses = Guesses()
    for _ in range(10):
        assert guesses.taken(RULES, NOW)
        guesses = guesses.after(False, RULES, NOW)
    assert not guesses.taken(RULES, NOW)
    assert guesses.after(True, RULES, NOW) == guesses
    assert guesses.taken(RULES, NOW + 15 * MINUTE)
    assert guesses.after(True, RULES, NOW + 15 * MINUTE) == Guesses()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=400))
def test_never_more_than_a_hundred_wrong_answers_in_a_row_are_looked_at(answers: list[tuple[bool, int]]) -> None:
    guesses, now, in_a_row = Guesses(), NOW, 0
    for right, minutes in answers:
        now += minutes * MINUTE
        if guesses.taken(RULES, now):
            in_a_row = 0 if right else in_a_row + 1
        guesses = guesses.after(right, RULES, now)
        assert guesses.failures == in_a_row <= RULES.guesses_most


def test_after_a_hundred_in_a_row_waiting_no_longer_helps() -> None:
    guesses, now = Guesses(), NOW
    while guesses.failures < 100:
        now += 16 * MINUTE
        guesses = guesses.after(False, RULES, now)
    assert not guesses.taken(RULES, now + 1000 * DAY)


# ── Visits and codes ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("address", "ip", "network"),
    [
        ("198.51.100.77", "198.51.100.77", "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::1", "fe80::/48"),
        ("testclient", None, None),
        (None, None, None),
    ],
)
def test_a_visit_knows_its_neighbourhood(address: str | None, ip: str | None, network: str | None) -> None:
    assert (Visit(address).ip, Visit(address).network) == (ip, network)


def test_a_code_of_the_present_or_a_neighbouring_half_minute_fits_once() -> None:
    """The secret and the codes are RFC 6238's own, cut to six digits."""
    secret = SecretStr("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    at = datetime.fromtimestamp(1111111109, UTC)
    step = 1111111109 // 30
    assert matching_step(secret, SecretStr("081 804"), at, after=0) == step
    assert matching_step(secret, SecretStr("081804"), at + timedelta(seconds=30), after=0) == step
    assert matching_step(secret, SecretStr("081804"), at + timedelta(seconds=90), after=0) is None
    assert matching_step(secret, SecretStr("081804"), at, after=step) is None
    assert matching_step(secret, SecretStr("081805"), at, after=0) is None


def test_recovery_codes_are_read_in_any_spelling_and_never_alike() -> None:
    codes = new_recovery_codes()
    assert len({code.get_secret_value() for code in codes}) == 10
    text = codes[0].get_secret_value()
    assert recovery_digest(SecretStr(text.lower().replace("-", " "))) == recovery_digest(codes[0])
    assert recovery_digest(SecretStr("O0IL-0000")) == recovery_digest(SecretStr("0011-0000"))
    assert not looks_like_totp(codes[0])
