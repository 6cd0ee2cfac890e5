"""What a letter is made of, and what several of them say alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from ringoff.kit.i18n import Phrases


@dataclass(frozen=True, slots=True)
class Words:
    """`label` stands on the link, or above the code."""

    heading: str
    opening: Sequence[str]
    label: str = ""
    ending: str | None = None
    is_code: bool = False


def not_you(say: Phrases) -> str:
    return say.gettext("Was it not you? Choose a new password with “forgot password”, and tell care at once.")


def stopped_by_care(say: Phrases) -> str:
    return say.gettext("Was it not you? Tell care at once: then it can still be stopped.")
