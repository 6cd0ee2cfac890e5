"""Mail about an account itself, not about a case: links to sign in with, and word of every change.

`post` writes letters into the outbox and owes them to the mail system; `LetterOwner` writes each out in its reader's
language when it leaves.
"""

from ringoff.features.letters.model import LETTERS, Letter, LetterKind
from ringoff.features.letters.owner import LetterOwner, render
from ringoff.features.letters.service import erase, forget_secrets, post
from ringoff.features.letters.words import Reader

__all__ = ["LETTERS", "Letter", "LetterKind", "LetterOwner", "Reader", "erase", "forget_secrets", "post", "render"]
