"""What a declaration may hold, under each law; and that the packs say so with a citation."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ringoff.features.declaration import Statement, parse_declaration_number
from ringoff.features.declaration.model import declaration_number
from ringoff.features.rules import RuleBook, RulePack
from ringoff.kit.errors import InvalidInput

BOOK, NOW = RuleBook.load(), datetime(2026, 11, 23, 12, tzinfo=UTC)
ON = NOW.date()
NEUTRAL, GERMAN, FRENCH, UNION = (BOOK.pack(law, ON) for law in ("neutral", "de", "fr", "eu"))
GOOD: dict[str, Any] = {
    "holder_name": "Lin Wei",
    "contract": "4711",
    "contact": "lin@example.net",
    "kind": "ordinary",
}


def problems(pack: RulePack, **different: Any) -> dict[str, str]:
    found = Statement(**{**GOOD, **different}).problems(pack, NOW)
    return {str(name): str(problem) for name, problem in found.items()}


def test_german_law_asks_exactly_for_what_its_section_names() -> None:
    rules = GERMAN.declaration
    assert set(rules.fields) == {"kind", "reason", "holder_name", "contract", "when", "contact"}
    assert (rules.button, rules.confirm, rules.words_in) == ("Verträge hier kündigen", "jetzt kündigen", "de")
    assert not rules.summary_first  # a further step is forbidden
    assert "§ 312k BGB" in GERMAN.sources["declaration"].citation


def test_french_law_shows_a_summary_and_has_its_words() -> None:
    rules = FRENCH.declaration
    assert (rules.button, rules.summary_first, rules.words_in) == ("résilier votre contrat", True, "fr")
    assert "L. 215-1-1" in FRENCH.sources["declaration"].citation


def test_the_unions_withdrawal_asks_for_name_contract_and_contact_alone() -> None:
    rules = UNION.declaration
    assert set(rules.fields) == {"holder_name", "contract", "contact"}
    assert (rules.button, rules.confirm) == ("withdraw from contract here", "confirm withdrawal")
    assert rules.kind == "withdrawal"
    assert "2023/2673" in UNION.sources["declaration"].citation
    assert BOOK.pack("eu", date(2026, 6, 18)).id == "neutral"


def test_a_law_of_declarations_changes_nothing_else() -> None:
    for pack in (GERMAN, FRENCH, UNION):
        assert (pack.review, pack.holds, pack.channels, pack.identity) == (
            NEUTRAL.review,
            NEUTRAL.holds,
            NEUTRAL.channels,
            NEUTRAL.identity,
        )


@pytest.mark.parametrize("pack", [NEUTRAL, GERMAN, FRENCH])
def test_the_least_that_can_be_said_is_taken(pack: RulePack) -> None:
    assert problems(pack) == {}


@pytest.mark.parametrize(
    ("pack", "different", "found"),
    [
        (NEUTRAL, {"holder_name": "", "contract": ""}, {"holder_name": "missing", "contract": "missing"}),
        (NEUTRAL, {"contact": ""}, {"contact": "missing"}),
        (NEUTRAL, {"contract": "x" * 121}, {"contract": "too_long"}),
        (NEUTRAL, {"contract": "see https://evil.example"}, {"contract": "link"}),
        (NEUTRAL, {"contact": "+8613800138000"}, {"contact": "contact"}),
        (NEUTRAL, {"contact": "a@b.example, c@d.example"}, {"contact": "contact"}),
        (NEUTRAL, {"kind": "extraordinary"}, {"kind": "choice"}),
        (NEUTRAL, {"when_kind": "someday"}, {"when": "choice"}),
        (NEUTRAL, {"when_kind": "date"}, {"when": "day"}),
        (NEUTRAL, {"when_kind": "date", "when_date": ON - timedelta(days=2)}, {"when": "day"}),
        (NEUTRAL, {"when_kind": "date", "when_date": ON - timedelta(days=1)}, {}),  # it is still yesterday somewhere
        (NEUTRAL, {"when_kind": "date", "when_date": ON + timedelta(days=401)}, {"when": "day"}),
        (GERMAN, {"kind": "extraordinary"}, {"reason": "missing"}),
        (GERMAN, {"kind": "extraordinary", "reason": "no network"}, {}),
        (GERMAN, {"kind": "withdrawal"}, {"kind": "choice"}),
        (UNION, {"kind": "withdrawal"}, {}),
        (UNION, {"kind": "withdrawal", "when_kind": "period_end"}, {"when": "choice"}),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named_by_its_field(
    pack: RulePack, different: dict[str, Any], found: dict[str, str]
) -> None:
    assert problems(pack, **different) == found


def test_a_declarations_number_is_read_however_it_is_typed_and_is_no_case_number() -> None:
    number = declaration_number(41)
    assert number.startswith("D-")
    assert parse_declaration_number(number.lower().replace("-", " ")) == 41
    for wrong in (number[:-1], "C" + number[1:], number[:-1] + ("0" if number[-1] != "0" else "1"), ""):
        with pytest.raises(InvalidInput):
            parse_declaration_number(wrong)
