"""The carrier's colour and logo."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.db.pool import Database
from ringoff.kit.colour import contrast
from ringoff.kit.errors import InvalidInput
from ringoff.settings import PortalSettings
from ringoff.surfaces.portal.look import routes, stylesheet
from tests.support.portal import URL, portal_of

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect width="32" height="32"/></svg>'
colours = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


def accents(css: str) -> list[str]:
    return re.findall(r"--accent: (#\w{6})", css)


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == pytest.approx(1)


@given(colours)
def test_whatever_colour_a_carrier_has_it_can_be_read_on_paper_white_and_on_a_dark_screen(colour: str) -> None:
    light, dark = accents(stylesheet(colour))
    assert contrast(light, "#fbfaf7") >= 7
    assert contrast(light, "#ffffff") >= 7
    assert contrast(dark, "#1b2229") >= 7
    assert contrast(dark, "#14191e") >= 7


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert accents(stylesheet("#0f5c5c"))[0] == "#0f5c5c"


async def test_every_page_wears_the_carriers_colour_and_logo(database: Database, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text(SQUARE)
    look = {"url": URL, "accent": "#ffcc00", "logo": str(logo)}
    async with portal_of(database, portal=look, carrier={"name": "Sunrise Mobile"}) as portal:
        browser = portal.browser()
        page = await browser.open("/guide")
        assert '<link rel="stylesheet" href="/look.css">' in page.html
        assert '<img src="/logo" alt="Sunrise Mobile"' in page.html
        css = await browser.open("/look.css")
        assert (css.status, css.response.headers["content-type"]) == (200, "text/css; charset=utf-8")
        assert "--accent: #" in css.response.text
        image = await browser.open("/logo")
        assert (image.status, image.response.headers["content-type"]) == (200, "image/svg+xml")
        assert "script-src 'self'" in image.response.headers["content-security-policy"]  # nothing written in it is run


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("logo.gif", b"GIF89a", "neither .svg nor .png"),
        ("logo.svg", b" " * 30_001, "larger than 30 kB"),
        ("there/is/none.png", None, "No such file"),
    ],
)
def test_a_logo_that_cannot_be_shown_is_named_at_the_start(
    tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput, match=why):
        routes(PortalSettings(logo=path))
