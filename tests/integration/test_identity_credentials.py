"""What holders change about how they sign in: fresh proof needed, all contacts told, former ones included."""

from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest

from ringoff.db.pool import Connection, Database
from ringoff.features import identity
from ringoff.features.identity import Identity, SignedIn, Visit
from ringoff.features.letters import LetterKind
from ringoff.kit.errors import Conflict, InvalidInput, NotAllowed, Refused, RingoffError, Unauthenticated, Unavailable
from ringoff.kit.secrets import SecretStr
from tests.support.holder import EMAIL, HOME, OTHER, PASSWORD, Holder

NEW_EMAIL = "new@example.org"


async def summary(holder: Holder) -> identity.SecuritySummary:
    async with holder.conn() as conn:
        return await identity.security(conn, holder.account_id)


# ── Passwords ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_changed_password_ends_other_sessions_and_is_told(database: Database) -> None:
    holder = await Holder.make(database)
    here, there = await holder.signs_in(), await holder.signs_in()
    assert await holder.does(identity.change_password, here.session, SecretStr(PASSWORD), SecretStr(OTHER)) is None
    assert await holder.is_recognised(here)
    assert not await holder.is_recognised(there)
    assert await holder.subjects() == [(EMAIL, "Your password has been set")]
    session = (await holder.signs_in(password=OTHER)).session
    assert not session.may_now(holder.ctx.pack(), holder.world.now)


async def test_the_old_password_is_asked_for_and_guesses_at_it_count(database: Database) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    for _ in range(10):
        answer = await holder.does(identity.change_password, here.session, SecretStr("wrong"), SecretStr(OTHER))
        assert isinstance(answer, Unauthenticated)
    answer = await holder.does(identity.change_password, here.session, SecretStr(PASSWORD), SecretStr(OTHER))
    assert isinstance(answer, Unauthenticated)


async def test_a_hash_of_weaker_parameters_is_made_again_at_the_next_sign_in(database: Database) -> None:
    from argon2 import PasswordHasher

    holder = await Holder.make(database)
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await holder.world.rows("UPDATE login SET password_hash = %s", weak)
    await holder.signs_in()
    assert "m=19456,t=2,p=1" in (await holder.world.rows("SELECT password_hash FROM login"))[0][0]
    await holder.signs_in()


# ── One-time codes ───────────────────────────────────────────────────────────────────────────────────────────────
async def set_up_totp(holder: Holder, signed_in: SignedIn) -> pyotp.TOTP:
    async with holder.conn() as conn:
        new = await identity.start_totp(conn, holder.ctx, signed_in.session, holder.world.now)
    assert new.uri.get_secret_value().startswith("otpauth://totp/Ringoff:A?secret=")
    app = pyotp.TOTP(new.secret.get_secret_value())
    await holder.does(identity.confirm_totp, signed_in.session, SecretStr(app.at(holder.world.now)))
    return app


async def test_codes_are_asked_for_once_a_first_one_proved_that_the_app_works(database: Database) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    async with holder.conn() as conn:
        await identity.start_totp(conn, holder.ctx, here.session, holder.world.now)
    assert (await holder.signs_in()).needs == "none"
    with pytest.raises(InvalidInput, match="does not fit"):
        await holder.does(identity.confirm_totp, here.session, SecretStr("000000"))
    app = await set_up_totp(holder, here)
    first = await holder.signs_in()
    assert first.needs == "totp"
    assert isinstance(await holder.enters(first.session, app.at(holder.world.now)), RingoffError)
    second = await holder.enters(first.session, app.at(holder.world.now + timedelta(seconds=30)))
    assert isinstance(second, SignedIn)
    assert second.session.level == 1
    holder.world.clock.advance(timedelta(days=3))
    third = await holder.enters((await holder.signs_in()).session, app.at(holder.world.now))
    assert isinstance(third, SignedIn)
    assert third.session.level == 2
    assert ("One-time codes have been set up") in [subject for _, subject in await holder.subjects()]


async def test_the_secret_is_sealed_at_rest_and_not_set_up_over_another(database: Database) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    app = await set_up_totp(holder, here)
    assert app.secret not in str(await holder.world.rows("SELECT * FROM login"))
    with pytest.raises(Conflict):
        async with holder.conn() as conn:
            await identity.start_totp(conn, holder.ctx, here.session, holder.world.now)


