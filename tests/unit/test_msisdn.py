"""Numbers of lines, SIMs and devices: every spelling finds its way, and what cannot exist is refused."""

import random
from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from ringoff.features.rules import RuleBook
from ringoff.kit import sim
from ringoff.kit.errors import InvalidInput
from ringoff.kit.money import minor_units
from ringoff.kit.msisdn import Numbering, international, is_costly, masked

NUMBERING = Numbering(RuleBook.load().number_plans)


@pytest.mark.parametrize(
    ("spelling", "region", "e164"),
    [
        ("+8613812345678", None, "+8613812345678"),
        ("0086 138-1234-5678", None, "+8613812345678"),
        ("＋８６ １３８１２３４５６７８", None, "+8613812345678"),
        ("+44 (0)7400 123456", None, "+447400123456"),
        ("tel:+1-415-555-0123", None, "+14155550123"),
        ("+39 06 1234 5678", None, "+390612345678"),
        ("138 1234 5678", "CN", "+8613812345678"),
        ("8613812345678", "CN", "+8613812345678"),
        ("+34 600 123 456", "CN", "+34600123456"),
        ("07400 123456", "GB", "+447400123456"),
        ("011 34 600 123 456", "US", "+34600123456"),
        ("+86 10648 1234 5678", None, "+861064812345678"),
        ("1064812345678", "CN", "+861064812345678"),
        ("+8614112345678", None, "+8614112345678"),
        ("+86 14112 3456 7890", None, "+861411234567890"),
    ],
)
def test_every_common_spelling_is_read(spelling: str, region: str | None, e164: str) -> None:
    assert NUMBERING.parse(spelling, region) == e164


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "+",
            "13812345678",
            "8613812345678",
            "12345",
            "+86138",
            "+1 555 0123",
            "+9991234567",
            "+12",
            "+861411234567890123",
            "0138 1234 5678",
        ),
        *("hello", "+1 800 FLOWERS", "+1 415 555 0123 x5", "+1" + "4" * 60, "+8613812345678\n+1"),
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        NUMBERING.parse(text)
    assert caught.value.code == "msisdn_invalid"


@pytest.mark.parametrize(
    ("text", "region", "candidates"),
    [
        ("8613812345678", None, ["+8613812345678"]),
        ("13812345678", None, ["+13812345678"]),
        ("13812345678", "CN", ["+8613812345678", "+13812345678"]),
        ("861064812345678", None, ["+861064812345678"]),
        ("+44 (0)7400 123456", None, ["+447400123456", "+4407400123456"]),
        ("0034600123456", None, ["+34600123456"]),
        ("L-10020030", None, []),
        ("", None, []),
    ],
)
def test_a_search_reads_bare_digits_in_every_way_they_may_be_meant(
    text: str, region: str | None, candidates: list[str]
) -> None:
    assert NUMBERING.candidates(text, region) == candidates


def test_numbers_for_the_internet_of_things_exist_only_by_the_rule_packs_plan() -> None:
    assert NUMBERING.parse("+861064812345678") == "+861064812345678"
    with pytest.raises(InvalidInput):
        Numbering().parse("+861064812345678")


def _as_the_library_says(text: str) -> bool:
    number = phonenumbers.parse(text, None)
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return (
        possible and len(text) > 7 and phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == text
    )


def test_the_quick_verdict_is_the_librarys_for_every_country() -> None:
    plain, chance = Numbering(), random.Random(7)
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        for length in range(4, 15 - len(str(code)) + 1):
            for _ in range(12):
                text = f"+{code}" + "".join(chance.choices("0123456789", k=length))
                try:
                    expected = _as_the_library_says(text)
                except phonenumbers.NumberParseException:
                    expected = False
                assert plain.is_e164(text) == expected, text


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"\+[1-9][0-9]{5,15}", fullmatch=True))
def test_the_quick_verdict_is_the_librarys_for_any_digits(text: str) -> None:
    try:
        expected = len(text) <= 16 and _as_the_library_says(text)
    except phonenumbers.NumberParseException:
        expected = False
    assert Numbering().is_e164(text) == expected


@given(st.text(max_size=50))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    with suppress(InvalidInput):
        assert NUMBERING.is_e164(NUMBERING.parse(text))


def test_numbers_are_shown_the_way_people_write_them() -> None:
    assert international("+8613812345678") == "+86 138 1234 5678"
    assert international("+34600123456") == "+34 600 12 34 56"
    assert international("+861064812345678") == "+86 1064 8123 4567 8"
    assert masked("+8613812345678") == "+86 ••••••••678"


