"""Passwords at rest, and which ones are good enough.

Argon2id with OWASP's parameters, in a thread, because one computation takes tens of milliseconds. A sign-in with an
unknown name computes as much as one with a known name. No composition rules, no rotation (NIST SP 800-63B-4, 3.1.1).
"""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from ringoff.features.rules import IdentityRules
from ringoff.kit.errors import InvalidInput, Unavailable
from ringoff.kit.secrets import SecretStr

MOST = 256
"""Characters of a password. Nothing is cut off: a longer one is refused."""
_AT_ONCE, _WAITING_MOST = 2, 4
_WORD_LEAST, _OWN_LEAST = 4, 4
_PARTS, _DIGITS = re.compile(r"[\W_]+"), re.compile(r"[0-9]{6,}")
_T = TypeVar("_T")


class Passwords:
    """One process's hasher. `computed` counts Argon2 computations.

    Few at once, and few in the queue: a flood of guesses holds neither all cores nor all database connections.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._inside = 0
        self._nobodys = self._hasher.hash(secrets.token_hex())
        self.computed = 0

    async def hash(self, password: SecretStr) -> str:
        """Raises Unavailable (`busy`)."""
        return await self._compute(lambda: self._hasher.hash(normal(password)))

    async def verify(self, hashed: str | None, password: SecretStr) -> bool:
        """Whether it is the one; None stands for nobody's and takes as long. Raises Unavailable (`busy`)."""
        right = await self._compute(lambda: self._matches(hashed or self._nobodys, password))
        return right and hashed is not None

    def outdated(self, hashed: str) -> bool:
        return self._hasher.check_needs_rehash(hashed)

    def _matches(self, hashed: str, password: SecretStr) -> bool:
        try:
            return self._hasher.verify(hashed, normal(password)[: MOST + 1])
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError) as error:
            raise ValueError("a stored password hash cannot be read") from error

    async def _compute(self, work: Callable[[], _T]) -> _T:
        if self._inside >= _AT_ONCE + _WAITING_MOST:
            raise Unavailable("busy", "Too many people sign in just now. Try again in a moment.")
        self._inside += 1
        try:
            async with self._slots:
                self.computed += 1
                return await asyncio.to_thread(work)
        finally:
            self._inside -= 1


def normal(password: SecretStr) -> str:
    """One spelling for what looks the same on every keyboard: composed accents, full-width letters."""
    return unicodedata.normalize("NFKC", password.get_secret_value())


def check_new(password: SecretStr, rules: IdentityRules, *, second_factor: bool, own_words: Sequence[str]) -> None:
    """Raises InvalidInput (`password_short`, `password_long`, `password_common`, `password_personal`).

    `own_words` are the account's number, names and contacts, and the carrier's name: a password that is little more
    than one of them is the first that somebody tries who knows the holder.
    """
    text = normal(password)
    least = rules.password_least if second_factor else rules.password_least_alone
    if len(text) < least:
        raise InvalidInput(
            "password_short", f"Use at least {least} characters. Several words are easiest.", least=least
        )
    if len(text) > MOST:
        raise InvalidInput("password_long", f"Use at most {MOST} characters.", most=MOST)
    folded = text.casefold()
    if _is_common(folded):
        raise InvalidInput("password_common", "Many people use this password, so it is tried first. Choose another.")
    if _is_personal(folded, own_words):
        message = "This password is little more than a name or number of yours. Choose one that nobody can guess."
        raise InvalidInput("password_personal", message)


def _is_common(folded: str) -> bool:
    """On the list, on it twice in a row, or a row of neighbours: `passwordpassword`, `123456789012345`."""
    unit = _repeated(folded)
    if len(unit) <= 3 or unit in _common() or folded in _common():
        return True
    steps = {_step(a, b) for a, b in pairwise(folded)}
    return steps in ({1}, {-1})


def _step(one: str, next_: str) -> int:
    """How far apart two neighbours are; after 9 comes 0."""
    apart = ord(next_) - ord(one)
    return apart if abs(apart) != 9 or not (one + next_).isdecimal() else -apart // 9


def _repeated(text: str) -> str:
    """The shortest piece of which `text` is a repetition; its own end may be cut off (`abcabca`)."""
    for length in range(1, len(text) // 2 + 1):
        if (text[:length] * (len(text) // length + 1))[: len(text)] == text:
            return text[:length]
    return text


def _is_personal(folded: str, own_words: Sequence[str]) -> bool:
    """Without the holder's names, and runs of digits out of their numbers, hardly anything is left."""
    pieces = {_bare(piece) for words in own_words for piece in (words, *_PARTS.split(words))}
    whole = rest = _bare(folded)
    for word in sorted(pieces, key=len, reverse=True):
        if len(word) >= _WORD_LEAST:
            rest = rest.replace(word, "")
    rest = _DIGITS.sub(lambda run: "" if any(run[0] in piece for piece in pieces) else run[0], rest)
    return rest != whole and len(rest) < _OWN_LEAST


def _bare(word: str) -> str:
    """Letters and digits alone, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word).casefold() if c.isalnum())


@cache
def _common() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])
