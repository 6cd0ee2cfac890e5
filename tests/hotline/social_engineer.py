"""Two hundred scripts of somebody who is not the holder, and knows more about them than they should.

A script is a list of moves, which a stage plays: the hotline's menu here, the desk's pages elsewhere (`Tell` is for a
person at the desk; the menu has none and leaves it out). Every script is the same each time.
"""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from ringoff.kit.i18n import LANGUAGES, Language

SCRIPTS_MOST = 200
Fact = Literal["name", "birth_date", "last_bill", "number", "account_number"]
FACTS: Sequence[Fact] = ("name", "birth_date", "last_bill", "number", "account_number")
OWN_NUMBER, PREMIUM = "+447911004242", "+449098790000"
_KEYS: Mapping[Language, str] = {"en": "1", "zh-Hans": "2", "es": "3"}
_COMMON = ("123456", "000000", "111111", "654321", "121212", "112233", "147258", "159753", "987654", "202026", "314159")


# ── Moves ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Dial:
    """`spoofed`: with the victim's number as the caller's."""

    language: Language
    spoofed: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    keys: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


@dataclass(frozen=True, slots=True)
class Wait:
    minutes: int


@dataclass(frozen=True, slots=True)
class Tell:
    """What somebody says to the person at the desk: a code, or a story."""

    code: str
    story: str = ""


