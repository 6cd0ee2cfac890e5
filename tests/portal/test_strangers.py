"""A signed-in stranger, with the ids of somebody else in every address and every form: all as if they did not exist."""

import re
from typing import Any

import pytest
from starlette.routing import Mount, Route

from ringoff.surfaces.web.naming import address
from tests.support.browser import Browser, Page
from tests.support.portal import Portal
from tests.support.subscribers import Subscriber, furnish

# What stands in for a parameter: the victim's own, and one that does not exist. A new parameter has to be told here.
HARMLESS = {"language": "es", "step": "when"}
VICTIMS_ROWS = (
    "SELECT * FROM line WHERE account_id = %(a)s ORDER BY id",
    "SELECT * FROM cancellation WHERE account_id = %(a)s ORDER BY id",
    "SELECT * FROM login WHERE account_id = %(a)s",
    "SELECT * FROM session WHERE account_id = %(a)s ORDER BY digest",
    "SELECT * FROM passkey WHERE account_id = %(a)s",
    "SELECT * FROM bill WHERE account_id = %(a)s ORDER BY bill_number",
    "SELECT b.* FROM binding b JOIN line l ON l.id = b.line_id WHERE l.account_id = %(a)s ORDER BY b.id",
    "SELECT t.* FROM checklist_tick t JOIN line l ON l.id = t.line_id WHERE l.account_id = %(a)s",
    "SELECT h.* FROM hold h JOIN line l ON l.id = h.line_id WHERE l.account_id = %(a)s",
    "SELECT * FROM account WHERE id = %(a)s",
)


async def rows(portal: Portal, who: Subscriber) -> list[Any]:
    async with portal.app.database.transaction() as conn:
        return [await (await conn.execute(q, {"a": who.account_id})).fetchall() for q in VICTIMS_ROWS]


async def victim_of(portal: Portal) -> tuple[Subscriber, dict[str, str]]:
    """With a case, bills, bindings and a session; and what names these in an address."""
    who = await portal.subscriber(totp=True)
    await furnish(portal.app.database, who)
    browser = await portal.signed_in(who)
    await browser.open(f"{address(who.data)}/leave/when")
    await browser.submit(action=f"{address(who.data)}/leave/confirm", when="now")
    case = (await browser.submit(action=f"{address(who.data)}/leave")).path.rpartition("/")[2]
    return who, {"line_ref": address(who.voice).rpartition("/")[2], "number": case, "bill": "F-1", "token": "x"}


def gist(page: Page) -> tuple[int, str]:
    """What is told, without what differs from one look to the next, and from one address to the next."""
    text = re.sub(r"Reference for care: \w+", "", page.text)
    return page.status, text


def addresses(portal: Portal, own: dict[str, str]) -> list[tuple[str, str, set[str]]]:
    """Path of the victim's, the same of nobody's, and the methods: for every route that has a parameter."""
    found = []
    for route in portal.site.routes:
        if isinstance(route, Mount):
            continue
        assert isinstance(route, Route)
        names = re.findall(r"\{(\w+)(?::\w+)?\}", route.path)
        theirs = nobodys = route.path
        for name in names:
            assert name in own or name in HARMLESS, f"{route.path}: what is a stranger's {name}?"
            pattern = r"\{" + name + r"(:\w+)?\}"
            number = "B-2026-11" if name == "number" and "/bills/" in route.path and "/cases/" not in route.path else ""
            theirs = re.sub(pattern, number or own.get(name, HARMLESS.get(name, "")), theirs)
            none = {"line_ref": "NO-SUCH-LINE", "number": "NO-SUCH", "bill": "F-2", "token": "y"}
            nobodys = re.sub(pattern, none.get(name, HARMLESS.get(name, "")), nobodys)
        if set(names) - set(HARMLESS):
            found.append((theirs, nobodys, set(route.methods or ())))
    assert len(found) > 15
    return found


async def test_another_holders_ids_in_an_address_are_those_of_nothing(portal: Portal) -> None:
    victim, own = await victim_of(portal)
    stranger = await portal.signed_in(await portal.subscriber(totp=True))
    csrf, before = stranger.csrf, await rows(portal, victim)
    for theirs, nobodys, methods in addresses(portal, own):
        if "GET" in methods:
            one, other = gist(await stranger.open(theirs)), gist(await stranger.open(nobodys))
            assert one == other, theirs
            assert victim.email not in one[1]
            assert victim.account_number not in one[1]
        if "POST" in methods:
            form = {"csrf": csrf, "when": "now", "newest": "", "item": "bank", "imei": "356868000041418", "proof": "x"}
            one, other = gist(await stranger.post(theirs, form)), gist(await stranger.post(nobodys, form))
            assert one == other, theirs
    assert await rows(portal, victim) == before


async def _binding(portal: Portal, victim: Subscriber) -> str:
    found = await portal.world.rows(
        "SELECT b.id FROM binding b JOIN line l ON l.id = b.line_id WHERE l.line_ref = %s AND b.removable", victim.voice
    )
    return str(found[0][0])


async def _session(portal: Portal, victim: Subscriber) -> str:
    return str(
        (await portal.world.rows("SELECT public_id FROM session WHERE account_id = %s", victim.account_id))[0][0]
    )


@pytest.mark.parametrize("field", ["line", "binding", "session"])
async def test_another_holders_ids_in_a_form_do_nothing(portal: Portal, field: str) -> None:
    victim, _own = await victim_of(portal)
    who = await portal.subscriber(totp=True)
    stranger: Browser = await portal.signed_in(who)
    csrf, before = stranger.csrf, await rows(portal, victim)
    match field:
        case "line":
            paths = ["/leave/prepare", "/leave/when", "/leave/confirm", "/leave"]
            fields = {"line": [victim.voice, who.voice], "when": "now", "newest": ""}
        case "binding":
            paths = [f"{address(who.voice)}/unlink"]
            fields = {"binding": await _binding(portal, victim)}
        case _:
            paths = ["/security/sessions"]
            fields = {"session": await _session(portal, victim)}
    for path in paths:
        page = await stranger.post(path, {"csrf": csrf, **fields})
        assert page.status in (303, 404, 405, 409, 422) or victim.voice not in page.text, path
        assert victim.email not in page.text
    assert await rows(portal, victim) == before