@pytest.mark.parametrize("good", ["460001234567890", "001010000000001", "262 01 1234567890", "99999123456", "460001"])
def test_an_imsi_begins_with_a_country(good: str) -> None:
    assert sim.imsi(good) == good.replace(" ", "")


@pytest.mark.parametrize("bad", ["", "46000", "4600012345678901", "000011234567890", "46000123456789a", "٤٦٠٠٠١٢٣٤"])
def test_an_impossible_imsi_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput, match=r"IMSI|country code"):
        sim.imsi(bad)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("89014103211118510720", "89014103211118510720"),  # twenty with its check digit
        ("8901 4103 2111 1851 072", "8901410321111851072"),  # the same, check digit left out
        ("8965880812100011146", "8965880812100011146"),  # eighteen and a check digit
        ("896588081210001114", "896588081210001114"),  # without it
        ("8965880812100011146F", "8965880812100011146"),  # as the card is filled
        ("898600501620f0167894", "898600501620F0167894"),  # China Mobile
        ("89860025128306012474", "89860025128306012474"),
        ("8944501104169548380123", "8944501104169548380123"),
    ],
)
def test_an_iccid_is_read_with_and_without_its_check_digit(text: str, kept: str) -> None:
    assert sim.iccid(text) == kept


@pytest.mark.parametrize("bad", ["", "89", "8801410321111851072", "89014103211118510721", "89014A03211118510720"])
def test_an_impossible_iccid_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        sim.iccid(bad)


def test_an_imei_is_checked_where_it_has_a_check_digit() -> None:
    assert sim.imei("35-686800-004141-8") == "356868000041418"
    assert sim.imei("35686800004141") == "35686800004141"
    assert sim.imei("3568680000414120") == "3568680000414120"
    for bad in ("356868000041419", "3568680000414", "35686800004141201", "x"):
        with pytest.raises(InvalidInput):
            sim.imei(bad)


@given(st.from_regex(r"[0-9]{15}", fullmatch=True))
def test_check_digits_are_counted_as_python_stdnum_counts_them(digits: str) -> None:
    try:
        accepted = bool(sim.imei(digits))
    except InvalidInput:
        accepted = False
    assert accepted == luhn.is_valid(digits)


def test_an_eid_is_checked_by_its_last_two_digits() -> None:
    for good in ("89034011560010000000000000000121", "8900 1567 0102 0304 0506 0708 0910 1152"):
        assert sim.eid(good) == good.replace(" ", "")
    for bad in ("89034011560010000000000000000122", "8903401156001000000000000000012", "", "x" * 32):
        with pytest.raises(InvalidInput):
            sim.eid(bad)


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [("19.90", "CNY", 1990), ("0", "EUR", 0), ("1200", "JPY", 1200), ("1200.00", "JPY", 1200), ("1.234", "KWD", 1234)],
)
def test_an_amount_is_counted_in_its_currencys_minor_units(text: str, currency: str, units: int) -> None:
    assert minor_units(text, currency) == units


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        *(("19.999", "CNY"), ("0.5", "JPY"), ("-1", "EUR"), ("1,50", "EUR"), ("1e3", "EUR"), ("", "EUR")),
        *(("1", "EURO"), ("1", "eur"), ("1", "QQQ"), ("NaN", "EUR"), ("1" * 14, "EUR")),
    ],
)
def test_an_amount_that_cannot_be_counted_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidInput):
        minor_units(text, currency)


@pytest.mark.parametrize(
    ("number", "costly"),
    [
        ("+442079460018", False),
        ("+447911123456", False),
        ("+8613812345678", False),
        ("+12065550100", False),
        ("+34900123456", False),  # free
        ("+449098790000", True),  # premium
        ("+19005550100", True),
        ("+34806123456", True),
        ("+448448710000", True),  # shared cost
        ("+447012345678", True),  # a personal number: it forwards anywhere
        ("+979123456789", True),  # premium, of no country
        ("+80812345678", True),
        ("+870773111111", True),  # satellites
        ("+881612345678", True),
        ("+88213300655", True),
        ("+883510012345", True),
        ("442079460018", True),  # no number
        ("", True),
    ],
)
def test_a_number_is_costly_where_calling_it_pays_somebody(number: str, costly: bool) -> None:
    assert is_costly(number) is costly
