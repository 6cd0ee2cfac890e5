"""What a holder sees to before leaving: what was found, what only they can do, and a copy of everything."""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from zipfile import ZipFile

import pytest

from ringoff.db.pool import Database
from tests.support.browser import Browser
from tests.support.leaving import line_path, strong
from tests.support.portal import Portal, portal_of
from tests.support.subscribers import Subscriber

PDF = b"%PDF-1.4\n%%EOF\n"
IMEI = "356868000041418"  # on record for every line; another one, as well formed, is:
OTHER_IMEI = "490154203237518"
BINDINGS = [
    ("instalments", "Phone 13", "4 × €49.90 remain", False),
    ("linked_app", "Video Plus", "paid with the monthly bill", True),
    ("mandate", "Nordbank", "ending in 4821", True),
    ("authorised_user", "Ana Ortega", "", True),
    ("discount", "Family", "for the data SIM", False),
    ("unlock", "Phone 13", "until May 2027", False),
    ("voicemail", "Voicemail", "3 messages", False),
]


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database) as opened:
        yield opened


async def bill(portal: Portal, who: Subscriber, number: str, **different: Any) -> None:
    row = {
        "due_on": "2026-12-15",
        "open_amount": 2000,
        "pay_url": f"https://pay.example.net/{number}",
        "document": None,
        "account_id": who.account_id,
        "bill_number": number,
        **different,
    }
    await portal.world.rows(
        "INSERT INTO bill (account_id, bill_number, issued_on, due_on, amount, open_amount, currency, pay_url, "
        "document) VALUES (%s, %s, '2026-11-01', %s, 2000, %s, 'EUR', %s, %s)",
        *[row[name] for name in ("account_id", "bill_number", "due_on", "open_amount", "pay_url", "document")],
    )


async def bind(portal: Portal, line_ref: str, *bindings: tuple[str, str, str, bool]) -> None:
    for kind, name, detail, removable in bindings:
        await portal.world.rows(
            "INSERT INTO binding (line_id, kind, name, detail, removable) SELECT id, %s, %s, %s, %s FROM line "
            "WHERE line_ref = %s",
            *(kind, name, detail, removable, line_ref),
        )


async def removed(portal: Portal) -> list[str]:
    return [row[0] for row in await portal.world.rows("SELECT name FROM binding WHERE removed_at IS NOT NULL")]


def prepare(line_ref: str) -> str:
    return f"{line_path(line_ref)}/leave"


async def test_unpaid_bills_are_told_with_their_day_and_a_way_to_pay(portal: Portal) -> None:
    who, browser = await strong(portal)
    await bill(portal, who, "B1")
    await bill(portal, who, "B2", due_on="2026-11-02", pay_url=None)
    await bill(portal, who, "B3", open_amount=0)
    page = await browser.open(prepare(who.voice))
    assert "Bill B1: €20.00 is due on Tuesday 15 December 2026." in page.text
    assert "Bill B2: €20.00 was due on Monday 2 November 2026." in page.text
    assert "B3" not in page.text
    assert page.link("Pay bill B1") == "https://pay.example.net/B1"
    assert "Go on" in [text for text, _ in page.links]


async def test_with_auto_pay_it_is_told_when_a_bill_will_be_charged(portal: Portal) -> None:
    who, browser = await strong(portal)
    await bill(portal, who, "B1", pay_url=None)
    await bind(portal, who.voice, ("mandate", "Nordbank", "", True))
    page = await browser.open(prepare(who.voice))
    assert "Bill B1: €20.00 will be charged by auto-pay on Tuesday 15 December 2026." in page.text


@pytest.mark.parametrize("language", ["en", "zh-Hans", "es"])
async def test_everything_that_hangs_on_a_line_is_told_in_every_language(portal: Portal, language: str) -> None:
    who, browser = await strong(portal, language)
    await bind(portal, who.voice, *BINDINGS)
    await bill(portal, who, "B1")
    page = await browser.open(prepare(who.voice))
    assert (page.status, page.language) == (200, language)
    for _kind, name, detail, _removable in BINDINGS:
        colon = "：" if language == "zh-Hans" else ": "
        assert f"{name}{colon}{detail}" in page.text if detail else name in page.text
    assert {"unpaid_bills", "instalments", "discount", "linked_app", "mandate", "authorised_user"} <= set(page.ids)
    assert {"logins", "unlock", "voicemail", "keep_number", "device", "data"} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


