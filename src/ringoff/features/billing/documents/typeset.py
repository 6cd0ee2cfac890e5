"""From words to a PDF/A: Typst sets the templates beside this file, offline, with fonts that are all embedded.

What is written is PDF/A-2a, which holds all that 2b asks for, and PDF/UA-1: it can be kept for decades, and read
aloud. The same document gives the same bytes.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson
import typst

from ringoff.features.billing.documents import fonts
from ringoff.kit.colour import readable
from ringoff.kit.errors import Unavailable

Template = Literal["final_bill", "statement"]
_TEMPLATES = Path(__file__).with_name("templates")
_STANDARDS: list[Any] = ["a-2a", "ua-1"]
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
_BREAK = "\u200b"  # a place where a word may break, without a hyphen
# Marks that turn the direction of what follows them: in a name they could turn round an amount beside it.
_TURNING = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def typeset(template: Template, content: Mapping[str, Any], issued_at: datetime, folder: Path | None) -> bytes:
    """The PDF. Takes some 20 ms of processor time: call it in a worker thread.

    `content`: what the template reads, all words included; `folder`: further fonts. Raises Unavailable for a
    character that no font has, or only one that cannot be archived.
    """
    told = _tidied(content)
    letters = fonts.shipped()
    try:
        return _compile(template, told, letters, issued_at)
    except typst.TypstError:
        # Typst writes no PDF/A with an empty box in it. Asking each font before would cost ten times the document.
        if not fonts.lacking(_texts(told), letters):
            raise
    further = fonts.covering(_texts(told), folder)
    try:
        return _compile(template, told, further, issued_at)
    except typst.TypstError as error:  # a font that has the character, and may not be embedded or archived
        says = f"The document cannot be set with the fonts of this machine: {error.message}."
        raise Unavailable("fonts_unfit", says, families=list(further.families)) from error


def _compile(template: Template, content: Mapping[str, Any], letters: fonts.Letters, issued_at: datetime) -> bytes:
    dressed = {
        **content,
        "accent": readable(content["accent"], on="#ffffff", towards="#000000"),
        "fonts": fonts.shown(letters.families, content["lang"]),
    }
    compiler = typst.Compiler(
        input=_TEMPLATES / f"{template}.typ",
        root=_TEMPLATES,
        font_paths=letters.fonts,
        sys_inputs={"document": orjson.dumps(dressed).decode()},
    )
    pdf = compiler.compile(format="pdf", pdf_standards=_STANDARDS, timestamp=int(issued_at.timestamp()))
    assert isinstance(pdf, bytes)
    return pdf


def _tidied(value: Any) -> Any:
    """Nothing in a text acts: it has no control characters, and no word is too long for its line."""
    match value:
        case str():
            plain = _plain(value)
            return plain if plain.startswith("https://") else _LONG_WORD.sub(lambda word: word[0] + _BREAK, plain)
        case Mapping():
            return {name: _tidied(each) for name, each in value.items()}
        case list() | tuple():
            return [_tidied(each) for each in value]
        case _:
            return value


def _plain(text: str) -> str:
    if text.isprintable() and text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text.translate(_TURNING))
    return "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp") else each for each in composed)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
