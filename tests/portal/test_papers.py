"""What a leaver keeps: the statement, the final bills in the download, and nothing of what is in confidence."""

import io
import json
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest

from ringoff.db.pool import Database
from ringoff.features.billing.booking import book_imported
from ringoff.kit.errors import NotFound
from ringoff.reconcile.model import Lane
from ringoff.surfaces.portal import takeaway
from ringoff.surfaces.worker import Worker
from tests.portal.test_archive import closed, enter, link_for
from tests.portal.test_costs import billing, paid_month
from tests.portal.test_paying import Leaver, processor, till
from tests.support.bills import opened, read
from tests.support.browser import Browser
from tests.support.portal import Portal, portal_of

__all__ = ["billing", "processor", "till"]  # fixtures


async def unzipped(leaver: Leaver) -> tuple[dict[str, bytes], Any]:
    answer = await leaver.browser.client.get("/account/data.zip")
    with ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files["final_bills.json"])


async def test_the_statement_says_what_was_billed_and_what_is_owed(till: Portal) -> None:
    leaver = await Leaver.of(till)
    page = await leaver.browser.open("/account/bills")
    link = page.link("Account statement of the last twelve months as a PDF")
    text = read((await leaver.browser.client.get(link)).content)
    for told in ("Account statement", leaver.who.account_number, "€19.95", "You owe"):
        assert told in text


async def test_a_closed_account_has_it_in_its_archive(till: Portal) -> None:
    leaver = await Leaver.of(till, "zh-Hans")
    await enter(till, await link_for(till, leaver.who.account_id))
    document = (await till.browsers[-1].submit(action="/archive/statement")).response
    assert "对账单" in read(document.content)


async def test_the_statement_is_of_the_days_that_are_asked_for_both_included(till: Portal) -> None:
    leaver = await Leaver.of(till)  # their bill was issued on 8 November
    for asked, billed in (
        ("since=2026-11-08&until=2026-11-08", True),
        ("since=2026-11-09", False),
        ("until=2026-11-07", False),
        ("since=2023-11-23&until=2026-11-23", True),
        ("since=&until=", True),
    ):
        answer = await leaver.browser.client.get(f"/account/statement.pdf?{asked}")
        assert answer.status_code == 200, asked
        assert ("Bill issued" in read(answer.content)) is billed, asked


NO_DAYS = (
    "since=yesterday",
    "until=2026-02-30",
    "since=2026-11-23&until=2026-11-22",
    "until=2026-11-24",
    "until=9999-12-31",
    "until=0001-01-01",
    "since=2023-11-20&until=2026-11-23",
    "since=0001-01-01",
    "since=%00&until=%F0%9F%93%85",
)


@pytest.mark.parametrize(
    ("language", "headline"),
    [
        ("en", "There is no statement of these days"),
        ("zh-Hans", "无法按这些日期提供对账单"),
        ("es", "No hay extracto de estos días"),
    ],
)
async def test_days_of_which_there_is_no_statement_are_a_page_that_says_so(
    till: Portal, language: str, headline: str
) -> None:
    browser = await till.signed_in(await till.subscriber(language, totp=True), language)
    for asked in NO_DAYS:
        page = await browser.open(f"/account/statement.pdf?{asked}")
        assert (page.status, page.headline) == (400, headline), asked
        assert "2026-11-27" in page.text


async def test_a_guest_is_asked_to_sign_in_and_a_stranger_gets_their_own(till: Portal) -> None:
    leaver = await Leaver.of(till)
    assert (await till.browser().open("/account/statement.pdf")).status == 401
    stranger = await till.signed_in(await till.subscriber(totp=True))
    answer = await stranger.client.get(f"/account/statement.pdf?account={leaver.who.account_number}")
    assert leaver.who.account_number not in read(answer.content) and "€19.95" not in read(answer.content)


async def test_the_archives_statement_is_only_for_who_opened_it(till: Portal) -> None:
    leaver = await Leaver.of(till)
    await enter(till, await link_for(till, leaver.who.account_id))
    fields = till.browsers[-1].page.form(action="/archive/statement").fields
    stranger = till.browser()
    await stranger.open("/status")
    assert (await stranger.post("/archive/statement", {**fields, "csrf": stranger.csrf})).status == 404
    assert (await till.browsers[-2].post("/archive/statement", {**fields, "since": "never"})).status == 400
    till.world.clock.advance(timedelta(minutes=31))
    assert (await till.browsers[-2].post("/archive/statement", fields)).status == 404


async def test_the_download_has_the_final_bill_and_what_was_booked(till: Portal) -> None:
    leaver = await Leaver.of(till)
    files, final_bills = await unzipped(leaver)
    (bill,) = final_bills
    assert (bill["bill_number"], bill["total"], bill["state"]) == (leaver.bill, "19.95", "open")
    assert files[f"final_bills/001-{leaver.bill}.pdf"].startswith(b"%PDF-")
    assert {row["kind"] for row in json.loads(files["statement.json"])} >= {"bill"}
    assert "final_bills.json, final_bills.csv: what leaving came to" in files["INDEX.txt"].decode("utf-8-sig")


async def test_the_download_has_every_entry_since_the_account_began(till: Portal) -> None:
    leaver = await Leaver.of(till)
    old = "INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency) "
    await till.world.rows(old + "VALUES (%s, 'B-OLD', '2021-02-03', 500, 500, 'EUR')", leaver.who.account_id)
    async with till.app.database.transaction() as conn:
        await book_imported(conn, till.world.now)
    files, _bills = await unzipped(leaver)
    told = json.loads(files["statement.json"])
    assert (told[0]["source"], told[0]["dated"], told[0]["balance"]) == ("bill B-OLD", "2021-02-03", "5.00")
    assert "only its oldest entries" not in files["INDEX.txt"].decode("utf-8-sig")


