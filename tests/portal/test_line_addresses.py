"""A line's pages have addresses that nothing in its reference can be mistaken for."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match, Route

from ringoff.db.pool import Database
from ringoff.surfaces.web import naming
from tests.support.leaving import LEAVE, SYSTEMS, case_of, strong
from tests.support.portal import Portal, portal_of

AWKWARD = ["leave", "..", "../..", "/", "100%", "50%2F", "a~2Fb", "~", "a b?c#d", "号码/1"]
AWKWARD += [f"B/7/{word}" for word in ("leave", "leave/when", "confirm", "device", "checklist", "unlink")]
ROUTE = Route("/lines/{line_ref:line}", lambda request: None, methods=["GET"])


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with portal_of(database, SYSTEMS) as opened:
        yield opened


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_every_reference_has_an_address_of_one_segment_that_leads_back_to_it(line_ref: str) -> None:
    address = naming.address(line_ref)
    assert address.isascii()
    assert address.count("/") == 2
    assert not set(address) & set("%?# ")
    scope = {"type": "http", "path": address, "method": "GET", "headers": []}
    matched, found = ROUTE.matches(scope)
    assert (matched, found["path_params"]) == (Match.FULL, {"line_ref": line_ref})


@pytest.mark.parametrize("line_ref", ["L-1001", "A_7.b", "491512345678"])
def test_an_ordinary_reference_is_its_own_address(line_ref: str) -> None:
    assert naming.address(line_ref) == f"/lines/{line_ref}"


@pytest.mark.parametrize("line_ref", AWKWARD)
async def test_a_line_of_any_reference_is_found_and_leaves(portal: Portal, line_ref: str) -> None:
    who, browser = await strong(portal)
    await portal.world.rows("UPDATE line SET line_ref = %s WHERE line_ref = %s", line_ref, who.voice)
    page = await browser.open("/account")
    page = await browser.open(next(href for href in (h for _, h in page.links) if href == naming.address(line_ref)))
    assert page.status == 200
    await browser.click(LEAVE)
    page = await browser.open(f"{naming.address(line_ref)}/device")
    assert page.status == 200
    await browser.open(f"{naming.address(line_ref)}/leave")
    await browser.click("Go on")
    await browser.submit("Go on", when="now")
    case = case_of(await browser.submit(LEAVE))
    query = "SELECT l.line_ref FROM cancellation c JOIN line l ON l.id = c.line_id WHERE c.id = %s"
    assert await portal.world.rows(query, case) == [(line_ref,)]


@pytest.mark.parametrize("segment", ["~00", "~", "~2", "~zz", "~FF", "%00", "%2e%2e", "~F0~9F"])
async def test_what_is_no_lines_address_is_not_found(portal: Portal, segment: str) -> None:
    _who, browser = await strong(portal)
    for step in ("", "/leave", "/leave/when", "/device"):
        assert (await browser.open(f"/lines/{segment}{step}")).status == 404