async def test_what_can_be_unlinked_is_unlinked_by_one_button_and_recorded(portal: Portal) -> None:
    who, browser = await strong(portal)
    await bind(portal, who.voice, *BINDINGS)
    await browser.open(prepare(who.voice))
    page = await browser.submit("Unlink: Video Plus")
    assert page.path == prepare(who.voice)
    assert "Video Plus" not in page.text
    assert await removed(portal) == ["Video Plus"]
    assert await portal.events("binding.") == ["binding.unlinked"]
    assert "Unlink: Phone 13" not in [text for form in page.forms for text, _, _ in form.buttons]


async def test_what_is_not_removable_or_anothers_is_not_unlinked(portal: Portal) -> None:
    other = await portal.subscriber()
    who, browser = await strong(portal)
    await bind(portal, who.voice, ("instalments", "Phone 13", "", False))
    await bind(portal, other.voice, ("linked_app", "Video Plus", "", True))
    await browser.open(prepare(who.voice))
    for (binding,) in await portal.world.rows("SELECT id FROM binding"):
        values = {"csrf": browser.csrf, "binding": str(binding)}
        for line_ref in (who.voice, other.voice):
            page = await browser.post(f"{line_path(line_ref)}/unlink", values)
            assert page.status == 404
            await browser.open(prepare(who.voice))
    page = await browser.post(f"{line_path(who.voice)}/unlink", {"csrf": browser.csrf, "binding": "9" * 30})
    assert page.status == 404
    assert await removed(portal) == []


async def test_ticks_are_kept_and_taken_back(portal: Portal) -> None:
    who, browser = await strong(portal)
    await browser.open(prepare(who.voice))
    await browser.submit("Keep this list", item=["bank", "mail"])
    page = await browser.open(prepare(who.voice))
    assert page.form("Keep this list").fields["item"] == ["bank", "mail"]
    await browser.submit("Keep this list", item=["mail", "work"])
    assert (await browser.open(prepare(who.voice))).form("Keep this list").fields["item"] == ["mail", "work"]
    page = await browser.submit("Keep this list", item=["nonsense"])
    assert page.status == 400


async def test_nothing_is_ticked_beforehand(portal: Portal) -> None:
    who, browser = await strong(portal)
    page = await browser.open(prepare(who.voice))
    assert "item" not in page.form("Keep this list").fields


@pytest.mark.parametrize("typed", [IMEI, "35-686800-004141-8", "35 686800 004141 8 / 01"])
async def test_the_device_on_record_is_known_again_however_its_number_is_written(portal: Portal, typed: str) -> None:
    who, browser = await strong(portal)
    await browser.open(prepare(who.voice))
    page = await browser.submit("Compare", imei=typed)
    assert page.status == 200
    assert "This is the device on record" in page.text


async def test_another_device_warns_and_does_not_stop_anything(portal: Portal) -> None:
    who, browser = await strong(portal)
    await browser.open(prepare(who.voice))
    page = await browser.submit("Compare", imei=OTHER_IMEI)
    assert "another device" in page.text
    page = await browser.click("Back to what to see to")
    assert "Go on" in [text for text, _ in page.links]


@pytest.mark.parametrize(
    "typed", ["356868000041419", "35686800004141", "", "IMEI", "３５６８６８０００４１４１８", "1" * 300]
)
async def test_a_number_that_is_no_imei_is_said_to_be_none(portal: Portal, typed: str) -> None:
    who, browser = await strong(portal)
    await browser.open(f"{line_path(who.voice)}/device")
    page = await browser.submit("Compare", imei=typed)
    assert page.status == 422
    assert "This is no IMEI" in page.text


