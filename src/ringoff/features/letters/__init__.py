"""Mail about an account itself, not about a case: links to sign in with, and word of every change.

`post` writes letters into the outbox and owes them to the mail system; `LetterOwner` writes each out in its reader's
language when it leaves.
"""

from ringoff.features.letters.model import FIRST_LETTER, LETTERS, Letter, LetterKind, is_letter
from ringoff.features.letters.service import post

__all__ = ["FIRST_LETTER", "LETTERS", "Letter", "LetterKind", "is_letter", "post"]
