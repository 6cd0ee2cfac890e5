"""What the menu does next: a pure function of where a caller is and of what happened. No transport, no database.

Three things hold at every place: 0 is a person, * is once more, and silence or nonsense leads in three steps to the
end of the call. Nothing is ever done without a key that was pressed for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import assert_never

from ringoff.kit.i18n import Language
from ringoff.surfaces.phone import questions
from ringoff.surfaces.phone.model import HangUp, Phrase, Transfer
from ringoff.surfaces.phone.questions import NUMBER_MOST, Next, ask, end, main, missed
from ringoff.surfaces.phone.reading import day_in, is_number, line_in
from ringoff.surfaces.phone.states import (
    PINS_MOST,
    Answer,
    Do,
    Event,
    Free,
    General,
    Handed,
    HandOver,
    Listed,
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

TURNS_MOST = 120
"""However politely somebody keeps a line busy, it ends."""
_PERSON, _AGAIN = "0", "*"
_NUMBER_LEAST = 2
_TONGUES: Mapping[str, Language] = {"1": "en", "2": "zh-Hans", "3": "es"}
"""The same key in whatever order they are offered."""


def greet(state: State) -> Next:
    """The first words of a call, in the tongue that is nearest to whoever calls."""
    return questions.offer_tongue(state, [Phrase("welcome")])


def step(state: State, event: Event) -> Next:
    after, move = _step(state, event)
    if not isinstance(move, Say):
        return after, move
    after = replace(after, turns=state.turns + 1)
    if after.turns > TURNS_MOST and not isinstance(move.then, HangUp | Transfer):
        return end(after, "line_too_long")
    return after, move


def _step(state: State, event: Event) -> Next:
    if state.place == "over":
        return state, Say([], HangUp())
    match event:
        case Typed() | Secret() | Silence() if state.place == "with_person":
            return questions.unanswered(state)
        case Typed(digits):
            return _typed(state, digits)
        case Silence():
            return _silent(state)
        case Secret():
            return (state, Do("check_pin")) if state.place == "pin" else missed(state, "not_understood")
        case _:
            return _answered(state, event)


def _typed(state: State, digits: str) -> Next:
    if digits == _PERSON:
        return replace(state, language=state.tongues[0]) if state.place == "language" else state, HandOver()
    if digits == _AGAIN:
        return questions.repeat(state)
    answered = _PLACES[state.place](state, digits) if state.place in _PLACES else None
    return answered or missed(state, "not_understood")


def _silent(state: State) -> Next:
    if state.place == "failed":
        return end(state, "goodbye")
    if state.place == "language" and state.offered < len(state.tongues):
        return questions.offer_tongue(state, [])
    return missed(state, "not_heard")


# ── The keys, place by place; None: this key says nothing here ───────────────────────────────────────────────────────
def _at_language(state: State, key: str) -> Next | None:
    return main(replace(state, language=_TONGUES[key])) if key in _TONGUES else None


def _at_main(state: State, key: str) -> Next | None:
    match key:
        case "1":
            return _identify(replace(state, aim="status"))
        case "2":
            return _identify(replace(state, aim="cancel"))
        case "3":
            return replace(state, aim="advice"), Do("general")
    return None


def _at_general(state: State, key: str) -> Next | None:
    match key:
        case "1":
            return _identify(state)
        case "2":
            return main(state)
    return None


def _at_number(state: State, digits: str) -> Next | None:
    if digits == "1" and state.has_number:
        return state, Name(None)
    return (state, Name(digits)) if is_number(digits) and _NUMBER_LEAST <= len(digits) <= NUMBER_MOST else None


def _at_pin(state: State, key: str) -> Next | None:
    """No PIN is so short: 1 is for those who mistyped their number."""
    return questions.ask_number(state) if key == "1" else None


def _at_failed(state: State, key: str) -> Next | None:
    return (state, HandOver()) if key == "1" else end(state, "goodbye")


def _at_line(state: State, digits: str) -> Next | None:
    chosen = line_in(state.lines, digits)
    return None if chosen is None else _chosen(replace(state, line=chosen.line))


def _at_stuck(state: State, key: str) -> Next | None:
    match key:
        case "1":
            return state, HandOver()
        case "2":
            return main(state)
    return None


def _at_when(state: State, key: str) -> Next | None:
    match key:
        case "1":
            return replace(state, when="now"), Do("price")
        case "2" if state.period:
            return replace(state, when="period_end"), Do("price")
        case "3":
            return questions.ask_day(state, [])
    return None


def _at_day(state: State, digits: str) -> Next | None:
    day = day_in(digits, month_first=state.language == "en")
    return None if day is None else (replace(state, when=day.isoformat()), Do("price"))


def _at_confirm(state: State, key: str) -> Next | None:
    """With a key that has chosen nothing before: who presses the last one twice has confirmed nothing."""
    match key:
        case "9" if state.proved:
            return state, Do("cancel")
        case "2":
            return state, Do("inspect")
    return None


def _at_told(state: State, key: str) -> Next | None:
    match key:
        case "1":
            return main(state)
        case "2":
            return end(state, "goodbye")
    return None


def _at_queue(state: State, key: str) -> Next | None:
    match key:
        case "1" if state.may_wait:
            return state, HandOver(waits=True)
        case "2" if state.callback:
            wishes = replace(state, aim="callback")
            return questions.ask_number(wishes) if state.account is None else (wishes, Do("callback"))
        case "3":
            return main(state)
    return None


_PLACES: Mapping[Place, Callable[[State, str], Next | None]] = {
    "language": _at_language,
    "main": _at_main,
    "general": _at_general,
    "number": _at_number,
    "pin": _at_pin,
    "failed": _at_failed,
    "line": _at_line,
    "stuck": _at_stuck,
    "when": _at_when,
    "day": _at_day,
    "confirm": _at_confirm,
    "told": _at_told,
    "queue": _at_queue,
}


# ── What the features answer ─────────────────────────────────────────────────────────────────────────────────────────
def _answered(state: State, event: Answer) -> Next:
    match event:
        case Named(account, call):
            named = replace(state, account=account, call=call, proved=False, lines=(), line=None)
            if state.aim == "callback":
                return named, Do("callback")
            return questions.ask_pin(named, [Phrase("pin_ask")])
        case Proved():
            return _onward(replace(state, proved=True))
        case Wrong():
            return _not_proved(state, event)
        case Listed(lines):
            return _listed(replace(state, lines=tuple(lines)))
        case General(parts):
            return ask(state, "general", [*parts, Phrase("general_options")])
        case Told(parts):
            return ask(state, "told", [*parts, Phrase("told_options")])
        case Stuck(parts):
            return ask(state, "stuck", [*parts, Phrase("stuck_options")])
        case Free(parts, period):
            return questions.ask_when(replace(state, period=period), parts)
        case NotThen(parts):
            return questions.not_then(state, parts)
        case Priced(parts, comes_to, changed):
            return questions.ask_consent(state, parts, comes_to, changed)
        case Handed(reference):
            handed = replace(state, place="with_person", said=(), misses=0)
            return handed, Say([Phrase("line_to_a_person")], Transfer(reference))
        case NobodyFree(parts, may_wait, callback):
            return questions.ask_to_wait(replace(state, may_wait=may_wait, callback=callback), parts)
    assert_never(event)


def _not_proved(state: State, event: Wrong) -> Next:
    """Three in a call, whatever numbers were typed between them."""
    if event.too_old:
        return questions.ask_number(replace(state, proved=False))
    counted = replace(state, wrong=state.wrong + 1, proved=False)
    if counted.wrong >= PINS_MOST:
        return ask(counted, "failed", [Phrase("proof_wrong"), Phrase("proof_failed"), Phrase("failed_options")])
    return questions.ask_pin(counted, [Phrase("proof_wrong"), Phrase("pin_again")])


def _identify(state: State) -> Next:
    return _onward(state) if state.proved else questions.ask_number(state)


def _onward(state: State) -> Next:
    """Known, and so to what they came for."""
    return state, Do("status") if state.aim == "status" else Do("list")


def _listed(state: State) -> Next:
    return _chosen(replace(state, line=state.lines[0].line)) if len(state.lines) == 1 else questions.ask_line(state)


def _chosen(state: State) -> Next:
    return state, Do("inspect") if state.aim == "cancel" else Do("findings")