async def test_a_device_is_not_compared_where_none_is_on_record(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE line SET imei = NULL")
    assert "device" not in (await browser.open(prepare(who.voice))).ids
    await browser.open(f"{line_path(who.voice)}/device")
    assert "none on record" in (await browser.submit("Compare", imei=IMEI)).text


async def test_a_data_sim_gets_the_steps_that_fit_it(portal: Portal) -> None:
    who, browser = await strong(portal)
    page = await browser.open(prepare(who.data))
    assert not {"voicemail", "keep_number", "logins"} & set(page.ids)
    assert "on the label underneath" in page.text
    assert "SIM card's number (ICCID) ends in" in page.text
    assert "Dial *#06#" not in page.text


@pytest.mark.parametrize(
    ("jurisdiction", "says"),
    [
        ("neutral", "the number can no longer be moved"),
        ("de", "can still be moved for 28 days"),
        ("fr", "can still be moved for 40 days"),
    ],
)
async def test_what_is_said_about_keeping_the_number_comes_from_the_rule_pack(
    portal: Portal, jurisdiction: str, says: str
) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE account SET jurisdiction = %s", jurisdiction)
    assert says in (await browser.open(prepare(who.voice))).text


async def test_while_a_port_is_pending_that_is_said_instead(portal: Portal) -> None:
    who, browser = await strong(portal)
    await portal.world.rows(
        "INSERT INTO hold (line_id, kind, why, set_by, set_at) SELECT id, 'port_pending', '', 'test', now() FROM line"
    )
    page = await browser.open(prepare(who.voice))
    assert "port_pending" in page.ids
    assert "keep_number" not in page.ids
    assert "Stands in the way" in page.text


async def test_several_lines_together_are_told_each_by_its_name(portal: Portal) -> None:
    who, browser = await strong(portal)
    await bind(portal, who.voice, ("linked_app", "Video Plus", "", True))
    await bind(portal, who.data, ("linked_app", "Music Plus", "", True))
    await browser.open("/leave")
    page = await browser.submit("Close the account")
    assert "Video Plus" in page.text
    assert "Music Plus" in page.text
    assert len(page.ids) == len(set(page.ids))
    assert any(heading.endswith(": Services linked to this number") for heading in page.headings)


async def test_bills_are_listed_with_their_documents(portal: Portal) -> None:
    who, browser = await strong(portal)
    await bill(portal, who, "B-2026/10".replace("/", "-"), document=PDF, open_amount=0)
    await bill(portal, who, "号-1", document=PDF + b"2")
    await browser.open("/account")
    page = await browser.click("Your bills")
    assert "€20.00" in page.text
    answer = await browser.client.get(page.link("Bill 号-1 as a PDF"))
    assert (answer.headers["content-type"], answer.content) == ("application/pdf", PDF + b"2")


async def test_anothers_bill_looks_like_one_that_does_not_exist(portal: Portal) -> None:
    other = await portal.subscriber()
    await bill(portal, other, "B1", document=PDF)
    who, browser = await strong(portal)
    await bill(portal, who, "B2")
    pages = [await browser.open(f"/account/bills/{number}") for number in ("B1", "B2", "B9")]
    assert {(page.status, page.headline) for page in pages} == {(404, "There is no such page")}
    assert "B1" not in (await browser.open("/account/bills")).text


async def downloaded(browser: Browser) -> ZipFile:
    answer = await browser.client.get("/account/data.zip")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    archive = ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


async def test_the_download_holds_everything_as_json_csv_and_pdf(portal: Portal) -> None:
    other = await portal.subscriber()
    who, browser = await strong(portal)
    await bill(portal, who, "A:1", document=PDF)
    await bill(portal, who, "B2")
    archive = await downloaded(browser)
    tables = ("account", "lines", "bills", "cancellations", "notes")
    assert archive.namelist() == [
        "INDEX.txt",
        *[f"{table}.{kind}" for table in tables for kind in ("json", "csv")],
        "bills/002-A_1.pdf",
    ]
    assert archive.read("bills/002-A_1.pdf") == PDF
    lines = json.loads(archive.read("lines.json"))
    assert [line["line_ref"] for line in lines] == [who.data, who.voice]
    assert {bill["amount"] for bill in json.loads(archive.read("bills.json"))} == {"20.00"}
    assert other.account_number not in archive.read("account.json").decode()
    assert await portal.events("account.") == ["account.data_downloaded"]


async def test_a_spreadsheet_takes_no_value_for_a_formula(portal: Portal) -> None:
    _who, browser = await strong(portal)
    await portal.world.rows("UPDATE account SET holder_name = '=1+1'")
    archive = await downloaded(browser)
    (row,) = csv.DictReader(io.StringIO(archive.read("account.csv").decode("utf-8-sig")))
    assert row["holder_name"] == "'=1+1"
    assert json.loads(archive.read("account.json"))[0]["holder_name"] == "=1+1"


@pytest.mark.parametrize(
    ("language", "says"), [("en", "Data of account"), ("zh-Hans", "的数据"), ("es", "Datos de la")]
)
async def test_the_index_is_in_the_readers_language(portal: Portal, language: str, says: str) -> None:
    _who, browser = await strong(portal, language)
    assert says in (await downloaded(browser)).read("INDEX.txt").decode("utf-8-sig")


async def test_without_a_session_nothing_is_handed_out(portal: Portal) -> None:
    who = await portal.subscriber()
    browser = portal.browser()
    for path in ("/account/data.zip", "/account/bills", "/account/bills/B1", f"{line_path(who.voice)}/device"):
        assert (await browser.open(path)).status == 401
