"""“Check my cancellation”: the state of one case to whoever holds its code, and nothing to anybody else."""

import re

import pytest

from ringoff.features.cancellation.status import is_status_code, status_code
from ringoff.kit.ids import CaseId, case_number
from ringoff.kit.secrets import SecretStr
from tests.support.browser import Page
from tests.support.portal import SECRET, Portal

KEY = SecretStr(SECRET)
WRONG = "This case number and this code do not belong together."


async def check(portal: Portal, number: str, code: str, language: str = "en", address: str = "192.0.2.7") -> Page:
    browser = portal.browser(language, address)
    await browser.open("/status")
    return await browser.submit(action="/status", number=number, code=code)


async def case_of(portal: Portal) -> CaseId:
    (line,) = await portal.world.lines()
    return await portal.world.case(line, channel="web")


async def test_the_code_stands_in_the_mails_and_opens_the_state_and_nothing_else(portal: Portal) -> None:
    case = await case_of(portal)
    await portal.world.later(seconds=3)
    mail = portal.world["mail"].asked[-1].brief["text"]
    (code,) = re.findall(r"with the code ([0-9A-Z]{4}-[0-9A-Z]{4})", " ".join(mail.split()))
    assert "https://portal.test/status" in mail
    page = await check(portal, case_number(case), code)
    assert page.status == 200
    assert "Scheduled" in page.text
    (who,) = await portal.world.rows(
        "SELECT l.line_ref, l.msisdn, l.imsi, l.iccid, a.email FROM line l JOIN account a ON a.id = l.account_id"
    )
    for secret in (*who, "Holder"):
        assert secret not in page.html


@pytest.mark.parametrize(("minutes", "state"), [(0, "Scheduled"), (16, "Closed")])
async def test_it_tells_how_the_case_stands(portal: Portal, minutes: int, state: str) -> None:
    case = await case_of(portal)
    await portal.world.later(minutes=minutes)
    assert state in (await check(portal, case_number(case), status_code(KEY, case))).text


async def test_number_and_code_are_read_however_they_are_typed(portal: Portal) -> None:
    case = await case_of(portal)
    typed = case_number(case).lower().replace("-", " "), status_code(KEY, case).lower().replace("-", "")
    assert (await check(portal, *typed, language="es")).headline == "Cómo va"


async def test_a_wrong_code_and_an_unknown_number_look_the_same(portal: Portal) -> None:
    case = await case_of(portal)
    other = CaseId(case + 1)
    texts = set()
    for number, code in (
        (case_number(case), status_code(KEY, other)),
        (case_number(other), status_code(KEY, other)),
        (case_number(other), status_code(KEY, case)),
        ("C-0000", "0"),
        ("", ""),
        ("\u0661" * 9, "٣" * 8),
    ):
        page = await check(portal, number, code)
        assert page.status == 422
        assert WRONG in page.text
        texts.add(page.text)
    assert len(texts) == 1


async def test_guessing_is_throttled_by_where_it_comes_from(portal: Portal) -> None:
    case = await case_of(portal)
    browser = portal.browser()
    await browser.open("/status")
    for _ in range(30):
        await browser.submit(action="/status", number=case_number(case), code="0000-0000")
    page = await check(portal, case_number(case), status_code(KEY, case))
    assert page.status == 503
    assert (await check(portal, case_number(case), status_code(KEY, case), address="198.51.100.7")).status == 200


def test_a_code_belongs_to_one_case_and_one_installation() -> None:
    codes = {status_code(key, case) for key in (KEY, SecretStr("another secret of theirs")) for case in range(1, 500)}
    assert len(codes) == 998
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    assert is_status_code(status_code(KEY, 7).lower(), KEY, 7)
    assert not is_status_code(status_code(KEY, 7), KEY, 8)
    assert not is_status_code("", KEY, 7)