Move: TypeAlias = Dial | Press | HangUp | Wait | Tell


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the victim; as digits, for a keypad has no letters."""

    number: str
    account_number: str
    birth_date: str
    last_bill: str


@dataclass(frozen=True, slots=True)
class Script:
    title: str
    moves: tuple[Move, ...]
    setting: Literal["plain", "no_pin", "leaving", "in_confidence", "new_contact", "premium_phone"]


class Stage(Protocol):
    async def play(self, move: Move) -> None: ...


# ── What they try ────────────────────────────────────────────────────────────────────────────────────────────────
Tactic: TypeAlias = Callable[[Known, Sequence[str], Language, random.Random], Iterator[Move]]


def guesses_below_the_limit(known: Known, pins: Sequence[str], language: Language, _: random.Random) -> Iterator[Move]:
    yield from (Dial(language), Press(("2", known.account_number, *pins[:2])), HangUp())


def guesses_above_the_limit(known: Known, pins: Sequence[str], language: Language, _: random.Random) -> Iterator[Move]:
    for first in range(0, 15, 3):
        tried = [pins[(first + n) % len(pins)] for n in range(3)]
        yield from (Dial(language), Press(("2", known.account_number, *tried)), HangUp())


def spoofs_the_number(known: Known, pins: Sequence[str], language: Language, _: random.Random) -> Iterator[Move]:
    yield from (Dial(language, spoofed=True), Press(("1", "1", *pins[:3], "1")), HangUp())


def hangs_up_and_tries_again(known: Known, pins: Sequence[str], language: Language, _: random.Random) -> Iterator[Move]:
    for pin in pins[:5]:
        yield from (Dial(language), Press(("2", known.number, pin)), HangUp(), Wait(1))


def waits_until_the_block_is_over(
    known: Known, pins: Sequence[str], language: Language, _: random.Random
) -> Iterator[Move]:
    for first in (0, 3, 6, 9):
        tried = [pins[(first + n) % len(pins)] for n in range(3)]
        yield from (Dial(language), Press(("1", known.number, *tried)), HangUp(), Wait(16))


def presses_keys_out_of_order(
    known: Known, pins: Sequence[str], language: Language, chance: random.Random
) -> Iterator[Move]:
    keys = [*"12345679*", "0", known.account_number, known.number, pins[0], "12052026", "", None, "1", "1", "2"]
    yield Dial(language)
    yield Press(tuple(chance.choice(keys) for _ in range(30)))
    yield HangUp()


def confirms_without_a_proof(known: Known, pins: Sequence[str], language: Language, _: random.Random) -> Iterator[Move]:
    for keys in (("2", "1", "1", "1", "9"), ("2", known.number, "1", "1", "9"), ("2", known.number, pins[0], "1", "9")):
        yield from (Dial(language), Press(keys), HangUp())


def types_codes_for_pins(
    known: Known, pins: Sequence[str], language: Language, chance: random.Random
) -> Iterator[Move]:
    """Guessed, replayed, and too old."""
    code = f"{chance.randrange(10**6):06}"
    yield from (Dial(language), Press(("2", known.account_number, code, code)), Tell(code), HangUp())
    yield from (Wait(11), Dial(language), Press(("2", known.account_number, code)), Tell(code), HangUp())


def asks_to_be_called_back_at_their_own_number(
    known: Known, pins: Sequence[str], language: Language, _: random.Random
) -> Iterator[Move]:
    yield from (Dial(language), Press(("0", "2", OWN_NUMBER.replace("+", "00"))), HangUp())
    yield from (Dial(language), Press(("1", known.number, pins[0], "0", "2")), Tell("", "call me here"), HangUp())


def asks_for_a_premium_number(
    known: Known, pins: Sequence[str], language: Language, _: random.Random
) -> Iterator[Move]:
    yield from (Dial(language), Press(("0", "2", PREMIUM.replace("+", "00"))), HangUp())
    yield from (Dial(language), Press(("0", "2", known.account_number)), HangUp())


def goes_from_person_to_person(
    known: Known, pins: Sequence[str], language: Language, _: random.Random
) -> Iterator[Move]:
    for story in ("I lost my PIN", "your colleague has checked me already", "I am in hospital", "I am her husband"):
        yield from (Dial(language), Press(("2", known.number, pins[0], "0", "1")), Tell("", story), HangUp())


def switches_languages(known: Known, pins: Sequence[str], language: Language, _: random.Random) -> Iterator[Move]:
    for other in LANGUAGES:
        yield from (Dial(other), Press((_KEYS[language], known.account_number, pins[0], "1", pins[1])), HangUp())


def hides_behind_no_number(known: Known, pins: Sequence[str], language: Language, _: random.Random) -> Iterator[Move]:
    yield from (Dial(language, hidden=True), Press(("3", "1", known.account_number, *pins[:3], None)), HangUp())


def asks_how_a_cancellation_stands(
    known: Known, pins: Sequence[str], language: Language, _: random.Random
) -> Iterator[Move]:
    yield from (Dial(language), Press(("1", known.number, pins[0], "*", "1", known.account_number, pins[1])), HangUp())


TACTICS: Sequence[Tactic] = (
    guesses_below_the_limit,
    guesses_above_the_limit,
    spoofs_the_number,
    hangs_up_and_tries_again,
    waits_until_the_block_is_over,
    presses_keys_out_of_order,
    confirms_without_a_proof,
    types_codes_for_pins,
    asks_to_be_called_back_at_their_own_number,
    asks_for_a_premium_number,
    goes_from_person_to_person,
    switches_languages,
    hides_behind_no_number,
    asks_how_a_cancellation_stands,
)
SETTINGS: Sequence[Literal["plain", "no_pin", "leaving", "in_confidence", "new_contact", "premium_phone"]] = (
    "plain",
    "leaving",
    "in_confidence",
    "new_contact",
    "premium_phone",
    "no_pin",
)


def scripts(known: Callable[[int], Known]) -> list[Script]:
    """`known(n)`: what the n-th knows. All of what can be known, combined with all that is tried, in turn."""
    subsets = [facts for size in range(1, len(FACTS) + 1) for facts in itertools.combinations(FACTS, size)]
    return [_script(n, subsets[n % len(subsets)], known(n)) for n in range(SCRIPTS_MOST)]


def _script(n: int, facts: Sequence[Fact], known: Known) -> Script:
    chance, tactic = random.Random(n), TACTICS[n % len(TACTICS)]
    language, setting = LANGUAGES[n // len(TACTICS) % 3], SETTINGS[n // 3 % len(SETTINGS)]
    pins = [*_personal(facts, known), *chance.sample(_COMMON, len(_COMMON))]
    title = f"{n:03} knows {', '.join(facts)} and {tactic.__name__.replace('_', ' ')} ({setting})"
    return Script(title, tuple(tactic(known, pins, language, chance)), setting)


def _personal(facts: Sequence[Fact], known: Known) -> list[str]:
    """The PINs that people make of what others know."""
    derived: Mapping[Fact, list[str]] = {
        "name": ["473837", "427223"],
        "birth_date": [known.birth_date, known.birth_date[:4] + known.birth_date[6:]],
        "last_bill": [known.last_bill.zfill(6)],
        "number": [known.number[-6:], known.number[-8:]],
        "account_number": [known.account_number.zfill(6)],
    }
    return [pin for fact in facts for pin in derived[fact]]
