"""What a reader finds in the PDF of a final bill, read back from it."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest

from ringoff.features.billing.documents import Sender, Way, render_final_bill
from ringoff.features.billing.documents.rows import row
from ringoff.features.billing.documents.telling import amount
from ringoff.features.billing.documents.typeset import _tidied
from ringoff.features.billing.model import Difference, FinalItem, FinalKind
from ringoff.kit.i18n import Language, phrases
from tests.support.bills import NAMES, SENDER, final_bill, holder, items, opened, pressed, read

LANGUAGES = ("en", "zh-Hans", "es")


# ── What it says ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ("Final bill FB-4711", "You get back", "€11.78", "15 of 30 days × €33.53", "−€16.77", "Page 1 of 1")),
        ("zh-Hans", ("结清账单FB-4711", "退还给您", "€11.78", "30天中的15天×€33.53", "−€16.77", "第1页，共1页")),
        (
            "es",
            (
                "Factura final FB-4711",
                "Le devolvemos",
                "11,78 €",
                "15 de 30 días × 33,53 €",
                "−16,77 €",
                "Página 1 de 1",
            ),
        ),
    ],
)
def test_a_final_bill_is_told_in_the_holders_language(language: str, told: tuple[str, ...]) -> None:
    text = pressed(read(render_final_bill(final_bill(language))))
    for words in (*told, NAMES[language], "A-20931", "C-7K2M-04QX", "+49 1512 3456789", "VAT 19 %", "Lumen Mobile"):
        assert pressed(words) in text


def test_the_rows_and_taxes_add_up_to_the_total() -> None:
    text = read(render_final_bill(final_bill()))
    rows, _, sums = text.partition("Sum before tax")
    for item in items():
        assert amount(item.net, "EUR", "en") in rows
    assert [_minor(found) for found in re.findall(r"−?€[\d.]+", sums)[:3]] == [-833, -345, -833 - 345]
    assert sum(item.net for item in items()) == -833


def _minor(told: str) -> int:
    return int(told.replace("−", "-").replace("€", "").replace(".", ""))


def test_taxes_are_summed_by_their_names() -> None:
    rows = (
        FinalItem("usage", "Calls", "u1", "USD", 100, 7, "State tax"),
        FinalItem("usage", "Messages", "u2", "USD", 100, 7, "State tax"),
        FinalItem("usage", "Data", "u3", "USD", 100, 3, "City tax"),
    )
    text = read(render_final_bill(final_bill(items=rows, currency="USD", ways=(), continuing=())))
    assert "Sum before tax US$3.00 City tax US$0.03 State tax US$0.14" in text
    assert "Total to pay US$3.17" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(FinalKind))
def test_every_row_says_what_it_is_and_why(kind: FinalKind, language: Language) -> None:
    for rule in ("by_day", "after_the_end", "to_period_end", "last_line", "as_agreed", "declines_monthly", ""):
        for first, end in ((date(2026, 11, 16), date(2026, 12, 1)), (date(2026, 11, 16), None), (None, None)):
            told = row(FinalItem(kind, "", "s", "EUR", 100, first=first, end=end, rule=rule), phrases(language))
            assert told["name"]
            assert told["says"]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (replace(items()[0], rule="by_day"), ["Billed: 1–30 Nov 2026.", "Not used: 16–30 Nov 2026."]),
        (
            replace(items()[0], rule="after_the_end", days=30, first=date(2026, 11, 1)),
            ["Billed: 1–30 Nov 2026.", "It begins after your last day, so all of it comes back."],
        ),
        (
            FinalItem("used_service", "L", "s", "EUR", 1, first=date(2026, 12, 31), end=date(2027, 2, 1)),
            ["Used, and on no bill yet: 31 Dec 2026 – 31 Jan 2027."],
        ),
        (
            FinalItem("used_service", "L", "s", "EUR", 1, first=date(2026, 11, 1), end=date(2026, 11, 2)),
            ["Used, and on no bill yet: 1 Nov 2026."],
        ),
    ],
)
def test_a_row_tells_the_days_that_were_billed_and_those_that_were_not_used(item: FinalItem, says: list[str]) -> None:
    assert [pressed(sentence) for sentence in row(item, phrases("en"))["says"]] == [pressed(each) for each in says]


def test_a_discount_stands_by_what_it_lowers() -> None:
    plan, _addon, *_rest = items()
    discount = replace(plan, name="Loyalty", source="i9", net=500, tax=95, of_net=1000)
    text = pressed(read(render_final_bill(final_bill(items=(plan, discount), ways=()))))
    assert pressed("15 of 30 days × €10.00 €5.00") in text
    assert "Youowe" not in text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"items": ()}, "Nothing is left to pay And nothing is owed to you: everything is settled."),
        (
            {"items": items()[4:5], "ways": (Way(kind="charge", amount=1978, route="processor", to="Visa"),)},
            "You pay €19.78 is taken from Visa, as always.",
        ),
        (
            {"items": items()[4:5], "ways": (Way(kind="charge", amount=1978, route="guest", by=date(2026, 12, 1)),)},
            "Please pay €19.78 by Tuesday 1 December 2026.",
        ),
        ({"items": items()[2:3], "ways": (), "written_off": True}, "So small an amount is not asked for."),
        (
            {"differences": (Difference("i5", "EUR", 0, 1978, "bill"),)},
            "Unpaid bill · B-1009 A bill was issued, or changed, after you confirmed. €0.00 → €19.78",
        ),
        (
            {"msisdn": None, "iccid": "8949020000001234", "service": "data"},
            "Data SIM ending in 1234 Plan",
        ),
        ({"msisdn": None}, "Line L-1 Plan"),
        ({"version": 2}, "Supplementary bill FB-4711"),
        ({"charged_until": date(2026, 11, 10)}, "Charged only until 10 Nov 2026"),
        (
            {"ways": (Way(kind="refund", amount=1178, route="cheque", by=date(2026, 12, 1)),)},
            "We send you a cheque for €11.78; it reaches you by Tuesday 1 December 2026.",
        ),
        (
            {"ways": (Way(kind="refund", amount=1178, route="processor", to="Visa", done_on=date(2026, 11, 20)),)},
            "€11.78 went back to Visa on Friday 20 November 2026.",
        ),
        (
            {"differences": (Difference("i3", "EUR", 0, 140, "usage"),)},
            "Calls to Norway Usage was reported after you confirmed. €0.00 → €1.40",
        ),
    ],
)  # fmt: skip
def test_it_says_where_the_money_goes_and_what_became_different(changes: dict[str, Any], told: str) -> None:
    assert pressed(told) in pressed(read(render_final_bill(final_bill(**changes))))


def test_a_currency_without_minor_units_and_items_of_another_currency_stay_apart() -> None:
    yen = FinalItem("unused_service", "Plan", "y1", "JPY", -1999)
    text = read(render_final_bill(final_bill(items=(yen, *items()), currency="JPY", ways=(), continuing=())))
    assert "JP¥1,999" in text
    assert "€" not in text


def test_where_a_guest_pays_can_be_clicked() -> None:
    url = "https://pay.lumen.example/b/FB-4711?token=0123456789abcdef0123456789abcdef"
    way = Way(kind="charge", amount=1978, route="guest", pay_url=url)
    page = opened(render_final_bill(final_bill(items=items()[4:5], ways=(way,)))).pages[0]
    assert url in {str(note.get_object()["/A"]["/URI"]) for note in page["/Annots"]}


# ── What it is made of ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_an_archivable_and_accessible_pdf_in_which_every_font_is_embedded(language: str) -> None:
    reader = opened(render_final_bill(final_bill(language)))
    catalog = reader.trailer["/Root"]
    marks = catalog["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part(>|=\")2", marks)
    assert re.search(r"pdfaid:conformance(>|=\")A", marks)
    assert re.search(r"pdfuaid:part(>|=\")1", marks)
    assert catalog["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert catalog["/OutputIntents"][0]["/DestOutputProfile"].get_data()
    assert catalog["/MarkInfo"]["/Marked"]
    assert str(catalog["/Lang"]).split("-")[0] == language.split("-")[0]
    assert "/Encrypt" not in reader.trailer
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_the_same_bill_gives_the_same_bytes() -> None:
    assert render_final_bill(final_bill()) == render_final_bill(final_bill())


def test_bills_are_made_side_by_side() -> None:
    names = [f"Holder {n}" for n in range(16)]
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda name: render_final_bill(final_bill(holder=holder(name=name))), names))
    assert all(name in read(pdf) for name, pdf in zip(names, made, strict=True))


def test_amounts_end_at_the_same_place_on_the_right() -> None:
    """Figures are all as wide as each other, so amounts of as many that end together also start together."""
    starts: dict[str, float] = {}
    page = opened(render_final_bill(final_bill())).pages[0]
    page.extract_text(visitor_text=lambda text, matrix, *_: starts.setdefault(text.strip(), round(matrix[4], 2)))
    assert starts["−€16.77"] == starts["−€50.00"] < starts["−€2.52"] == starts["−€3.45"] == starts["€40.00"]
    assert starts["€40.00"] == starts["€19.78"] < starts["€1.18"]


def test_a_very_long_bill_goes_on_over_pages_with_its_heads_and_one_total() -> None:
    many = tuple(FinalItem("usage", f"Call {n}", f"u{n}", "EUR", 10) for n in range(300))
    pdf = render_final_bill(final_bill(items=many, ways=()))
    pages, text = opened(pdf).pages, read(pdf)
    assert 8 < len(pages) < 25
    assert all("How it is counted" in page.extract_text() for page in pages[:-1])
    assert text.count("Total to pay") == 1
    assert all(f"Call {n} " in text for n in range(300))
    assert f"Page {len(pages)} of {len(pages)}" in text


# ── Names that people have, and names that people make up ────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "name",
    [
        '#import "/etc/passwd"',
        "*x* _y_ `z` $a^2$ <label> @ref",
        '"); #panic("!") //',
        "= Heading",
        "- item",
        "\\u{1F600} \\ \\n",
        "https://evil.example",
        "{page} of {pages} %(day)s %s",
        "Ada</text><script>alert(1)</script>",
        "O’Neil & Söhne „GmbH“",
        "Łukasz Żółć Дмитрий Ωμέγα Nguyễn",
        "欧阳堃·王喆",
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_name_prints_as_itself_whatever_stands_in_it(name: str, language: str) -> None:
    text = pressed(read(render_final_bill(final_bill(language, holder=holder(language, name), plan_name=name))))
    assert text.count(pressed(name)) >= 2


def test_a_name_can_neither_turn_amounts_round_nor_leave_its_line() -> None:
    content = {"name": "Ada\u202e\x00\x1b[31m\nLovelace\u2029"}
    assert _tidied(content) == {"name": "Ada  [31m Lovelace "}


def test_a_name_without_a_space_breaks_instead_of_leaving_the_paper() -> None:
    text = opened(render_final_bill(final_bill(holder=holder(name="W" * 200)))).pages[0].extract_text()
    assert max(len(run) for run in re.findall("W+", text)) <= 24
    assert "W" * 200 in pressed(re.sub("\u200b", "", text))


def test_a_decomposed_name_is_set_as_the_composed_one() -> None:
    assert "Muñoz" in read(render_final_bill(final_bill(holder=holder(name="Mun\u0303oz"))))


@pytest.mark.parametrize("accent", ["#ffee00", "#000000", "#0f5c5c"])
def test_any_colour_of_a_carrier_can_be_used(accent: str) -> None:
    sender = Sender(carrier_name="Lumen", accent=accent, paper="us-letter")
    page = opened(render_final_bill(final_bill(sender=sender))).pages[0]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (612, 792)


def test_without_a_way_to_reach_care_no_question_is_invited() -> None:
    assert "Questions?" in read(render_final_bill(final_bill()))
    assert "Questions?" not in read(render_final_bill(final_bill(sender=replace(SENDER, support=""))))
