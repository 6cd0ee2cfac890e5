"""Whatever a caller types, and whatever the features answer: the menu ends, and cancels only what was agreed to."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import assert_never, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import event as event_of
from hypothesis import strategies as st

from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.surfaces.phone import questions
from ringoff.surfaces.phone.decisions import TURNS_MOST, greet, step
from ringoff.surfaces.phone.memory import read, written
from ringoff.surfaces.phone.model import HangUp, Phrase, Spelled, Transfer
from ringoff.surfaces.phone.reading import day_in
from ringoff.surfaces.phone.speech import phrases
from ringoff.surfaces.phone.states import (
    Answer,
    Choice,
    Deed,
    Do,
    Event,
    Free,
    General,
    Handed,
    HandOver,
    Listed,
    Move,
    Name,
    Named,
    NobodyFree,
    NotThen,
    Place,
    Priced,
    Proved,
    Say,
    Secret,
    Silence,
    State,
    Stuck,
    Told,
    Typed,
    Wrong,
)

PARTS = [Phrase("goodbye")]
NONSENSE = st.one_of(
    st.sampled_from(["12052026", "05122026", "99999999", "4471234567", "12*", "", "é", "٣"]),
    st.text(st.sampled_from("0123456789*#"), max_size=22),
)
KEYS = st.one_of(st.sampled_from("1239"), st.sampled_from("1234567890*"), NONSENSE)
CHOICES = st.lists(
    st.builds(Choice, st.integers(1, 99), st.sampled_from(["number", "sim"]), st.sampled_from(["1234", "1235", "12"])),
    min_size=1,
    max_size=14,
).map(tuple)
TOLD = st.builds(Told, st.just(PARTS))
STUCK = st.builds(Stuck, st.just(PARTS))
OLD = st.just(Wrong(too_old=True))
NOBODY = st.builds(NobodyFree, st.just(PARTS), st.booleans(), st.booleans())


REFUSALS = st.one_of(STUCK, OLD)
PRICED = st.builds(Priced, st.just(PARTS), st.sampled_from(["", "EUR 1"]), st.booleans())
ANSWERS: Mapping[Deed, tuple[st.SearchStrategy[Answer], st.SearchStrategy[Answer]]] = {
    "general": (st.builds(General, st.just(PARTS)), STUCK),
    "check_pin": (st.just(Proved()), st.one_of(st.just(Wrong()), STUCK)),
    "list": (st.builds(Listed, CHOICES), REFUSALS),
    "status": (TOLD, REFUSALS),
    "findings": (TOLD, REFUSALS),
    "inspect": (st.builds(Free, st.just(PARTS), st.booleans()), REFUSALS),
    "price": (PRICED, st.one_of(st.builds(NotThen, st.just(PARTS)), REFUSALS)),
    "cancel": (TOLD, st.one_of(PRICED, REFUSALS)),
    "callback": (TOLD, STUCK),
    "unanswered": (NOBODY, NOBODY),
}
"""All that a deed may lead to: as a rule it is done, else one of the other ends."""
NEEDS_PROOF: frozenset[Deed] = frozenset({"list", "status", "findings", "inspect", "price", "cancel"})


def answers(move: Name | Do | HandOver) -> st.SearchStrategy[Answer]:
    match move:
        case Name():
            return st.builds(Named, st.integers(-5, 5), st.one_of(st.none(), st.integers(1, 5)))
        case HandOver():
            return st.one_of(st.builds(Handed, st.just("W-1")), NOBODY, STUCK)
        case Do(deed):
            done, refused = ANSWERS[deed]
            return st.one_of(done, done, refused)
    assert_never(move)


def happens(state: State, typed: str | None) -> Event:
    if not typed:
        return Silence()
    return Secret() if state.place == "pin" and typed not in ("0", "*", "1") else Typed(typed)


def starts() -> st.SearchStrategy[State]:
    """The beginning of a call, and any place out of the blue."""
    anywhere = st.builds(
        State,
        place=st.sampled_from(get_args(Place)),
        language=st.sampled_from(LANGUAGES),
        offered=st.integers(1, 3),
        aim=st.sampled_from(["", "status", "cancel", "advice", "callback"]),
        has_number=st.booleans(),
        wrong=st.integers(0, 3),
        proved=st.booleans(),
        lines=CHOICES,
        period=st.booleans(),
        may_wait=st.booleans(),
        callback=st.booleans(),
        said=st.just((Spelled("1"), Phrase("goodbye"))),
    ).filter(lambda state: state.proved or state.place not in ("line", "when", "day", "confirm"))
    return st.one_of(st.just(greet(State())[0]), anywhere)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_call_ends_within_its_turns_and_cancels_only_what_was_proved_and_confirmed(data: st.DataObject) -> None:
    state = data.draw(starts())
    known, cancelled = state.proved, 0
    for _ in range(TURNS_MOST + 2):
        event: Event = happens(state, data.draw(st.one_of(st.none(), KEYS)))
        before, (state, move) = state, step(state, event)
        deeds = 0
        while not isinstance(move, Say):
            deeds += 1
            assert deeds <= 8, "a chain of deeds without a word"
            assert known or not isinstance(move, Do) or move.deed not in NEEDS_PROOF
            if move == Do("cancel"):
                assert before.place == "confirm" and event == Typed("9")
                cancelled += 1
            answer = data.draw(answers(move))
            known = (known or answer == Proved()) and not isinstance(answer, Wrong | Named)
            state, move = step(state, answer)
        assert read(written(state)) == state
        assert move.parts or isinstance(move.then, HangUp)
        if isinstance(move.then, HangUp):
            assert step(state, Typed("1"))[1] == Say([], HangUp())
            event_of("cancels" if cancelled else "does not")
            return
    raise AssertionError("it goes on for ever")


@given(state=starts())
def test_silence_alone_ends_any_call_in_a_few_turns(state: State) -> None:
    state = replace(state, misses=0, turns=0)
    for _ in range(12):
        state, move = step(state, Silence())
        if not isinstance(move, Say):
            state, move = step(state, NobodyFree(PARTS, may_wait=False, callback=False))
        assert isinstance(move, Say)
        if isinstance(move.then, HangUp):
            return
    raise AssertionError("nobody is there, and it still waits")


@given(state=starts())
def test_a_person_is_a_key_away_wherever_somebody_listens(state: State) -> None:
    following: Move = step(state, Typed("0"))[1]
    elsewhere = {"over": Say([], HangUp()), "with_person": Do("unanswered")}
    assert following == elsewhere.get(state.place, HandOver())


@given(state=starts())
def test_once_more_says_the_same_and_changes_nothing_but_the_count(state: State) -> None:
    after, move = step(state, Typed("*"))
    if state.place not in ("over", "with_person"):
        assert move == Say(list(state.said), questions.listen_at(state))
        assert after == replace(state, turns=state.turns + 1)


def test_after_the_last_turn_only_a_transfer_is_not_the_end() -> None:
    state = State(place="main", turns=TURNS_MOST)
    assert step(state, Handed("W-1"))[1] == Say([Phrase("line_to_a_person")], Transfer("W-1"))
    assert step(state, Typed("*"))[1] == Say([Phrase("line_too_long")], HangUp())


def test_a_pin_is_listened_for_as_a_secret_and_nothing_else_is() -> None:
    for place in get_args(Place):
        assert questions.listen_at(State(place=place)).secret is (place == "pin")


@pytest.mark.parametrize(
    ("digits", "month_first", "day"),
    [
        ("05122026", False, date(2026, 12, 5)),
        ("12052026", True, date(2026, 12, 5)),
        ("31122026", False, date(2026, 12, 31)),
        ("31122026", True, None),
        ("29022027", False, None),
        ("00000000", False, None),
        ("0512202", False, None),
        ("٠٥١٢٢٠٢٦", False, None),
    ],
)
def test_a_day_is_read_in_the_order_of_its_language(digits: str, month_first: bool, day: date | None) -> None:
    assert day_in(digits, month_first=month_first) == day


# ── The catalogue ────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_language_has_the_same_phrases() -> None:
    assert [set(phrases(language)) for language in LANGUAGES] == [set(phrases("en"))] * 3


def test_every_phrase_is_used_and_every_name_that_is_used_is_a_phrase() -> None:
    folder = Path(questions.__file__).parent
    source = "".join(page.read_text(encoding="utf-8") for page in folder.rglob("*.py"))
    composed = ("finding_", "press_")
    unused = [name for name in phrases("en") if f'"{name}"' not in source and not name.startswith(composed)]
    assert unused == []
    assert [name for name in re.findall(r'Phrase\("([a-z_0-9]+)"', source) if name not in phrases("en")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_short_and_names_the_key_last(language: Language) -> None:
    key = {"en": "press", "zh-Hans": "按", "es": "oprima"}[language]
    for name, sentence in phrases(language).items():
        assert len(sentence) <= 160, name
        for said in sentence.replace("。", ".").replace("，", ",").split("."):
            if said.count(key) == 1 and name not in ("stuck_options", "told_options"):
                assert len(said.partition(key)[2]) <= 45, (name, said)
