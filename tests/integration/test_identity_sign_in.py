"""Signing in, one-time codes, sessions and stepping up, on a real database."""

from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features import identity
from ringoff.features.identity import AccountClosed, SignedIn
from ringoff.kit.errors import Conflict, NotAllowed, NotFound, RingoffError, Unauthenticated
from ringoff.kit.secrets import SecretStr
from tests.support.holder import AWAY, EMAIL, HOME, OTHER, PASSWORD, Holder


def code_of(answer: object) -> str:
    assert isinstance(answer, RingoffError)
    return answer.code


@pytest.mark.parametrize(
    "name", ["A", " A ", "Ａ", EMAIL, "Holder@Example.NET", "+49 151 2001 0001", "0049-151-20010001", "4915120010001"]
)
async def test_a_holder_signs_in_by_account_number_address_or_phone_number_in_any_spelling(
    database: Database, name: str
) -> None:
    holder = await Holder.make(database)
    number = (await holder.world.rows("SELECT msisdn FROM line"))[0][0]
    await holder.world.rows("UPDATE line SET msisdn = '+4915120010001' WHERE msisdn = %s", number)
    signed_in = await holder.signs_in(name)
    assert (signed_in.session.account_number, signed_in.session.level, signed_in.needs) == ("A", 1, "none")
    assert await holder.is_recognised(signed_in)


async def test_a_number_written_as_at_home_is_read_where_the_installation_has_a_region(database: Database) -> None:
    holder = await Holder.make(database)
    object.__setattr__(holder.ctx, "region", "DE")
    await holder.world.rows("UPDATE line SET msisdn = '+4915120010001'")
    await holder.signs_in("0151 20010001")


@pytest.mark.parametrize("name", ["A", "B", "", "nobody@example.net", "+86 138 0013 8000", "\x00", "A" * 5000])
async def test_unknown_and_wrong_are_told_in_the_same_words(database: Database, name: str) -> None:
    holder = await Holder.make(database)
    answer = await holder.tries(name, "wrong")
    assert isinstance(answer, Unauthenticated)
    assert (answer.code, answer.details) == ("sign_in_failed", {})
    assert answer.message == identity.signing_in.sign_in_failed().message