async def test_a_download_that_leaves_entries_out_says_so(till: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    leaver = await Leaver.of(till)
    monkeypatch.setattr(takeaway, "_ENTRIES_MOST", 1)
    files, _bills = await unzipped(leaver)
    assert len(json.loads(files["statement.json"])) == 1
    assert "only its oldest entries" in files["INDEX.txt"].decode("utf-8-sig")


async def refunded(portal: Portal) -> tuple[Browser, str]:
    """A holder who left and gets €9.34 back, and the path of the case."""
    who = await portal.subscriber(totp=True)
    await paid_month(portal)
    browser = await portal.signed_in(who)
    await browser.open(f"/lines/{who.voice}/leave/when")
    await browser.submit(action=f"/lines/{who.voice}/leave/confirm", when="now")
    case = (await browser.submit(action=f"/lines/{who.voice}/leave")).path
    await portal.world.later(minutes=16)
    await Worker(portal.app, Lane("bulk")).settle()
    return browser, case


async def test_the_downloads_bill_is_the_one_of_the_page_also_where_another_law_holds_by_now(billing: Portal) -> None:
    browser, case = await refunded(billing)
    await billing.world.rows("UPDATE account SET jurisdiction = 'fr'")
    refund = "to your bank account by Monday 7 December 2026"  # ten days in France, and fourteen by the case's law
    with ZipFile(io.BytesIO((await browser.client.get("/account/data.zip")).content)) as archive:
        (name,) = [name for name in archive.namelist() if name.startswith("final_bills/")]
        assert refund in read(archive.read(name))
    assert refund in (await browser.open(case)).text


async def test_a_bill_that_is_erased_meanwhile_ends_no_download(till: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    async def erased(*_: Any) -> bytes:
        raise NotFound("document_erased", "This bill was kept as long as it had to be, and was then erased.")

    leaver = await Leaver.of(till)
    monkeypatch.setattr(takeaway, "final_bill_pdf", erased)
    files, final_bills = await unzipped(leaver)
    assert len(final_bills) == 1 and not [name for name in files if name.startswith("final_bills/")]


async def test_nothing_of_a_case_in_confidence_is_in_them(till: Portal) -> None:
    leaver = await Leaver.of(till)
    await till.world.rows("UPDATE cancellation SET confidential = true, contact_email = 'safe@example.net'")
    files, final_bills = await unzipped(leaver)
    assert final_bills == []
    assert not [name for name in files if leaver.bill in name]
    statement = (await leaver.browser.client.get("/account/statement.pdf")).content
    assert leaver.bill not in read(statement) and leaver.bill.encode() not in b"".join(files.values())


async def test_what_a_case_in_confidence_brought_was_not_booked_for_its_holder(billing: Portal) -> None:
    browser, case = await refunded(billing)
    for confidential in (False, True):
        await billing.world.rows(
            "UPDATE cancellation SET confidential = %s, contact_email = 'safe@example.net'", confidential
        )
        with ZipFile(io.BytesIO((await browser.client.get("/account/data.zip")).content)) as archive:
            booked = json.loads(archive.read("statement.json"))
        told = read((await browser.client.get("/account/statement.pdf")).content)
        number = case.rpartition("/C-")[2]
        assert ([row["amount"] for row in booked if number in row["source"]] == []) is confidential
        assert (number not in told and "9.34" not in told) is confidential


@pytest.mark.parametrize(
    ("language", "headline", "help_"),
    [
        ("en", "This document cannot be made here now", "Care can send it to you"),
        ("zh-Hans", "暂时无法生成这份文件", "客服可以把文件发给您"),
        ("es", "Ahora no se puede crear aquí este documento", "Atención al cliente puede enviárselo"),
    ],
)
async def test_a_name_that_no_font_can_show_is_a_page_and_not_an_error(
    till: Portal, language: str, headline: str, help_: str
) -> None:
    leaver = await Leaver.of(till, language)
    await till.world.rows("UPDATE account SET holder_name = E'\\U00016A40\\U000E0101'")
    for path in (f"/cases/{leaver.number}/bills/{leaver.bill}", "/account/statement.pdf"):
        page = await leaver.browser.open(path)
        assert (page.status, page.headline) == (503, headline)
        assert help_ in page.text
    files, final_bills = await unzipped(leaver)
    assert len(final_bills) == 1 and not [name for name in files if name.startswith("final_bills/")]


async def test_where_the_carriers_own_billing_speaks_we_do_not(database: Database) -> None:
    async with portal_of(database) as portal:
        browser = await portal.signed_in(await portal.subscriber(totp=True))
        assert "statement" not in (await browser.open("/account/bills")).html
        assert (await browser.open("/account/statement.pdf")).status == 404
        account, _case = await closed(portal)
        page = await enter(portal, await link_for(portal, account))
        assert "statement" not in page.html
        fields = {**page.form(action="/archive/bill").fields, "bill": ""}
        assert (await portal.browsers[-1].post("/archive/statement", fields)).status == 404


async def test_it_is_printed_on_the_paper_of_the_place(till: Portal) -> None:
    leaver = await Leaver.of(till)
    widths = []
    for jurisdiction in ("neutral", "us-ca"):
        await till.world.rows("UPDATE account SET jurisdiction = %s", jurisdiction)
        statement = opened((await leaver.browser.client.get("/account/statement.pdf")).content)
        widths.append(round(float(statement.pages[0].mediabox.width)))
    assert widths == [595, 612]  # points: A4, US Letter
