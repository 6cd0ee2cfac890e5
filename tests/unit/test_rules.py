"""Rule packs: what the neutral one says, how packs inherit, and that a mistake never loads."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from ringoff.features.rules import RuleBook, RulePack
from ringoff.kit.actor import CHANNELS
from ringoff.kit.errors import InvalidInput, NotFound

BOOK = RuleBook.load()
NEUTRAL = BOOK.pack("neutral")
ORDINARY: Mapping[str, object] = {
    "account_kind": "consumer",
    "service": "voice",
    "line_status": "active",
    "channel": "web",
    "cause": "cancelled",
    "when_kind": "now",
    "whole_account": False,
    "has_live_secondaries": False,
    "has_other_lines": False,
    "level": "two",
    "recent_change": False,
    "cancel_lock": False,
    "confidential": False,
}
REVIEW = "[[review]]\nid = 'mine'\ndecision = 'manual'\nwhy = 'Because.'\n"
SOURCE = '\ncitation = "A law"\nconfidence = "V"\nread_on = 2026-01-01\n'


def pack_file(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def heir(folder: Path, body: str = "", *, head: str = 'id = "nz"\nversion = 1', since: str = "2026-01-01") -> None:
    text = f'{head}\ntitle = "New Zealand"\nin_force_from = {since}\nextends = "neutral"\n{body}'
    pack_file(folder, f"{len(list(folder.iterdir()))}.toml", text)


def test_the_neutral_pack_waits_for_subscribers_and_not_for_the_carriers_own_systems() -> None:
    assert set(NEUTRAL.cooling_off) == set(CHANNELS)
    for channel in ("web", "phone", "care", "bulk"):
        assert NEUTRAL.cooling_off[channel] == timedelta(minutes=15)
    assert NEUTRAL.cooling_off["demo"] == timedelta(seconds=30)
    assert NEUTRAL.cooling_off["api"] == NEUTRAL.cooling_off["cli"] == timedelta(0)


@pytest.mark.parametrize(
    ("different", "decision", "rule"),
    [
        ({}, "approve", "ordinary"),
        ({"line_status": "suspended"}, "manual", "suspended"),
        ({"line_status": "suspended", "cause": "ported"}, "approve", "ported"),
        ({"has_live_secondaries": True}, "decline", "secondaries_first"),
        ({"has_live_secondaries": True, "whole_account": True}, "approve", "ordinary"),
        ({"cancel_lock": True}, "decline", "cancel_lock"),
        ({"cancel_lock": True, "channel": "api"}, "approve", "ordinary"),
        ({"cancel_lock": True, "cause": "ported"}, "approve", "ported"),
        ({"account_kind": "business"}, "approve", "ordinary"),
        ({"account_kind": "business", "whole_account": True}, "manual", "business_account"),
        ({"account_kind": "business", "whole_account": True, "channel": "api"}, "approve", "ordinary"),
    ],
)
def test_the_first_rule_that_matches_decides(different: Mapping[str, object], decision: str, rule: str) -> None:
    decided = NEUTRAL.decide({**ORDINARY, **different})
    assert (decided.decision, decided.id) == (decision, rule)


def test_a_request_that_leaves_a_question_open_is_not_decided() -> None:
    with pytest.raises(KeyError):
        NEUTRAL.decide({"channel": "web"})


def test_systems_find_their_wave_by_role_and_an_unknown_one_is_treated_with_care() -> None:
    assert NEUTRAL.wave("hlr") == NEUTRAL.wave("network")
    assert (NEUTRAL.wave("network").wave, NEUTRAL.wave("network").effect) == (1, "pivot")
    assert [name for name, wave in NEUTRAL.waves.items() if wave.wave == 2 and name != "other"] == [
        "esim",
        "bindings",
        "access",
    ]
    assert [name for name, wave in NEUTRAL.waves.items() if wave.wave == 3] == ["billing", "mandate", "number"]
    assert not NEUTRAL.wave("number").ported
    assert NEUTRAL.wave("something").gates


def test_every_section_says_where_it_comes_from() -> None:
    assert all(source.citation for source in NEUTRAL.sources.values())


def test_a_pack_inherits_what_it_does_not_change(tmp_path: Path) -> None:
    heir(tmp_path, f'[channels.cooling_off]\nweb = "PT1H"\n[sources.channels]{SOURCE}')
    pack = RuleBook.load(tmp_path).pack("nz")
    assert pack.label == "nz@1"
    assert pack.cooling_off["web"] == timedelta(hours=1)
    assert pack.cooling_off["phone"] == timedelta(minutes=15)
    assert pack.review == NEUTRAL.review


def test_a_packs_own_review_rules_are_looked_at_first_and_its_number_plans_are_added(tmp_path: Path) -> None:
    heir(
        tmp_path,
        '[[review]]\nid = "mine"\nwhen = { channel = ["web", "phone"] }\ndecision = "manual"\nwhy = "Because."\n'
        '[[number_plans]]\nprefix = "+1999"\nlengths = [13]\ncitation = "Here"\n'
        f"[sources.review]{SOURCE}[sources.number_plans]{SOURCE}",
    )
    book = RuleBook.load(tmp_path)
    assert book.pack("nz").decide(ORDINARY).id == "mine"
    assert book.pack("nz").decide({**ORDINARY, "channel": "care"}).id == "ordinary"
    assert {n.prefix for n in NEUTRAL.number_plans} < {n.prefix for n in book.number_plans}
    assert len(book.number_plans) == len(NEUTRAL.number_plans) + 1


def test_a_jurisdiction_without_a_pack_falls_back_step_by_step(tmp_path: Path) -> None:
    heir(tmp_path)
    book = RuleBook.load(tmp_path)
    assert [book.pack(j).id for j in ("NZ-AKL", "nz", "pe", "")] == ["nz", "nz", "neutral", "neutral"]


def test_the_version_in_force_on_the_day_is_taken(tmp_path: Path) -> None:
    heir(tmp_path)
    heir(tmp_path, head='id = "nz"\nversion = 2', since="2027-01-01")
    book = RuleBook.load(tmp_path)
    assert book.pack("nz", date(2026, 12, 31)).label == "nz@1"
    assert book.pack("nz", date(2027, 1, 1)).label == "nz@2"
    assert book.pack("nz", date(2025, 12, 31)).label == "neutral@1"
    assert book.labelled("nz@1").version == 1
    with pytest.raises(NotFound):
        book.labelled("nz@9")


def test_a_new_version_of_a_pack_can_extend_the_one_before(tmp_path: Path) -> None:
    pack_file(
        tmp_path,
        "neutral-2.toml",
        'id = "neutral"\nversion = 2\ntitle = "Ours"\nin_force_from = 2026-01-01\nextends = "neutral"\n'
        f'[intervals]\nrecheck = "PT5S"\n[sources.intervals]{SOURCE}',
    )
    pack = RuleBook.load(tmp_path).pack("neutral", date(2026, 1, 1))
    assert (pack.label, pack.intervals.recheck) == ("neutral@2", timedelta(seconds=5))


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("[channels.cooling_off]\nfax = 'PT1H'\n[sources.channels]", "channels.cooling_off.fax"),
        ("[channels.cooling_off]\nweb = 3600\n[sources.channels]", "channels.cooling_off.web"),
        ("[channels.cooling_off]\nweb = '-PT1H'\n[sources.channels]", "channels.cooling_off.web"),
        ("[intervals]\nrechek = 'PT1S'\n[sources.intervals]", "intervals.rechek"),
        ("[holds.legal]\nblocks = 'maybe'\n[sources.holds]", "holds.legal.blocks"),
        ("[waves.network]\nwave = -1\n[sources.waves]", "waves.network.wave"),
        (
            "[[review]]\nid = 'a'\nwhen = { colour = 'red' }\ndecision = 'manual'\nwhy = 'x'\n[sources.review]",
            "review.0",
        ),
        (
            "[[review]]\nid = 'a'\nwhen = { channel = 'fax' }\ndecision = 'manual'\nwhy = 'x'\n[sources.review]",
            "review.0",
        ),
    ],
)
def test_a_mistake_is_named_by_file_and_key(tmp_path: Path, body: str, key: str) -> None:
    heir(tmp_path, body + SOURCE)
    with pytest.raises(InvalidInput) as caught:
        RuleBook.load(tmp_path)
    assert caught.value.details == {"file": str(tmp_path / "0.toml"), "key": key}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('[channels.cooling_off]\nweb = "PT1H"\n', "cite its source"),
        ('surprise = "key"', "surprise: Extra inputs"),
        ("[[", "0.toml"),
    ],
)
def test_an_unsourced_or_unreadable_pack_never_loads(tmp_path: Path, body: str, message: str) -> None:
    heir(tmp_path, body)
    with pytest.raises(InvalidInput, match=message):
        RuleBook.load(tmp_path)


def test_packs_that_contradict_each_other_never_load(tmp_path: Path) -> None:
    heir(tmp_path)
    heir(tmp_path)
    with pytest.raises(InvalidInput, match="already told"):
        RuleBook.load(tmp_path)


def test_packs_that_inherit_in_a_circle_never_load(tmp_path: Path) -> None:
    for name, parent in (("aa", "bb"), ("bb", "aa")):
        pack_file(
            tmp_path,
            f"{name}.toml",
            f'id = "{name}"\nversion = 1\ntitle = "T"\nin_force_from = 2026-01-01\nextends = "{parent}"\n',
        )
    with pytest.raises(InvalidInput, match="inherit from itself"):
        RuleBook.load(tmp_path)


def test_a_pack_without_a_catch_all_never_loads() -> None:
    document = NEUTRAL.model_dump()
    document["review"] = document["review"][:-1]
    with pytest.raises(ValueError, match="match everything"):
        RulePack.model_validate(document)


def test_a_number_is_moved_first_unless_a_law_lets_it_be_moved_afterwards() -> None:
    assert NEUTRAL.porting.port_first
    assert not BOOK.pack("de").porting.port_first
    assert BOOK.pack("fr").porting.may_port_for == timedelta(days=40)


def test_a_pack_that_changes_when_a_number_can_be_moved_cites_its_source(tmp_path: Path) -> None:
    heir(tmp_path, '[porting]\nmay_port_for = "P30D"\n')
    with pytest.raises(InvalidInput, match=r"sources\.porting"):
        RuleBook.load(tmp_path)
