"""Unpaid bills: the rule pack says whether they keep a line, or come along on the final bill."""

from pathlib import Path

import pytest

from ringoff.db.pool import Database
from ringoff.features import readiness
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Refused
from tests.support.portal import Portal, portal_of
from tests.support.world import NOW, World

PACK = """
id = "strict"
version = 1
title = "A place where bills come first"
in_force_from = 2026-01-01
extends = "neutral"
[billing]
unpaid = "block"
[sources.billing]
citation = "of a test"
confidence = "own"
read_on = 2026-11-23
"""
OWES = (
    "INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency, disputed)"
    " SELECT id, 'B-1', '2026-11-01', 1990, 1990, 'EUR', %s FROM account"
)


@pytest.fixture
def rules_dir(tmp_path: Path) -> Path:
    (tmp_path / "strict.toml").write_text(PACK)
    return tmp_path


async def owing(world: World, *, disputed: bool = False) -> int:
    (line,) = await world.lines()
    await world.rows("UPDATE account SET jurisdiction = 'strict'")
    await world.rows(OWES, disputed)
    return line


@pytest.mark.parametrize(("jurisdiction", "disputed", "refused"), [
    ("strict", False, True),
    ("strict", True, False),
    ("neutral", False, False),
])  # fmt: skip
async def test_they_keep_a_line_only_where_the_law_of_the_account_says_so(
    database: Database, rules_dir: Path, jurisdiction: str, disputed: bool, refused: bool
) -> None:
    world = await World.make(database, start=NOW, rules_dir=rules_dir)
    line = await owing(world, disputed=disputed)
    await world.rows("UPDATE account SET jurisdiction = %s", jurisdiction)
    facts, pack = await world.facts(line), world.app.rules.pack(jurisdiction)
    found = {finding.code: finding.severity for finding in readiness.findings(facts, pack, world.now)}
    assert found.get("unpaid_bills") == (None if disputed else "blocks" if refused else "warns")
    (receipt,) = await world.ask(line, actor=Actor("somebody", "web"))
    assert isinstance(receipt, Refused) is refused
    if isinstance(receipt, Refused):
        assert (receipt.code, receipt.details["rule"]) == ("unpaid_bills", "unpaid_bills")


async def test_the_holder_is_told_before_and_goes_once_they_are_paid(database: Database, rules_dir: Path) -> None:
    async with portal_of(database, rules_dir=rules_dir) as portal:
        await _told_before(portal)


async def _told_before(portal: Portal) -> None:
    who = await portal.subscriber(totp=True)
    await portal.world.rows("UPDATE account SET jurisdiction = 'strict'")
    await portal.world.rows(OWES, False)
    browser = await portal.signed_in(who)
    page = await browser.open(f"/lines/{who.voice}/leave")
    assert "They have to be paid before a line can be cancelled." in page.text
    assert page.text.count("Unpaid bills") == 1
    assert not [form for form in page.forms if form.action.endswith("/leave/when")]
    await portal.world.rows("UPDATE bill SET open_amount = 0")
    page = await browser.open(f"/lines/{who.voice}/leave")
    assert "Unpaid bills" not in page.text
