"""What the desk does for a survivor of abuse shows nowhere to the account's own sign-in; its other notes do."""

import io
import json
import zipfile
from typing import Any

from ringoff.features import identity, notes, representation
from ringoff.features.cancellation import Receipt
from ringoff.features.identity import Visit
from ringoff.features.representation import Person
from ringoff.kit.ids import case_number
from tests.support.browser import Browser
from tests.support.leaving import line_path, strong
from tests.support.papers import pdf
from tests.support.people import member
from tests.support.portal import Portal
from tests.support.subscribers import Subscriber

SAFE = Person("Ana Ruiz", "safe@example.org", "wife of the holder")
TELLING = ("Ana Ruiz", "safe@example.org", "wife", "survivor", "order.pdf", "she has called")


async def separated(portal: Portal, who: Subscriber) -> str:
    """The voice line, asked for by one and accepted by another; the case's number."""
    app, now = portal.app, portal.world.now
    lin, ben = await member(portal.world, "lin"), await member(portal.world, "ben")
    ((line,),) = await portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.voice)
    async with app.database.transaction() as conn:
        of = await representation.start(conn, app.identity, who.account_id, "survivor", [line], SAFE, lin, now)
        for item in ("request", "abuse"):
            content = pdf(item.encode())
            await representation.add_paper(conn, app.identity, of.id, item, "order.pdf", content, lin, now)
        await notes.add(conn, app.identity.own_seal, "she has called", lin, now, account_id=who.account_id)
    async with app.database.transaction() as conn:
        (answer,) = await representation.close_lines(conn, app.identity, app.terms, of.id, ben, "proved", now)
    assert isinstance(answer, Receipt)
    return case_number(answer.case_id)


async def downloaded(browser: Browser) -> dict[str, Any]:
    answer = await browser.client.get("/account/data.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_no_page_no_download_and_no_mail_of_the_account_tells_of_it(portal: Portal) -> None:
    who, browser = await strong(portal)
    number = await separated(portal, who)
    await portal.world.later(seconds=3)
    told = [number, *TELLING]
    for path in ("/account", "/security", "/leave", line_path(who.voice), line_path(who.data), "/bills"):
        page = await browser.open(path)
        assert not [word for word in told if word in page.html], path
    assert (await browser.open(f"/cases/{number}")).status == 404
    files = await downloaded(browser)
    everything = b"".join(files.values()).decode("utf-8-sig", "replace")
    assert not [word for word in told if word in everything]
    assert json.loads(files["notes.json"]) == []
    assert await portal.letters(who.email) == []
    assert {str(task.brief["to"]) for task in portal.world["mail"].asked} == {"safe@example.org"}


async def test_the_archive_of_the_closed_account_tells_nothing_of_it_either(portal: Portal) -> None:
    who, _browser = await strong(portal)
    number = await separated(portal, who)
    ((data,),) = await portal.world.rows("SELECT id FROM line WHERE line_ref = %s", who.data)
    await portal.world.case(data)
    await portal.world.later(hours=1)
    assert await portal.world.rows("SELECT closed_at IS NOT NULL FROM account") == [(True,)]
    async with portal.app.database.transaction() as conn:
        now = portal.world.now
        assert await identity.send_archive_link(conn, portal.app.identity, who.account_id, Visit("192.0.2.7"), now)
    browser = portal.browser()
    await browser.open((await portal.letters(who.email))[-1].path)
    page = await browser.submit("See the documents")
    assert page.status == 200
    assert not [word for word in (number, *TELLING) if word in page.html]


async def test_an_ordinary_note_is_the_holders_to_take_along_without_who_wrote_it(portal: Portal) -> None:
    who, browser = await strong(portal)
    lin = await member(portal.world, "lin")
    async with portal.app.database.transaction() as conn:
        seal, now = portal.app.identity.own_seal, portal.world.now
        await notes.add(conn, seal, "=wants a letter", lin, now, account_id=who.account_id)
        await notes.add(conn, seal, "hush", lin, now, account_id=who.account_id, confidential=True)
    files = await downloaded(browser)
    assert [note["text"] for note in json.loads(files["notes.json"])] == ["=wants a letter"]
    assert "'=wants a letter" in files["notes.csv"].decode("utf-8-sig")
    assert b"lin" not in files["notes.json"]
    assert "what care wrote down" in files["INDEX.txt"].decode("utf-8-sig")
