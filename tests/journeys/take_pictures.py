"""Takes the pictures in docs/pictures, on a phone and in each language: `make shots`. No test, so not collected."""

import io
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from ringoff.kit.i18n import LANGUAGES, Language
from tests.journeys.conftest import Enrol, Portal, Visit
from tests.support import tour
from tests.support.walker import Walker

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
STYLE = Path(__file__).parents[2] / "src/ringoff/surfaces/web/static/style.css"
_SCALE = 0.75  # as large as they are shown: sharp, and small
_WIDTH = 230
_TITLES: Mapping[Language, str] = {"en": "English", "zh-Hans": "简体中文", "es": "Español"}
_HEAD = """# What a subscriber sees

On a phone, in each language, as `make shots` last took it. Every page is also usable by keyboard alone, without
JavaScript, with letters twice as large, and printed.
"""
CHAPTERS: Mapping[str, Mapping[str, str]] = {
    "Leaving with one line": {
        "front": "The front door",
        "sign-in": "Sign in",
        "code": "A code, where one is set up",
        "account": "Services & devices",
        "line": "A line, and the way out",
        "prepare": "1. What only the holder can see to",
        "data-line-prepare": "The same for a data SIM",
        "device-different": "A device that is not the one on record",
        "when": "2. When",
        "confirm": "3. Everything that will happen, and one button",
        "case-scheduled": "It can still be undone",
        "case-undone": "It was",
        "case-closed": "What was done, and what still goes on",
    },
    "Leaving with everything": {
        "several": "Several lines, or the whole account",
        "whole-prepare": "What to see to, for each",
        "whole-confirm": "Everything that will happen",
        "cases": "What was asked for together, and the undo",
        "account-leaving": "On the way",
        "account-closed": "Over",
    },
    "Afterwards": {
        "closed": "Signing in to a closed account",
        "archive-door": "The link from the mail",
        "archive": "The documents, once",
        "status": "Check my cancellation",
        "status-told": "And nothing else is told",
    },
    "When little was proved": {
        "when-waits": "A password alone waits",
        "confirm-waits": "And says so before the button",
        "veto": "Whoever reads the mail of record can object",
        "vetoed": "Stopped",
        "prepare-stopped": "Then a person looks at it first",
        "prepare-locked": "The holder's own lock",
    },
    "Without signing in": {
        "guide": "How to cancel, as this installation is set up",
        "declare": "Declaring",
        "declare-de": "The same by German law",
        "declare-problems": "Something is missing",
        "declared": "Received, with date and time",
    },
    "Signing in and security": {
        "sign-in-refused": "The same for everybody",
        "forgot": "The way back in",
        "forgot-sent": "Says nothing about who is a customer",
        "new-password": "The link from the mail",
        "link-over": "A link that is over",
        "security": "Security",
        "security-passkeys": "Passkeys",
        "codes-new": "One-time codes",
        "recovery-codes": "Recovery codes",
        "security-sessions": "Where one is signed in",
        "security-contact": "The address of record",
        "security-pin": "The PIN for the phone",
        "security-lock-set": "The cancel lock",
        "prove": "A fresh proof",
        "no-such-page": "No such page",
        "bills": "Bills",
    },
}
_SHOWN = {name for chapter in CHAPTERS.values() for name in chapter}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("walk", [tour.of_a_leaver, tour.of_a_keeper, tour.of_a_stranger])
async def test_take_them(portal: Portal, visit: Visit, subscriber: Enrol, walk: tour.Walk, language: Language) -> None:
    page, who = await visit(language, scale=_SCALE), await subscriber(language, totp=walk is tour.of_a_leaver)
    guide = tour.Guide(Walker(page, language), portal.database, portal.mailed)
    async for name in walk(guide, who):
        if name in _SHOWN:
            _keep(await page.screenshot(full_page=True, animations="disabled"), _file(name, language))


def test_show_them() -> None:
    named = {_file(name, language) for name in _SHOWN for language in LANGUAGES}
    there = set(FOLDER.glob("*.png"))
    assert named <= there, f"no tour leads to {sorted(path.name for path in named - there)}"
    for path in there - named:
        path.unlink()
    (FOLDER / "README.md").write_text("\n".join([_HEAD, *map(_chapter, CHAPTERS)]))


def _keep(picture: bytes, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(path, optimize=True)


@cache
def _palette() -> Image.Image:
    """The colours of the stylesheet, and of the edges of letters on their ground: there are no others on a page."""
    named = dict(re.findall(r"--([\w-]+): #(\w{6})", STYLE.read_text().split("@media")[0]))
    colour = {name: ImageColor.getrgb(f"#{value}") for name, value in named.items()}
    ground, letters = colour["paper"], ("ink", "quiet", "accent", "done", "waits", "red")
    pairs = [*((colour[name], ground) for name in letters), (colour["on-accent"], colour["accent"])]
    mixed = [
        tuple(round(a * part + b * (1 - part)) for a, b in zip(one, other, strict=True))
        for one, other in pairs
        for part in (0.25, 0.5, 0.75)
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for each in [*colour.values(), *mixed] for channel in each])
    return palette


def _file(name: str, language: Language) -> Path:
    return FOLDER / f"{name}.{language}.png"


def _chapter(title: str) -> str:
    rows = [f"## {title}", "", f"| | {' | '.join(_TITLES.values())} |", "|---" * (len(_TITLES) + 1) + "|"]
    for name, caption in CHAPTERS[title].items():
        shown = [f'<img src="{_file(name, tongue).name}" width="{_WIDTH}" alt="{caption}">' for tongue in LANGUAGES]
        rows.append(f"| {caption} | {' | '.join(shown)} |")
    return "\n".join([*rows, ""])
