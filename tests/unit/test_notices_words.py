from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.features.cancellation.model import State
from ringoff.features.notices import (
    case_state_title,
    obligation_state_title,
    system_meaning,
    system_title,
)
from ringoff.features.notices.line import written_number
from ringoff.features.notices.text import COLUMNS, columns, tidy, wrap
from ringoff.features.rules import RuleBook
from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.reconcile.model import ObligationState


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_system_and_state_has_a_name(language: Language) -> None:
    waves = RuleBook.load().pack("").waves
    roles = [name for role, wave in waves.items() if role != "other" for name in (role, *wave.systems)]
    for name in (*roles, "mail", "sms"):
        assert system_title(name, language) != name or language == "en"
        assert system_meaning(name, language)
    assert len({case_state_title(state.value, language) for state in State}) == len(State)
    assert all(obligation_state_title(state, language) for state in get_args(ObligationState))
    assert (system_title("TV-7", language), system_meaning("TV-7", language)) == ("TV-7", None)


@pytest.mark.parametrize(
    ("msisdn", "written_as"),
    [
        ("+8613800138000", "+86 138 0013 8000"),
        ("+34612345678", "+34 612 34 56 78"),
        ("+12065550100", "+1 206 555 0100"),
        ("+525512345678", "+52 55 1234 5678"),
        ("+999123", "+999123"),
    ],
)
def test_a_number_is_written_as_people_write_it(msisdn: str, written_as: str) -> None:
    assert written_number(msisdn) == written_as
    assert written_number(msisdn[:-4] + "4321").replace(" ", "") == msisdn[:-4] + "4321"


# ── Lines of text ────────────────────────────────────────────────────────────────────────────────────────────────
@given(st.text(max_size=400), st.integers(0, 10))
def test_wrapping_loses_nothing_and_always_fits(text: str, indent: int) -> None:
    text = " ".join(tidy(text).split())
    lines = wrap(text, indent).split("\n")
    assert all(columns(line.strip() if n else line) <= COLUMNS - indent for n, line in enumerate(lines))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_chinese_line_never_begins_with_closing_punctuation_nor_breaks_a_number() -> None:
    sentence = "号码(+86138)将于2026年11月27日23:59注销，此后“无法撤销”。"
    for shift in range(40):
        for line in wrap("甲" * shift + sentence * 4).split("\n")[1:]:
            assert line[0] not in "，。、；：！？）)”》"
        assert "+86138" in wrap("甲" * shift + sentence)
        assert "23:59" in wrap("甲" * shift + sentence)


def test_a_phone_number_is_never_broken() -> None:
    for shift in range(60):
        assert "+86 138 0013 8000" in wrap("a" * shift + " wraps before +86 138 0013 8000 or after it")
        assert "+86 138 0013 8000" in wrap("甲" * shift + "号码(+86 138 0013 8000)已注销")
