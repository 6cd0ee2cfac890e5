"""The packs that are shipped: each loads, cites what it says, and is meant by the jurisdictions that it is for."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from ringoff.features.rules import BillingRules, RuleBook, RulePack, Section
from ringoff.features.rules.model import SECTIONS
from ringoff.kit.errors import InvalidInput
from ringoff.surfaces.cli.rules_explained import SECTIONS as EXPLAINED
from ringoff.surfaces.cli.rules_words import sentences
from tests.unit.test_rules import ORDINARY, pack_file

BOOK = RuleBook.load()
NEUTRAL = BOOK.pack("neutral")
ROOT = Path(__file__).parents[2]
PACKS = ROOT / "src/ringoff/features/rules/packs"
PAGE = ROOT / "docs/reference/rule-packs.md"
TODAY = date(2026, 11, 23)


def test_these_packs_are_shipped_and_in_force() -> None:
    assert [pack.id for pack in BOOK.packs] == ["cn", "de", "eu", "fr", "gb", "neutral", "us", "us-ca"]
    assert all(pack.in_force_from <= TODAY for pack in BOOK.packs)


@pytest.mark.parametrize("pack", BOOK.packs, ids=lambda pack: pack.label)
def test_every_section_says_whose_word_it_is_and_where_that_is_from(pack: RulePack) -> None:
    for section in SECTIONS:
        origins = list(BOOK.origins(pack, section))
        assert origins[0].source == pack.sources[section]
        assert origins[-1].pack == "neutral@1"
        assert all(origin.keys and origin.source.citation for origin in origins)
        assert all(origin.source.read_on <= TODAY for origin in origins)


@pytest.mark.parametrize(
    ("jurisdiction", "label"),
    [
        ("us", "us@1"),
        ("US-CA", "us-ca@1"),
        ("us-tx", "us@1"),
        ("gb", "gb@1"),
        ("uk", "gb@1"),
        ("uk-sct", "gb@1"),
        ("cn", "cn@1"),
        ("mx", "neutral@1"),
        ("neutral", "neutral@1"),
        ("", "neutral@1"),
    ],
)
def test_a_jurisdiction_leads_to_its_pack(jurisdiction: str, label: str) -> None:
    assert BOOK.pack(jurisdiction).label == label


def test_what_was_looked_up_on_the_way_can_be_told() -> None:
    steps = [(name, found and found.label) for name, found in BOOK.steps("ca-qc")]
    assert steps == [("ca-qc", None), ("ca", None), ("neutral", "neutral@1")]
    assert [name for name, _ in BOOK.steps("us-ca")] == ["us-ca"]
    assert [name for name, _ in BOOK.steps("us-ca", date(2025, 6, 30))] == ["us-ca", "us"]


def test_california_inherits_federal_law_and_changes_only_the_words_of_a_button() -> None:
    california, federal = BOOK.pack("us-ca"), BOOK.pack("us")
    assert (california.review, california.billing) == (federal.review, federal.billing)
    assert (california.declaration.button, california.declaration.confirm) == ("Click to cancel", "Cancel now")
    assert [origin.pack for origin in BOOK.origins(california, "review")] == ["us@1", "neutral@1"]
    assert next(BOOK.origins(california, "declaration")).keys == ("button",)
    assert not california.also


@pytest.mark.parametrize(
    ("different", "rule"),
    [
        ({"confidential": True}, "us_safe_connections"),
        ({"confidential": True, "cancel_lock": True}, "us_safe_connections"),
        ({"confidential": True, "cause": "ported"}, "ported"),
        ({"confidential": True, "channel": "api"}, "ordinary"),
        ({}, "ordinary"),
    ],
)
def test_american_care_is_told_how_long_it_has_for_a_line_separation(different: dict[str, object], rule: str) -> None:
    assert BOOK.pack("us").decide({**ORDINARY, **different}).id == rule


def test_nowhere_do_unpaid_bills_keep_somebody_from_leaving() -> None:
    assert {pack.billing.unpaid for pack in BOOK.packs} == {"follow"}


def test_after_a_prolongation_europeans_leave_free_of_charge_with_what_they_paid_for() -> None:
    for jurisdiction in ("eu", "de", "fr", "gb"):
        billing = BOOK.pack(jurisdiction).billing
        assert (billing.early_termination, billing.prepaid) == ("first_term", "refund")
        assert not BOOK.pack(jurisdiction).porting.port_first
    assert BOOK.pack("gb").billing.proration == "daily"
    assert BOOK.pack("fr").billing.refund_within == timedelta(days=10)


def test_only_where_the_law_prescribes_them_words_stay_in_its_language() -> None:
    assert {pack.id: pack.declaration.words_in for pack in BOOK.packs if pack.declaration.words_in != "en"} == {
        "de": "de",
        "fr": "fr",
    }


# ── Other names of a jurisdiction ────────────────────────────────────────────────────────────────────────────────
def named(folder: Path, name: str, more: str = "") -> None:
    text = f'id = "{name}"\nversion = 1\ntitle = "T"\nin_force_from = 2026-01-01\nextends = "neutral"\n{more}'
    pack_file(folder, f"{name}.toml", text)


@pytest.mark.parametrize(
    ("name", "more", "key", "told"),
    [
        ("uk", "", "id", "uk stands for the rule pack gb already, in gb.toml"),
        ("nz", 'also = ["uk"]', "also", "uk stands for the rule pack gb already, in gb.toml"),
        ("nz", 'also = ["de"]', "also", "de stands for the rule pack de already, in de.toml"),
        ("nz", 'also = "kiwi"', "also", "valid tuple"),
        ("nz", 'also = ["K W"]', "also.0", "pattern"),
    ],
)
def test_a_name_that_stands_for_another_pack_is_refused(
    tmp_path: Path, name: str, more: str, key: str, told: str
) -> None:
    named(tmp_path, name, more)
    with pytest.raises(InvalidInput, match=told) as caught:
        RuleBook.load(tmp_path)
    assert caught.value.details == {"file": str(tmp_path / f"{name}.toml"), "key": key}


def test_another_name_is_not_inherited_and_stands_for_all_versions(tmp_path: Path) -> None:
    named(tmp_path, "nz", 'also = ["kiwi"]')
    pack_file(
        tmp_path,
        "nz-2.toml",
        'id = "nz"\nversion = 2\ntitle = "T"\nin_force_from = 2026-02-01\nextends = "nz@1"\n',
    )
    book = RuleBook.load(tmp_path)
    assert book.pack("kiwi", TODAY).label == "nz@2"
    assert book.labelled("nz@2").also == ()


# ── The page for whoever answers for a carrier ───────────────────────────────────────────────────────────────────
def rows_of_packs() -> Iterator[str]:
    for pack in BOOK.packs:
        names = " or ".join(f"`{name}`" for name in (pack.id, *pack.also))
        parent = f"`{above.id}`" if (above := BOOK.parent(pack)) else ""
        yield f"| {names} | {pack.title} | {pack.version} | {pack.in_force_from} | {parent} |"


def rows_of_changes() -> Iterator[str]:
    """Of all packs that extend another, what stands in their own files."""
    for pack in BOOK.packs:
        for section in SECTIONS if BOOK.parent(pack) else ():
            origin = next(BOOK.origins(pack, section))
            if origin.pack == pack.label:
                rules = ", ".join(f"`{rule(pack, section, key)}`" for key in origin.keys)
                source = origin.source
                told = f"{source.citation} | {source.confidence} | {source.read_on}"
                yield f"| `{pack.id}` | `{section}` | {rules} | {told} |"


def rule(pack: RulePack, section: Section, key: str) -> str:
    """`may_port_for = P28D`; of rules that make up a list, their name alone."""
    value = pack.model_dump(mode="json")[section]
    if isinstance(value, list):
        return key
    for part in key.split("."):
        value = value[part]
    if isinstance(value, list):
        return f"{key} = {(' · ' if any(' ' in each for each in value) else ' ').join(value)}"
    return f"{key} = {str(value).lower() if value is True else value}"


def test_the_page_tells_of_every_pack_what_it_changes_and_where_that_is_from() -> None:
    told = re.findall(r"^\| .*`.* \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [*rows_of_packs(), *rows_of_changes()]


@pytest.mark.parametrize("pack", BOOK.packs, ids=lambda pack: pack.label)
def test_each_section_can_be_told_in_sentences(pack: RulePack) -> None:
    for section in EXPLAINED:
        assert all(told.endswith((".", ";")) and len(told) < 200 for told in sentences(pack, section))


def test_every_choice_that_a_pack_can_make_about_money_has_its_sentence() -> None:
    billing = NEUTRAL.billing
    for name in ("proration", "unpaid", "prepaid", "early_termination", "instalments"):
        for choice in get_args(BillingRules.model_fields[name].annotation):
            pack = NEUTRAL.model_copy(update={"billing": billing.model_copy(update={name: choice})})
            assert choice == getattr(billing, name) or sentences(pack, "billing") != sentences(NEUTRAL, "billing")


def test_the_list_beside_the_packs_names_each_of_them() -> None:
    readme = (PACKS / "README.md").read_text(encoding="utf-8")
    assert {f"{pack.id}.toml" for pack in BOOK.packs} == set(re.findall(r"\(([a-z-]+\.toml)\)", readme))
