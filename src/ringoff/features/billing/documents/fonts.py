"""Which letters documents are set in: shipped ones, and for what those lack whatever is found on the machine.

Shipped: Inter for Latin, Greek and Cyrillic; Noto Sans SC for Chinese, with the 8,912 characters of GB 2312 and of the
table of general standard characters. A name in another script, or with a rare character, is set in a font of the
folder in the setting `billing.fonts` or of the system. What none of them has is an error that names it.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import typst

from ringoff.kit.errors import Unavailable

SHIPPED = Path(__file__).with_name("faces")
LATIN, CHINESE = OURS = ("Inter", "Noto Sans SC Subset")
_NEVER_SHOWN = {"Cc", "Cf", "Zl", "Zp", "Zs"}
_SELECTORS = frozenset((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
_NAMED_MOST = 5
_ALIKE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "Noto Sans")


@dataclass(frozen=True, slots=True)
class Face:
    path: str
    index: int


@dataclass(frozen=True, slots=True)
class Letters:
    """Fonts that are at hand, and in which order their families are asked for a character."""

    fonts: typst.Fonts
    families: tuple[str, ...]


def shipped() -> Letters:
    """Enough for nearly every document: nothing on the machine is looked through."""
    return Letters(_fonts(None, everywhere=False), OURS)


def lacking(texts: Iterable[str], letters: Letters) -> frozenset[int]:
    """The characters of `texts` that `letters` cannot show."""
    faces = _faces(letters.fonts)
    return needed(texts).difference(*(_characters(faces[family]) for family in letters.families))


def covering(texts: Iterable[str], folder: Path | None) -> Letters:
    """Letters that can show all of `texts`; `folder`: the operator's own fonts. Unavailable names what none has."""
    wanted = lacking(texts, shipped())
    fonts = _fonts(folder, everywhere=True)
    faces = _faces(fonts)
    used = list(OURS)
    for family in sorted(set(faces) - set(OURS), key=_likeness):
        if not wanted:
            break
        if wanted & (has := _characters(faces[family])):
            used.append(family)
            wanted -= has
    if wanted:
        raise _missing(wanted)
    return Letters(fonts, tuple(used))


def further(folder: Path | None) -> int:
    """How many families there are beside ours."""
    return len(set(_fonts(folder, everywhere=True).families()) - set(OURS))


@lru_cache(maxsize=8)
def _fonts(folder: Path | None, *, everywhere: bool) -> typst.Fonts:
    """Looking through a system's fonts takes a second where there are many: once a process."""
    paths = [str(SHIPPED), *([str(folder)] if folder else [])]
    return typst.Fonts(include_system_fonts=everywhere, include_embedded_fonts=False, font_paths=list(paths))


def needed(texts: Iterable[str]) -> frozenset[int]:
    """The characters that need a shape of their own."""
    characters = set().union(*texts)
    return frozenset(
        ord(each)
        for each in characters
        if unicodedata.category(each) not in _NEVER_SHOWN and ord(each) not in _SELECTORS
    )


def _missing(characters: Iterable[int]) -> Unavailable:
    told = [f"“{chr(each)}” (U+{each:04X})" for each in sorted(characters)]
    named = ", ".join(told[:_NAMED_MOST]) + (f" and {len(told) - _NAMED_MOST} more" if len(told) > _NAMED_MOST else "")
    return Unavailable(
        "glyph_missing",
        f"No font on this machine can show {named}, so the document is not made. Install one that can, such as "
        "fonts-noto-cjk for Chinese, or put it into the folder that billing.fonts names; then start Ringoff again.",
        characters=[f"U+{each:04X}" for each in sorted(characters)],
    )


def _likeness(family: str) -> tuple[int, bool, str]:
    """Families that look like ours first, those of a fixed width and with serifs last."""
    place = next((i for i, start in enumerate(_ALIKE) if family.startswith(start)), len(_ALIKE))
    return place, "Serif" in family or "Mono" in family, family


def _faces(fonts: typst.Fonts) -> Mapping[str, Face]:
    """Of each family the face that is nearest to a regular one."""
    nearest: dict[str, tuple[int, Face]] = {}
    for info in fonts.fonts():
        off = abs(info.weight - 400) + 1000 * (info.style != "normal")
        if info.path is not None and (info.family not in nearest or off < nearest[info.family][0]):
            nearest[info.family] = (off, Face(str(info.path), info.index))
    return {family: face for family, (_, face) in nearest.items()}


@lru_cache(maxsize=512)
def _characters(face: Face) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError  # 0.1 s: only where a character is not at hand

    try:
        with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError):
        return frozenset()


def shown(families: Sequence[str], language: str) -> list[str | dict[str, str]]:
    """As Typst takes them. In Chinese, quotation marks and dashes are Chinese ones."""
    first: list[str | dict[str, str]] = [{"name": LATIN, "covers": "latin-in-cjk"}] if language == "zh" else [LATIN]
    return [*first, *(family for family in families if family != LATIN)]
