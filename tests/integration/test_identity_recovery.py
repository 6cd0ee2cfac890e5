"""The way back in: a link to the contact of record, which raises no level and tells nobody anything."""

from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features import identity
from ringoff.features.identity import SignedIn
from ringoff.kit.errors import InvalidInput, RingoffError, Unauthenticated, Unavailable
from ringoff.kit.secrets import SecretStr
from tests.support.holder import AWAY, EMAIL, HOME, OTHER, PASSWORD, Holder


async def test_a_forgotten_password_is_replaced_by_a_link_and_all_sessions_end(database: Database) -> None:
    holder = await Holder.make(database)
    before = await holder.signs_in()
    await holder.forgets()
    link = await holder.link()
    assert link.startswith("https://out.test/password/")
    assert await holder.sets_password(link) == holder.account_id
    assert not await holder.is_recognised(before)
    assert isinstance(await holder.tries(password=PASSWORD), RingoffError)
    assert (await holder.signs_in(password=OTHER)).session.level == 1
    assert await holder.subjects() == [(EMAIL, "Choose a new password"), (EMAIL, "Your password has been set")]


async def test_somebody_without_a_password_enrols_by_the_same_page(database: Database) -> None:
    holder = await Holder.make(database, password=None)
    await holder.forgets(EMAIL)
    assert await holder.subjects() == [(EMAIL, "Choose your password")]
    await holder.sets_password(await holder.link())
    session = (await holder.signs_in(password=OTHER)).session
    assert (session.level, session.changed_at) == (1, None)


async def test_a_reset_raises_no_level_and_lets_nobody_cancel_at_once(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.forgets()
    await holder.sets_password(await holder.link())
    session = (await holder.signs_in(password=OTHER)).session
    pack, now = holder.ctx.pack(), holder.world.now
    assert session.level == 1
    assert not session.may_now(pack, now)
    assert identity.earliest(session.level, session.changed_at, pack.identity, now).at == now + timedelta(days=7)


async def test_a_thief_of_the_mailbox_who_sets_up_codes_stays_at_level_one_for_three_days(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.forgets()
    await holder.sets_password(await holder.link())
    await holder.enrol(holder.account_id, OTHER, totp=True)
    await holder.world.rows("UPDATE login SET totp_set_at = %s", holder.world.now)
    first = await holder.signs_in(password=OTHER)
    second = await holder.enters(first.session, holder.code())
    assert isinstance(second, SignedIn)
    assert second.session.level == 1


async def test_a_reset_still_asks_for_the_code(database: Database) -> None:
    holder = await Holder.make(database, totp=True)
    await holder.forgets()
    await holder.sets_password(await holder.link())
    assert (await holder.signs_in(password=OTHER)).needs == "totp"


@pytest.mark.parametrize("minutes", [0, 29])
async def test_a_link_works_once_and_looking_does_not_use_it_up(database: Database, minutes: int) -> None:
    holder = await Holder.make(database)
    await holder.forgets()
    link = await holder.link()
    token = SecretStr(link.rpartition("/")[2])
    holder.world.clock.advance(timedelta(minutes=minutes))
    for _ in range(3):
        async with holder.conn() as conn:
            found = await identity.open_link(conn, identity.RECOVERY, token, holder.world.now)
            assert (found.purpose, found.account_id) == ("reset", holder.account_id)
    await holder.sets_password(link)
    with pytest.raises(Unauthenticated, match="used, or is too old"):
        await holder.sets_password(link, "another password at sea")


async def test_a_link_is_too_old_after_half_an_hour_and_no_other_purpose_takes_it(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.forgets()
    link = await holder.link()
    async with holder.conn() as conn:
        with pytest.raises(Unauthenticated):
            await identity.use_link(conn, "archive", SecretStr(link.rpartition("/")[2]), holder.world.now)
    holder.world.clock.advance(timedelta(minutes=30))
    with pytest.raises(Unauthenticated):
        await holder.sets_password(link)


async def test_one_link_used_makes_the_others_void(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.forgets()
    first = await holder.link()
    await holder.forgets()
    await holder.sets_password(await holder.link())
    with pytest.raises(Unauthenticated):
        await holder.sets_password(first)


async def test_a_password_that_is_refused_leaves_the_link_as_it_was(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.forgets()
    link = await holder.link()
    for bad in ("short", "passwordpassword", "holder@example.net"):
        with pytest.raises(InvalidInput):
            await holder.sets_password(link, bad)
    await holder.sets_password(link)


# ── Nobody learns anything ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["B", "nobody@example.net", "+86 138 0013 8000", ""])
async def test_asking_for_an_unknown_account_writes_to_nobody_and_leaves_nothing(database: Database, name: str) -> None:
    holder = await Holder.make(database)
    await holder.forgets(name)
    assert await holder.mail() == []
    assert await holder.world.rows("SELECT 1 FROM secret_link") == []
    assert await holder.world.rows("SELECT 1 FROM letter") == []
    assert await holder.world.rows("SELECT 1 FROM event") == []


async def test_every_account_that_shares_the_address_gets_its_own_link(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.world.lines("B", email=EMAIL)
    await holder.forgets(EMAIL)
    assert [subject for _, subject in await holder.subjects()] == ["Choose a new password", "Choose your password"]


async def test_an_account_gets_three_links_an_hour_and_the_fourth_asker_hears_nothing(database: Database) -> None:
    holder = await Holder.make(database)
    for _ in range(5):
        await holder.forgets()
    assert len(await holder.mail()) == 3
    holder.world.clock.advance(timedelta(hours=1))
    await holder.forgets()
    assert len(await holder.mail()) == 4


async def test_one_address_asks_twenty_times_an_hour_about_whomever(database: Database) -> None:
    holder = await Holder.make(database)
    for n in range(20):
        await holder.forgets(f"nobody-{n}", AWAY)
    with pytest.raises(Unavailable, match="Too much was tried"):
        await holder.forgets("A", AWAY)
    await holder.forgets("A", HOME)
    assert len(await holder.mail()) == 1


# ── Closed accounts ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_who_has_left_gets_a_link_to_the_documents_for_a_year(database: Database) -> None:
    holder = await Holder.make(database)
    await holder.world.rows("UPDATE account SET closed_at = %s", holder.world.now)
    await holder.forgets()
    assert await holder.subjects() == [(EMAIL, "The documents of your closed account")]
    assert (await holder.link()).startswith("https://out.test/archive/")
    assert await holder.does(identity.send_archive_link, holder.account_id)
    holder.world.clock.advance(timedelta(days=366))
    await holder.forgets()
    assert not await holder.does(identity.send_archive_link, holder.account_id)
    assert len(await holder.mail()) == 2
