"""“How to cancel” tells what is configured, and nothing that is not."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.kit.i18n import phrases
from tests.support.portal import portal_of
from tests.support.world import UNDO_FIRST

CARE = "Call 10086, Mon–Sat 8–20 h"


def structured(html: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, flags=re.DOTALL)
    found: dict[str, Any] = json.loads(text)
    return found


async def test_it_tells_ways_waves_and_times_as_they_are_configured(database: Database) -> None:
    async with portal_of(database, carrier={"support": CARE}) as portal:
        page = await portal.browser().open("/guide")
        for told in (CARE, "Network", "Linked services", "Final bill", "15 minutes", "400 days", "3 days", "7 days"):
            assert told in page.text
        assert "1, 7 and 30 days" in page.text
        assert {"/sign-in", "/declare"} <= {href for _, href in page.links}
        assert page.text.index("Network") > page.text.index("After this it cannot be undone")


async def test_another_configuration_is_another_guide(database: Database, tmp_path: Path) -> None:
    (tmp_path / "zz.toml").write_text(
        'id = "zz"\nversion = 1\ntitle = "Z"\nin_force_from = 2020-01-01\nextends = "neutral"\n'
        '[channels.cooling_off]\nweb = "PT2H"\n[declaration]\nexpires_after = "P9D"\nback_dates = false\n'
        + "".join(
            f'[sources.{section}]\ncitation = "Z"\nconfidence = "own"\nread_on = 2026-01-01\n'
            for section in ("channels", "declaration")
        )
    )
    settings = {"rules_dir": tmp_path, "carrier": {"jurisdiction": "zz", "fees": "Leaving costs €5."}}
    async with portal_of(database, UNDO_FIRST, **settings) as portal:
        page = await portal.browser().open("/guide")
        for told in ("2 hours", "9 days", "Leaving costs €5."):
            assert told in page.text
        for untold in ("Final bill", "With care", "charges anything", "The end counts from the day"):
            assert untold not in page.text


@pytest.mark.parametrize("language", ["en", "zh-Hans", "es"])
async def test_it_speaks_all_languages_and_so_does_its_structured_data(database: Database, language: Any) -> None:
    async with portal_of(database) as portal:
        page = await portal.browser(language).open("/guide")
        assert page.language == language
        howto = structured(page.html)
        assert (howto["@type"], howto["inLanguage"]) == ("HowTo", language)
        assert howto["name"] == page.headline == phrases(language).gettext("How to cancel")
        assert [step["position"] for step in howto["step"]] == list(range(1, len(howto["step"]) + 1))
        assert all(step["name"] in page.text for step in howto["step"])


async def test_what_the_carrier_wrote_cannot_end_the_structured_data(database: Database) -> None:
    async with portal_of(database, carrier={"support": "</script><script>alert(1)</script>"}) as portal:
        page = await portal.browser().open("/guide")
        assert "<script>alert" not in page.html
        assert "</script><script>alert(1)</script>" in json.dumps(structured(page.html))


async def test_numbers_can_be_moved_later_where_the_law_says_so(database: Database) -> None:
    async with portal_of(database, carrier={"jurisdiction": "de"}) as portal:
        assert "It can still be moved for" in (await portal.browser().open("/guide")).text
