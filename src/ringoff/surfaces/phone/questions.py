"""What the menu asks, and what it makes of silence, nonsense and the end. Pure.

Each function gives where the caller then is, and the words. A question that is new forgives what was missed before it;
one that is put again does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from ringoff.surfaces.phone.model import HangUp, Listen, Part, Phrase, Spelled
from ringoff.surfaces.phone.states import LISTED_MOST, PINS_MOST, Choice, Do, Move, Place, Say, State

Next: TypeAlias = tuple[State, Move]
NUMBER_MOST = 20
_ONE_KEY = Listen(most=1, seconds=6.0)
_BRIEFLY, _LAST_TONGUE = Listen(most=1, seconds=1.0), Listen(most=1, seconds=4.0)
_LISTENS: Mapping[Place, Listen] = {
    "number": Listen(most=NUMBER_MOST, seconds=8.0),
    "pin": Listen(most=10, seconds=8.0, secret=True),
    "day": Listen(most=8, seconds=8.0),
}


def listen_at(state: State) -> Listen:
    if state.place == "language":
        return _LAST_TONGUE if state.offered >= len(state.tongues) else _BRIEFLY
    if state.place == "line" and len(state.lines) > LISTED_MOST:
        return Listen(most=4, seconds=8.0)
    return _LISTENS.get(state.place, _ONE_KEY)


def ask(state: State, place: Place, parts: Sequence[Part]) -> Next:
    asked = replace(state, place=place, said=tuple(parts), misses=0)
    return asked, Say(parts, listen_at(asked))


def offer_tongue(state: State, before: Sequence[Part]) -> Next:
    """One tongue a turn: each is offered in itself, and waited for a moment."""
    offered = replace(state, place="language", language=state.tongues[state.offered], offered=state.offered + 1)
    after, move = ask(offered, "language", [*before, Phrase("choose_language")])
    return replace(after, misses=state.misses), move


def main(state: State) -> Next:
    options = ("main_status", "main_cancel", "main_advice", "main_person", "main_again")
    return ask(replace(state, aim="", line=None, when="", comes_to=""), "main", [Phrase(name) for name in options])


def ask_number(state: State) -> Next:
    """To be called back one need not be known: who has failed may still ask for it."""
    if state.wrong >= PINS_MOST and state.aim != "callback":
        return ask(state, "failed", [Phrase("proof_failed"), Phrase("failed_options")])
    parts = [Phrase("number_ask"), *([Phrase("number_calling")] if state.has_number else []), Phrase("number_type")]
    return ask(state, "number", parts)


def ask_pin(state: State, parts: Sequence[Part]) -> Next:
    if state.wrong >= PINS_MOST:
        return ask(state, "failed", [Phrase("proof_failed"), Phrase("failed_options")])
    return ask(state, "pin", parts)


def ask_line(state: State) -> Next:
    return ask(state, "line", [Phrase("line_which"), *_line_options(state.lines)])


def ask_when(state: State, parts: Sequence[Part]) -> Next:
    options = ["when_soon", *(["when_period"] if state.period else []), "when_day"]
    return ask(replace(state, when="", comes_to=""), "when", [*parts, *map(Phrase, options)])


def ask_day(state: State, before: Sequence[Part]) -> Next:
    return ask(state, "day", [*before, Phrase("day_ask")])


def ask_consent(state: State, parts: Sequence[Part], comes_to: str, changed: bool) -> Next:
    before = [Phrase("cost_changed")] if changed else []
    return ask(replace(state, comes_to=comes_to), "confirm", [*before, *parts, Phrase("confirm_options")])


def ask_to_wait(state: State, parts: Sequence[Part]) -> Next:
    options = [*(["queue_wait"] if state.may_wait else []), *(["queue_callback"] if state.callback else [])]
    return ask(state, "queue", [*parts, *map(Phrase, options), Phrase("queue_menu")])


def not_then(state: State, parts: Sequence[Part]) -> Next:
    """A day that cannot be is a miss as well: after three a person is offered."""
    misses = state.misses + 1
    if misses > 2:
        return ask(state, "stuck", [*parts, Phrase("stuck_options")])
    after, move = ask_day(state, parts) if state.place == "day" else ask_when(state, parts)
    return replace(after, misses=misses), move


def repeat(state: State, why: str | None = None) -> Next:
    before = [Phrase(why)] if why else []
    return state, Say([*before, *state.said], listen_at(state))


def missed(state: State, why: str) -> Next:
    """Once more; then a person is offered; then goodbye."""
    counted = replace(state, misses=state.misses + 1)
    if counted.misses == 1:
        return offer_tongue(replace(counted, offered=0), []) if state.place == "language" else repeat(counted, why)
    if counted.misses == 2:
        return counted, Say([Phrase(why), Phrase("offer_person")], listen_at(counted))
    return end(counted, "goodbye")


def end(state: State, words: str) -> Next:
    return replace(state, place="over", said=()), Say([Phrase(words)], HangUp())


def unanswered(state: State) -> Next:
    """Whom the call was passed on to did not take it, and it is ours again."""
    return state, Do("unanswered")


def _line_options(lines: Sequence[Choice]) -> list[Part]:
    if len(lines) > LISTED_MOST:
        return [Phrase("line_type")]
    options: list[Part] = []
    for key, choice in enumerate(lines, start=1):
        ending = "line_ending" if choice.kind == "number" else "sim_ending"
        options += [Phrase(ending), Spelled(choice.ending), Phrase(f"press_{key}")]
    return options
