"""Who works here: they begin with a link, prove two factors always, and a desk left alone is locked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
import pytest

from ringoff.db.pool import Database
from ringoff.features import staff
from ringoff.features.identity import Identity, Visit
from ringoff.features.staff import Member, Started
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, NotAllowed, NotFound, RingoffError, Unauthenticated
from ringoff.kit.secrets import SecretStr
from tests.support.world import World

OPERATOR = Actor("operator:test", "cli")
VISIT = Visit("192.0.2.7", "Firefox")
PASSWORD = SecretStr("a desk by the window with a plant")


@dataclass(slots=True)
class Office:
    world: World

    async def add(self, name: str = "lin", role: staff.Role = "agent") -> SecretStr:
        async with self.world.app.database.transaction() as conn:
            link = await staff.add(conn, self.ctx, name, "Lin Wei", role, OPERATOR, self.now)
        return SecretStr(link.get_secret_value().rpartition("/")[2])

    async def set_up(self, token: SecretStr, password: SecretStr = PASSWORD) -> pyotp.TOTP:
        async with self.world.app.database.transaction() as conn:
            beginning = await staff.begin(conn, self.ctx, token, self.now)
        totp = pyotp.TOTP(beginning.secret.get_secret_value())
        async with self.world.app.database.transaction() as conn:
            code = SecretStr(totp.at(self.now))
            made = await staff.set_up(conn, self.ctx, token, password, code, OPERATOR, self.now)
        assert isinstance(made, Member), made
        self.world.clock.advance(timedelta(seconds=31))  # a code works once
        return totp

    async def sign_in(
        self, totp: pyotp.TOTP, name: str = "lin", password: SecretStr = PASSWORD, code: str | None = None
    ) -> Started | RingoffError:
        typed = SecretStr(code if code is not None else totp.at(self.now))
        async with self.world.app.database.transaction() as conn:
            return await staff.sign_in(conn, self.ctx, name, password, typed, VISIT, self.now)

    async def session(self, token: SecretStr) -> staff.StaffSession | None:
        async with self.world.app.database.transaction() as conn:
            return await staff.session(conn, token, self.now)

    async def told(self) -> list[str]:
        return [
            row[0] for row in await self.world.rows("SELECT type FROM event WHERE type LIKE 'staff.%%' ORDER BY id")
        ]

    @property
    def ctx(self) -> Identity:
        return self.world.app.identity

    @property
    def now(self) -> datetime:
        return self.world.now


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    yield Office(await World.make(database, secret="a secret of this test alone", portal={"url": "https://desk.test"}))


async def test_who_was_made_begins_with_the_link_and_signs_in_with_both_factors(office: Office) -> None:
    totp = await office.set_up(await office.add())
    started = await office.sign_in(totp)
    assert isinstance(started, Started)
    found = await office.session(started.token)
    assert found is not None and found.member.name == "lin" and not found.locked
    assert found.member.actor("192.0.2.7") == Actor("staff:lin", "care", "192.0.2.7")
    assert await office.told() == ["staff.added", "staff.set_up", "staff.signed_in"]


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("lin", "wrong and long enough anyway", None),
        ("lin", PASSWORD.get_secret_value(), "000000"),
        ("nobody", PASSWORD.get_secret_value(), None),
    ],
)
async def test_whatever_was_wrong_the_answer_is_the_same(
    office: Office, name: str, password: str, code: str | None
) -> None:
    totp = await office.set_up(await office.add())
    answer = await office.sign_in(totp, name, SecretStr(password), code)
    assert isinstance(answer, Unauthenticated) and answer.code == "sign_in_failed"
    assert (await office.told())[-1] == "staff.sign_in_failed"


async def test_a_code_works_once(office: Office) -> None:
    totp = await office.set_up(await office.add())
    code = totp.at(office.now)
    assert isinstance(await office.sign_in(totp, code=code), Started)
    assert isinstance(await office.sign_in(totp, code=code), Unauthenticated)


async def test_after_ten_wrong_tries_not_even_the_right_ones_are_taken_for_a_while(office: Office) -> None:
    totp = await office.set_up(await office.add())
    for _ in range(10):
        await office.sign_in(totp, password=SecretStr("guess"), code="000000")
    assert isinstance(await office.sign_in(totp), Unauthenticated)
    office.world.clock.advance(timedelta(minutes=16))
    assert isinstance(await office.sign_in(totp), Started)


async def test_a_desk_left_alone_is_locked_until_both_factors_are_proved_again(office: Office) -> None:
    totp = await office.set_up(await office.add())
    started = await office.sign_in(totp)
    assert isinstance(started, Started)
    office.world.clock.advance(timedelta(minutes=11))
    found = await office.session(started.token)
    assert found is not None and found.locked
    async with office.world.app.database.transaction() as conn:
        wrong = await staff.unlock(conn, office.ctx, found, PASSWORD, SecretStr("000000"), VISIT, office.now)
    assert isinstance(wrong, Unauthenticated)
    async with office.world.app.database.transaction() as conn:
        code = SecretStr(totp.at(office.now))
        assert await staff.unlock(conn, office.ctx, found, PASSWORD, code, VISIT, office.now) is None
    found = await office.session(started.token)
    assert found is not None and not found.locked
    office.world.clock.advance(timedelta(hours=12))
    assert await office.session(started.token) is None


async def test_who_no_longer_works_here_is_out_at_once(office: Office) -> None:
    totp = await office.set_up(await office.add())
    started = await office.sign_in(totp)
    assert isinstance(started, Started)
    async with office.world.app.database.transaction() as conn:
        await staff.disable(conn, "lin", OPERATOR, office.now)
        with pytest.raises(Conflict):
            await staff.link_of(conn, office.ctx, "lin", OPERATOR, office.now)
    assert await office.session(started.token) is None
    assert isinstance(await office.sign_in(totp), Unauthenticated)


async def test_a_link_works_once_and_a_new_one_changes_nothing_before_it_is_used(office: Office) -> None:
    token = await office.add()
    totp = await office.set_up(token)
    async with office.world.app.database.transaction() as conn:
        with pytest.raises(Unauthenticated):
            await staff.begin(conn, office.ctx, token, office.now)
        link = await staff.link_of(conn, office.ctx, "lin", OPERATOR, office.now)
    again = SecretStr(link.get_secret_value().rpartition("/")[2])
    async with office.world.app.database.transaction() as conn:
        first = await staff.begin(conn, office.ctx, again, office.now)
        assert (await staff.begin(conn, office.ctx, again, office.now)).secret == first.secret
    assert isinstance(await office.sign_in(totp), Started)  # what they have still works
    office.world.clock.advance(timedelta(seconds=31))
    other = await office.set_up(again, SecretStr("another desk by another window"))
    assert isinstance(await office.sign_in(totp), Unauthenticated)
    assert isinstance(await office.sign_in(other, password=SecretStr("another desk by another window")), Started)


async def test_each_role_may_what_the_table_says_from_the_next_page_on(office: Office) -> None:
    totp = await office.set_up(await office.add())
    started = await office.sign_in(totp)
    assert isinstance(started, Started)
    member = started.session.member
    member.require("customers")
    with pytest.raises(NotAllowed) as refused:
        member.require("review")
    assert refused.value.details["permission"] == "review"
    async with office.world.app.database.transaction() as conn:
        await staff.change(conn, "lin", "senior", OPERATOR, office.now)
        with pytest.raises(NotFound):
            await staff.change(conn, "nobody", "senior", OPERATOR, office.now)
    found = await office.session(started.token)
    assert found is not None
    found.member.require("review")


async def test_neither_password_nor_generator_can_be_read_in_the_database(office: Office) -> None:
    token = await office.add()
    totp = await office.set_up(token)
    rows = await office.world.rows("SELECT s::text, k::text FROM staff s JOIN staff_link k ON k.staff_id = s.id")
    written = str(rows) + str(await office.world.rows("SELECT detail FROM event"))
    for secret in (totp.secret, PASSWORD.get_secret_value(), token.get_secret_value()):
        assert secret not in written
