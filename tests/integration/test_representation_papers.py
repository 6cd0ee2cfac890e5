"""What is handed in rests sealed, is looked at by few and never unseen, and goes when its time is over."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features import representation, subject_keys
from ringoff.kit.errors import Conflict, InvalidInput, NotFound
from ringoff.kit.secrets import Seal, SecretStr
from ringoff.surfaces.worker import Worker
from tests.support.papers import JPEG, PNG, pdf
from tests.support.representing import SAFE, Desk, desk_of
from tests.support.world import BULK


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    yield await desk_of(database)


async def test_a_paper_is_read_again_as_it_was_and_each_look_is_in_the_audit_log(desk: Desk) -> None:
    of = await desk.start()
    paper_id = await desk.hand_in(of, "identity", JPEG, "My Passport.jpg")
    found = await desk.run(representation.paper, paper_id, desk.ben, desk.world.now)
    assert (found.content, found.line.name, found.line.media_type) == (JPEG, "My Passport.jpg", "image/jpeg")
    assert (found.line.size, found.line.uploaded_by) == (len(JPEG), "lin")
    assert (await desk.told())[-2:] == [("paper_added", "staff:lin"), ("paper_read", "staff:ben")]
    with pytest.raises(NotFound):
        await desk.run(representation.paper, 99, desk.ben, desk.world.now)


async def test_what_is_no_paper_is_refused_and_nothing_is_kept(desk: Desk) -> None:
    of = await desk.start()
    for item, name, content in (
        ("death", "page.pdf", b"<html></html>"),
        ("death", "scan.exe", PNG),
        ("death", "act.pdf", pdf(b"<< /S /JavaScript >>")),
        ("unknown", "scan.png", PNG),
    ):
        with pytest.raises(InvalidInput):
            await desk.hand_in(of, item, content, name)
    assert await desk.world.rows("SELECT * FROM representation_paper") == []


async def test_the_same_paper_counts_once_for_an_item_and_only_so_many_are_kept(desk: Desk) -> None:
    of = await desk.start()
    await desk.hand_in(of, "death", PNG, "a.png")
    with pytest.raises(Conflict):
        await desk.hand_in(of, "death", PNG, "b.png")
    await desk.hand_in(of, "identity", PNG, "a.png")
    for n in range(18):
        await desk.hand_in(of, "authority", pdf(f"% {n}".encode()))
    with pytest.raises(Conflict) as refused:
        await desk.hand_in(of, "authority")
    assert refused.value.code == "papers_most"


async def test_the_wrong_paper_is_dropped_and_proves_nothing_any_more(desk: Desk) -> None:
    of = await desk.start()
    paper_id = await desk.hand_in(of, "death")
    await desk.run(representation.drop_paper, of.id, paper_id, desk.lin, desk.world.now)
    assert not (await desk.checklist(of))[0].is_proved
    assert await desk.world.rows("SELECT content, name FROM representation_paper") == [(None, None)]
    with pytest.raises(NotFound):
        await desk.run(representation.paper, paper_id, desk.lin, desk.world.now)
    await desk.hand_in(of, "death")


async def test_after_the_decision_no_paper_is_added_or_dropped(desk: Desk) -> None:
    of = await desk.complete()
    paper_id = (await desk.checklist(of))[0].papers[0].id
    await desk.run(representation.refuse, of.id, desk.ben, "forged", desk.world.now)
    for attempt in (
        desk.hand_in(of, "death", PNG, "a.png"),
        desk.run(representation.drop_paper, of.id, paper_id, desk.lin, desk.world.now),
    ):
        with pytest.raises(Conflict):
            await attempt


async def test_neither_person_nor_paper_can_be_read_in_the_database(desk: Desk) -> None:
    await desk.hand_in(await desk.start(), "death", pdf(b"% of Ada Byron, born Lovelace"), "Ada Byron.pdf")
    rows = await desk.world.rows("SELECT person, why_decided FROM representation")
    rows += await desk.world.rows("SELECT name, content FROM representation_paper")
    rows += await desk.world.rows("SELECT detail FROM event")
    written = b"".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for row in rows for v in row)
    for secret in (b"Byron", b"Lovelace", b"ada@", b"daughter", b"PDF"):
        assert secret not in written
    stolen = Seal(SecretStr("another installation's secret"))
    with pytest.raises(ValueError, match="another key"):
        async with desk.world.app.database.transaction() as conn:
            await subject_keys.take(conn, stolen, desk.account_id, "R-1")


async def test_papers_go_when_their_time_is_over_and_bills_stay(desk: Desk) -> None:
    of, long_one = await desk.complete("survivor", SAFE), await desk.complete()
    paper_id = (await desk.checklist(of))[0].papers[0].id
    copy = await desk.world.rows("SELECT name, digest, content FROM representation_paper WHERE id = %s", paper_id)
    async with desk.world.app.database.transaction() as conn:
        await subject_keys.hold(conn, desk.ctx.own_seal, desk.account_id, "bills", desk.world.now)
    desk.world.clock.advance(timedelta(days=90))
    for _ in range(2):
        await Worker(desk.world.app, BULK).shred()
    keys = await desk.world.rows("SELECT part, key IS NULL FROM subject_key ORDER BY part")
    assert keys == [(f"R-{of.id}", True), (f"R-{long_one.id}", False), ("bills", False)]
    assert (await desk.run(representation.find, of.id, desk.lin)).person is None
    assert not any(item.is_proved for item in await desk.checklist(of))
    with pytest.raises(NotFound) as refused:
        await desk.close(of)
    assert refused.value.code == "erased"
    query = "UPDATE representation_paper SET name = %s, digest = %s, content = %s WHERE id = %s"
    await desk.world.rows(query, *copy[0], paper_id)  # from a backup
    with pytest.raises(NotFound):
        await desk.run(representation.paper, paper_id, desk.lin, desk.world.now)
    assert (await desk.told())[-1] == ("shredded", "ringoff")
