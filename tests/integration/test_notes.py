"""What care writes down: sealed, never changed, the holder's to take along, but for what is in confidence."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ringoff.db.pool import Database
from ringoff.features import notes, representation, subject_keys
from ringoff.features.notes import Note
from ringoff.features.representation import Person
from ringoff.features.staff import Member
from ringoff.kit.errors import InvalidInput, NotAllowed, NotFound
from ringoff.kit.secrets import Seal
from ringoff.surfaces.worker import Worker
from tests.support.people import member
from tests.support.world import BULK, World


@dataclass(slots=True)
class Desk:
    world: World
    lin: Member
    ben: Member
    line: int
    account_id: int

    @property
    def seal(self) -> Seal:
        return self.world.app.identity.own_seal

    async def add(self, text: str, by: Member | None = None, **about: Any) -> int:
        about = about or {"account_id": self.account_id}
        async with self.world.app.database.transaction() as conn:
            return await notes.add(conn, self.seal, text, by or self.lin, self.world.now, **about)

    async def read(self, reader: Member | None) -> list[str]:
        async with self.world.app.database.transaction() as conn:
            return [note.text for note in await notes.of_account(conn, self.seal, self.account_id, reader)]

    async def of_case(self, case: int, reader: Member | None) -> list[Note]:
        async with self.world.app.database.transaction() as conn:
            return list(await notes.of_case(conn, self.seal, case, reader))


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    world = await World.make(database, secret="a secret of this test alone")
    (line,) = await world.lines()
    lin, ben = await member(world, "lin", "agent"), await member(world, "ben", "senior")
    yield Desk(world, lin, ben, line, (await world.facts(line)).account_id)


async def test_a_note_about_an_account_or_a_case_is_read_by_the_desk_and_the_holder_newest_first(desk: Desk) -> None:
    case = await desk.world.case(desk.line, when="2026-12-24")
    await desk.add(" Called twice.\r\nWants a letter. ")
    await desk.add("About the case", case_id=case)
    for reader in (desk.lin, desk.ben, None):
        assert await desk.read(reader) == ["About the case", "Called twice.\nWants a letter."]
    (note,) = await desk.of_case(case, desk.lin)
    assert (note.written_by, note.written_at, note.case_id) == ("lin", desk.world.now, case)
    assert "note.added" in await desk.world.told(case)


async def test_what_is_in_confidence_is_for_those_alone_who_see_representations(desk: Desk) -> None:
    await desk.add("ordinary")
    await desk.add("hush", confidential=True, account_id=desk.account_id)
    case = await desk.world.case(desk.line, when="2026-12-24", contact_email="safe@example.org", confidential=True)
    await desk.add("about the case", case_id=case)
    await desk.add("about the account that has such a case")
    assert await desk.read(None) == ["ordinary"]
    assert len(await desk.read(desk.ben)) == 4
    assert len(await desk.read(desk.lin)) == 4, "what they wrote themselves: its vanishing would tell them"
    await desk.add("by another", desk.ben)
    assert "by another" not in await desk.read(desk.lin)
    assert await desk.of_case(case, None) == []


async def test_from_a_survivors_request_on_every_note_of_the_account_is_in_confidence(desk: Desk) -> None:
    async with desk.world.app.database.transaction() as conn:
        who = Person("Ana Ruiz", "safe@example.org", "wife")
        ctx, now = desk.world.app.identity, desk.world.now
        await representation.start(conn, ctx, desk.account_id, "survivor", None, who, desk.ben, now)
    await desk.add("his wife has called")
    assert await desk.read(None) == []


async def test_a_note_is_never_changed_and_cannot_be_read_in_the_database(desk: Desk) -> None:
    await desk.add("a very telling sentence")
    for statement in ("UPDATE note SET confidential = false", "DELETE FROM note", "TRUNCATE note"):
        with pytest.raises(psycopg.errors.IntegrityError):
            await desk.world.rows(statement)
    written = await desk.world.rows("SELECT text FROM note") + await desk.world.rows("SELECT detail FROM event")
    assert "telling" not in str(written)


async def test_who_is_erased_has_no_notes_any_more_and_gets_none(desk: Desk) -> None:
    await desk.add("gone tomorrow")
    async with desk.world.app.database.transaction() as conn:
        await subject_keys.shred(conn, [desk.account_id], notes.PART, desk.world.now)
    assert await desk.read(desk.ben) == []
    with pytest.raises(NotFound):
        await desk.add("too late")


async def test_a_worker_shreds_the_notes_of_accounts_that_closed_long_ago(desk: Desk) -> None:
    await desk.add("kept for a year")
    await desk.world.rows("UPDATE account SET closed_at = %s", desk.world.now)
    worker = Worker(desk.world.app, BULK)
    for days, left in ((365, ["kept for a year"]), (1, [])):
        desk.world.clock.advance(timedelta(days=days))
        await worker.shred()
        assert await desk.read(desk.ben) == left


@pytest.mark.parametrize("text", ["", " \n ", "\u202e\u200b", "x" * 2001])
async def test_a_note_says_something_and_not_too_much(desk: Desk, text: str) -> None:
    with pytest.raises(InvalidInput):
        await desk.add(text)


async def test_only_who_talks_to_callers_writes_and_reads(desk: Desk) -> None:
    clerk = await member(desk.world, "fin", "finance")
    with pytest.raises(NotAllowed):
        await desk.add("money", by=clerk)
    await desk.add("ordinary")
    with pytest.raises(NotAllowed):
        await desk.read(clerk)
    with pytest.raises(NotFound):
        await desk.add("about nothing", case_id=77)