async def test_recovery_codes_let_in_once_each_at_level_one(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    here = await holder.signs_in_twice_over()
    codes = await holder.does(identity.make_recovery_codes, here.session)
    assert (await summary(holder)).recovery_codes_left == 10
    code = codes[0].get_secret_value()
    entered = await holder.enters((await holder.signs_in()).session, code.lower())
    assert isinstance(entered, SignedIn)
    assert (entered.session.level, entered.session.method) == (1, "password+recovery")
    assert isinstance(await holder.enters((await holder.signs_in()).session, code), RingoffError)
    assert (await summary(holder)).recovery_codes_left == 9
    await holder.does(identity.make_recovery_codes, here.session)
    assert isinstance(await holder.enters((await holder.signs_in()).session, codes[1].get_secret_value()), RingoffError)


async def test_removing_codes_makes_everybody_wait_and_a_short_password_is_changed_first(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    here = await holder.signs_in_twice_over()
    await holder.does(identity.change_password, here.session, SecretStr(PASSWORD), SecretStr("tulip 9k"))
    with pytest.raises(Refused, match="at least 15"):
        await holder.does(identity.remove_totp, here.session)
    await holder.does(identity.change_password, here.session, SecretStr("tulip 9k"), SecretStr(OTHER))
    await holder.does(identity.remove_totp, here.session)
    assert (await holder.signs_in(password=OTHER)).needs == "none"
    assert (await summary(holder)).changed_at == holder.world.now


# ── PIN and lock ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_care_checks_a_pin_and_ten_wrong_ones_block_it_but_not_the_password(database: Database) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    assert not await holder.does(identity.check_pin, holder.account_id, SecretStr("740291"))
    await holder.does(identity.set_pin, here.session, SecretStr("740291"))
    assert await holder.does(identity.check_pin, holder.account_id, SecretStr("740291"))
    for _ in range(10):
        assert not await holder.does(identity.check_pin, holder.account_id, SecretStr("740292"))
    assert not await holder.does(identity.check_pin, holder.account_id, SecretStr("740291"))
    await holder.signs_in()
    await holder.does(identity.set_pin, here.session, SecretStr("819402"))
    assert await holder.does(identity.check_pin, holder.account_id, SecretStr("819402"))
    await holder.does(identity.remove_pin, here.session)
    assert not await holder.does(identity.check_pin, holder.account_id, SecretStr("819402"))


async def test_a_cancel_lock_is_easily_set_and_lifted_only_with_a_fresh_proof(database: Database) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    holder.world.clock.advance(timedelta(minutes=20))
    for _ in range(2):
        await holder.does(identity.lock_cancel, here.session)
    assert (await summary(holder)).cancel_locked_at == holder.world.now
    with pytest.raises(NotAllowed):
        await holder.does(identity.unlock_cancel, here.session)
    fresh = await holder.signs_in()
    assert fresh.session.cancel_locked_at == holder.world.now
    await holder.does(identity.unlock_cancel, fresh.session)
    assert (await summary(holder)).cancel_locked_at is None
    told = [subject for _, subject in await holder.subjects()]
    assert told == ["Your cancel lock has been set", "Your cancel lock has been lifted"]


# ── Contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_new_contact_gets_a_link_and_nothing_else_until_it_is_confirmed(database: Database) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    await holder.does(identity.change_contact, here.session, NEW_EMAIL)
    asked, confirm = sorted(await holder.subjects())
    assert asked == (EMAIL, "A new e-mail address is to be confirmed")
    assert confirm == (NEW_EMAIL, "Confirm this e-mail address")
    (sent,) = [brief for brief in await holder.mail() if brief["to"] == NEW_EMAIL]
    assert "Holder" not in sent["text"]
    assert (await summary(holder)).email == EMAIL
    assert "n•••@example.org" in next(b["text"] for b in await holder.mail() if b["to"] == EMAIL)
    token = SecretStr((await holder.link()).rpartition("/")[2])
    assert await holder.does(identity.confirm_contact, token) == holder.account_id
    assert (await summary(holder)).email == NEW_EMAIL


async def test_former_contacts_go_on_hearing_for_seven_days_but_get_no_link_that_opens_anything(
    database: Database,
) -> None:
    holder = await Holder.make(database)
    await _moves_to(holder, NEW_EMAIL)
    sent = len(await holder.mail())
    await holder.forgets()
    await holder.sets_password(await holder.link())
    assert (await holder.subjects())[sent:] == [
        (NEW_EMAIL, "Choose a new password"),
        (NEW_EMAIL, "Your password has been set"),
        (EMAIL, "Your password has been set"),
    ]
    holder.world.clock.advance(timedelta(days=8))
    async with holder.conn() as conn:
        contacts = await identity.contacts_of_record(conn, holder.ctx, holder.account_id, holder.world.now)
    assert contacts == [NEW_EMAIL]


async def test_a_link_that_opens_something_goes_to_the_present_contact_and_a_veto_to_all(database: Database) -> None:
    holder = await Holder.make(database)
    await _moves_to(holder, NEW_EMAIL)
    sent, link = len(await holder.mail()), SecretStr("https://out.test/archive/x")
    await holder.does(_tells, "archive_link", link)
    assert [to for to, _ in (await holder.subjects())[sent:]] == [NEW_EMAIL]
    await holder.does(_tells, "cancel_veto", link)
    assert sorted(to for to, _ in (await holder.subjects())[sent + 1 :]) == [EMAIL, NEW_EMAIL]


async def _tells(
    conn: Connection, ctx: Identity, kind: LetterKind, link: SecretStr, visit: Visit, now: datetime
) -> None:
    (account_id,) = await (await conn.execute("SELECT id FROM account")).fetchone() or (0,)
    await identity.tell(conn, ctx, account_id, kind, visit, now, link=link)


async def test_changing_twice_does_not_shake_off_the_first_contact(database: Database) -> None:
    holder = await Holder.make(database)
    await _moves_to(holder, NEW_EMAIL)
    await _moves_to(holder, "third@example.org")
    async with holder.conn() as conn:
        contacts = await identity.contacts_of_record(conn, holder.ctx, holder.account_id, holder.world.now)
    assert contacts[0] == "third@example.org"
    assert set(contacts) == {"third@example.org", NEW_EMAIL, EMAIL}


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b", "a b@example.net", "a@example.net\r\nBcc: x@y.zz", "<a@b.cc>"]
)
async def test_what_is_no_address_is_refused(database: Database, address: str) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    with pytest.raises(InvalidInput):
        await holder.does(identity.change_contact, here.session, address)


async def test_letters_to_strangers_addresses_are_few(database: Database) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    for n in range(3):
        await holder.does(identity.change_contact, here.session, f"stranger{n}@example.org")
    with pytest.raises(Unavailable):
        await holder.does(identity.change_contact, here.session, NEW_EMAIL)


async def _moves_to(holder: Holder, email: str) -> None:
    here = await holder.signs_in()
    await holder.does(identity.change_contact, here.session, email)
    await holder.does(identity.confirm_contact, SecretStr((await holder.link()).rpartition("/")[2]))


# ── Fresh proofs ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("deed", "values"),
    [
        (identity.remove_totp, []),
        (identity.make_recovery_codes, []),
        (identity.set_pin, [SecretStr("740291")]),
        (identity.remove_pin, []),
        (identity.unlock_cancel, []),
        (identity.change_contact, [NEW_EMAIL]),
        (identity.confirm_totp, [SecretStr("123456")]),
    ],
)
async def test_nothing_is_changed_by_an_old_proof_or_half_a_sign_in(
    database: Database, deed: Any, values: list[Any]
) -> None:
    holder = await Holder.make(database, totp=True)
    half = await holder.signs_in()
    with pytest.raises(NotAllowed):
        await holder.does(deed, half.session, *values)
    whole = await holder.signs_in_twice_over()
    holder.world.clock.advance(timedelta(minutes=16))
    with pytest.raises(NotAllowed):
        await holder.does(deed, whole.session, *values)


async def test_every_change_is_in_the_audit_log_with_who_and_from_where_and_no_secret(database: Database) -> None:
    holder = await Holder.make(database)
    here = await holder.signs_in()
    await holder.does(identity.set_pin, here.session, SecretStr("740291"))
    await holder.does(identity.lock_cancel, here.session)
    assert await holder.events() == ["signed_in", "pin_set", "cancel_lock_set"]
    told = await holder.world.rows("SELECT actor, channel, host(address), subject_id, detail FROM event ORDER BY id")
    assert {row[:4] for row in told} == {("holder:A", "web", HOME.address, 0)}
    assert {row[4]["account"] for row in told} == {"A"}
    assert "740291" not in str(told)
