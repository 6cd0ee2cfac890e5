"""Every character is shown, or the document is not made and the missing one is named."""

from pathlib import Path
from typing import Any

import pytest

from ringoff.features.billing.documents import fonts, render_final_bill
from ringoff.features.billing.documents.fonts import covering, lacking, needed, shipped
from ringoff.kit.errors import Unavailable
from ringoff.kit.i18n import LANGUAGES, Language, phrases
from ringoff.settings import BillingSettings, CarrierSettings, Settings
from ringoff.surfaces.cli.doctor import _documents
from tests.support.bills import final_bill, holder, opened

EGYPTIAN = "\U00013080"  # in no font that a machine of ours has
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any fonts."""
    real = fonts._fonts
    monkeypatch.setattr(fonts, "_fonts", lambda folder, *, everywhere: real(folder, everywhere=False))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_say_ourselves_needs_no_font_of_the_machine(language: Language) -> None:
    said = phrases(language)
    assert not lacking([*said._told.values(), "−×→•·€£¥$₩₹₫0123456789"], shipped())


def test_todays_chinese_names_need_no_font_of_the_machine(bare: None) -> None:
    names = "李喆 王堃 张玥 刘昇 陈祎 杨珺 赵璟 朱镕 周瑄 吴翀 徐旻 孙犇 胡嫄 欧阳娜娜"
    assert render_final_bill(final_bill("zh-Hans", holder=holder("zh-Hans", names))).startswith(b"%PDF")


@pytest.mark.parametrize("name", [f"Ra {EGYPTIAN}", "Ada \ue123", "عائشة", "Ada 🙂"])
def test_a_character_that_no_font_has_is_named_and_no_document_made(bare: None, name: str) -> None:
    with pytest.raises(Unavailable, match="No font on this machine can show") as raised:
        render_final_bill(final_bill(holder=holder(name=name)))
    missing = sorted({f"U+{ord(each):04X}" for each in name if ord(each) > 0x500})
    assert raised.value.code == "glyph_missing"
    assert sorted(raised.value.details["characters"]) == missing
    assert missing[0] in raised.value.message


def test_only_a_few_of_many_missing_characters_are_named(bare: None) -> None:
    with pytest.raises(Unavailable, match=r"and 15 more, so the document is not made"):
        covering(["".join(chr(0x13080 + n) for n in range(20))], None)


@pytest.mark.skipif(not DEJAVU.exists(), reason="needs DejaVu, for Arabic")
def test_a_font_in_the_operators_folder_is_found(bare: None) -> None:
    pdf = render_final_bill(final_bill(holder=holder(name="عائشة")), DEJAVU)
    used = {str(font["/BaseFont"]) for font in _fonts_of(pdf)}
    assert any("DejaVu" in name for name in used)


def _fonts_of(pdf: bytes) -> list[dict[str, Any]]:
    pages = opened(pdf).pages
    return [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]


def test_a_font_that_claims_a_character_and_cannot_show_it_makes_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "covering", lambda texts, folder: shipped())
    with pytest.raises(Unavailable, match="cannot be set with the fonts of this machine") as raised:
        render_final_bill(final_bill(holder=holder(name=EGYPTIAN)))
    assert raised.value.code == "fonts_unfit"


def test_marks_that_have_no_shape_need_none() -> None:
    assert needed(["a\u200d\u200b\ufe0f \u00a0\n"]) == {ord("a")}


# ── Asked before anybody waits ───────────────────────────────────────────────────────────────────────────────────
def test_doctor_says_that_bills_can_be_made(bare: None) -> None:
    found = _documents(Settings())
    assert (found.about, found.level) == ("documents", "note")
    assert "not for names in scripts beyond" in found.says


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (Settings(billing=BillingSettings(fonts=Path("/nowhere/fonts"))), "billing.fonts: /nowhere/fonts is no folder"),
        (Settings(carrier=CarrierSettings(name=f"Lumen {EGYPTIAN}")), "U+13080"),
        (Settings(carrier=CarrierSettings(support="اتصل بنا")), "No font on this machine can show"),
    ],
)
def test_doctor_says_why_no_bill_can_be_made(bare: None, settings: Settings, says: str) -> None:
    found = _documents(settings)
    assert found.level == "wrong"
    assert says in found.says