async def test_an_address_that_several_accounts_share_signs_in_to_none_but_their_numbers_do(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.world.lines("B", email=EMAIL)
    await holder.enrol((await holder.world.rows("SELECT max(id) FROM account"))[0][0], OTHER)
    assert code_of(await holder.tries(EMAIL)) == "sign_in_failed"
    assert (await holder.signs_in("A")).session.account_number == "A"
    assert (await holder.signs_in("B", OTHER)).session.account_number == "B"


async def test_a_number_that_has_been_given_out_again_means_its_present_holder(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.world.lines("B", email=None)
    await holder.enrol((await holder.world.rows("SELECT max(id) FROM account"))[0][0], OTHER)
    now = holder.world.now
    await holder.world.rows("UPDATE line SET status = 'closed', closed_at = %s WHERE line_ref = 'A-1'", now)
    await holder.world.rows("UPDATE line SET msisdn = '+4915120010001'")
    assert (await holder.signs_in("+4915120010001", OTHER)).session.account_number == "B"
    assert code_of(await holder.tries("+4915120010001", PASSWORD)) == "sign_in_failed"


async def test_that_an_account_is_closed_is_told_only_after_the_right_password(database: Database) -> None:
    holder = await Holder.make(database)
    since = holder.world.now
    await holder.world.rows("UPDATE account SET closed_at = %s", since)
    assert code_of(await holder.tries(password="wrong")) == "sign_in_failed"
    answer = await holder.tries()
    assert isinstance(answer, AccountClosed)
    assert (answer.since, answer.account_id) == (since, holder.account_id)
    assert await holder.world.rows("SELECT 1 FROM session") == []


# ── One-time codes ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_password_and_code_make_level_two_and_the_password_alone_shows_nothing(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    first = await holder.signs_in()
    assert (first.session.level, first.needs) == (0, "totp")
    second = await holder.enters(first.session, holder.code())
    assert isinstance(second, SignedIn)
    assert (second.session.level, second.session.method) == (2, "password+totp")
    assert not await holder.is_recognised(first)
    assert await holder.is_recognised(second)
    with pytest.raises(Conflict, match="already"):
        await holder.enters(second.session, holder.code(seconds=30))


async def test_a_code_works_once(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    await holder.signs_in_twice_over()
    assert code_of(await holder.enters((await holder.signs_in()).session, holder.code())) == "code_wrong"
    assert isinstance(await holder.enters((await holder.signs_in()).session, holder.code(seconds=30)), SignedIn)
    assert code_of(await holder.enters((await holder.signs_in()).session, holder.code())) == "code_wrong"


async def test_half_a_sign_in_is_forgotten_after_ten_minutes(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    first = await holder.signs_in()
    holder.world.clock.advance(timedelta(minutes=11))
    assert not await holder.is_recognised(first)


# ── Sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_session_ends_when_it_is_left_alone_and_in_any_case_after_twelve_hours(database: Database) -> None:
    holder = await Holder.make(database)
    left_alone, used = await holder.signs_in(), await holder.signs_in()
    for _ in range(28):
        holder.world.clock.advance(timedelta(minutes=25))
        assert await holder.is_recognised(used)
    assert not await holder.is_recognised(left_alone)
    holder.world.clock.advance(timedelta(minutes=25))
    assert not await holder.is_recognised(used)


async def test_only_digests_of_cookies_and_links_are_kept(database: Database) -> None:
    holder = await Holder.make(database)
    token = (await holder.signs_in()).token.get_secret_value()
    await holder.forgets()
    link = (await holder.link()).rpartition("/")[2]
    for table in ("session", "secret_link", "letter", "obligation", "event"):
        kept = str(await holder.world.rows(f"SELECT * FROM {table}"))
        assert token not in kept
        assert link not in kept


async def test_sessions_are_listed_and_ended_one_by_one_or_all_but_this(database: Database) -> None:
    holder = await Holder.make(database)
    here, there, elsewhere = [await holder.signs_in(visit=visit) for visit in (HOME, AWAY, AWAY)]
    now = holder.world.now
    async with holder.conn() as conn:
        listed = await identity.sessions(conn, holder.ctx, here.session, now)
        assert {one.device for one in listed} == {HOME.device, AWAY.device}
        assert len(listed) == 3
        await identity.end_session(conn, holder.account_id, there.session.public_id, now)
        with pytest.raises(NotFound):
            await identity.end_session(conn, holder.account_id, there.session.public_id, now)
    assert [await holder.is_recognised(one) for one in (here, there, elsewhere)] == [True, False, True]
    async with holder.conn() as conn:
        assert await identity.end_other_sessions(conn, here.session, now) == 1
    assert [await holder.is_recognised(one) for one in (here, there, elsewhere)] == [True, False, False]


async def test_nobody_ends_another_accounts_session(database: Database) -> None:
    holder = await Holder.make(database)
    signed_in = await holder.signs_in()
    async with holder.conn() as conn:
        with pytest.raises(NotFound):
            await identity.end_session(conn, holder.account_id + 1, signed_in.session.public_id, holder.world.now)
    assert await holder.is_recognised(signed_in)


# ── Stepping up ──────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_old_proof_is_renewed_by_the_password_and_the_cookie_changes(database: Database) -> None:
    holder = await Holder.make(database)
    old = await holder.signs_in()
    holder.world.clock.advance(timedelta(minutes=20))
    pack = holder.ctx.pack()
    with pytest.raises(NotAllowed, match="Confirm once more"):
        old.session.must_be_fresh(pack, holder.world.now)
    new = await holder.does(identity.step_up, old.session, password=SecretStr(PASSWORD))
    assert isinstance(new, SignedIn)
    new.session.must_be_fresh(pack, holder.world.now)
    assert (new.session.level, new.session.created_at) == (1, old.session.created_at)
    assert not await holder.is_recognised(old)


async def test_a_code_raises_a_session_to_level_two_and_a_wrong_one_to_nothing(database: Database) -> None:
    holder = await Holder.make(database)
    signed_in = await holder.signs_in()
    await holder.enrol(holder.account_id, PASSWORD, totp=True)
    wrong = await holder.does(identity.step_up, signed_in.session, code=SecretStr("000000"))
    assert code_of(wrong) == "code_wrong"
    raised = await holder.does(identity.step_up, signed_in.session, code=SecretStr(holder.code()))
    assert isinstance(raised, SignedIn)
    assert raised.session.level == 2


async def test_a_level_once_proved_is_not_lost_by_a_step_up_with_the_password(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    signed_in = await holder.signs_in_twice_over()
    again = await holder.does(identity.step_up, signed_in.session, password=SecretStr(PASSWORD))
    assert (again.session.level, again.session.method) == (2, "password+totp")


# ── Forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_serves_nobody_any_more_is_forgotten_and_what_is_in_use_is_not(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.signs_in()
    await holder.tries(password="wrong")
    await holder.forgets()
    holder.world.clock.advance(timedelta(days=91))
    present = await holder.signs_in()
    async with holder.conn() as conn:
        await identity.forget_expired(conn, holder.world.now)
    for table, left in (("session", 1), ("secret_link", 0), ("throttle", 0)):
        assert len(await holder.world.rows(f"SELECT 1 FROM {table}")) == left
    assert await holder.is_recognised(present)
