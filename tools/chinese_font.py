"""Writes the Chinese font that bills are set in: Noto Sans CJK SC with the characters that people here need.

Run it with nothing but `.venv/bin/python tools/chinese_font.py`; it reads Debian's `fonts-noto-cjk` and `unicode-data`.
The characters: GB 2312 and the table of general standard characters of 2013 (通用规范汉字表, Unihan's kTGH), which
holds those of today's names. Whole, the two weights would be 40 MB; so they are 4.
"""

import bz2
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

NOTO = Path("/usr/share/fonts/opentype/noto")
UNIHAN = Path("/usr/share/unicode/Unihan_OtherMappings.txt.bz2")
FONTS = Path(__file__).parents[1] / "src/ringoff/features/billing/documents/faces"
FAMILY = "Noto Sans SC Subset"  # its own name, so that it is never taken for the whole font beside it
SIMPLIFIED = 2  # its place in the collection
LATIN = (*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2040))
NAMES = {1: FAMILY, 16: FAMILY, 3: "{family} {style}", 4: "{family} {style}", 6: "NotoSansSCSubset-{style}"}


def main() -> None:
    characters = {*LATIN, *map(ord, gb2312()), *standard()}
    for style in ("Regular", "Bold"):
        write(style, characters)


def gb2312() -> Iterator[str]:
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            yield from bytes((row, cell)).decode("gb2312", "ignore")


def standard() -> Iterator[int]:
    with bz2.open(UNIHAN, "rt", encoding="utf-8") as lines:
        yield from (int(line.split("\t")[0][2:], 16) for line in lines if "\tkTGH\t" in line)


def write(style: str, characters: set[int]) -> None:
    options = subset.Options(font_number=SIMPLIFIED, layout_features=[], hinting=False, notdef_outline=True)
    options.drop_tables += ["GSUB", "GPOS", "vhea", "vmtx", "VORG", "BASE"]  # nothing is set from top to bottom
    font = subset.load_font(NOTO / f"NotoSansCJK-{style}.ttc", options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    rename(font, style)
    subset.save_font(font, FONTS / f"NotoSansSC-{style}.otf", options)


def rename(font: TTFont, style: str) -> None:
    names = font["name"]
    names.names = [record for record in names.names if record.nameID in {0, 2, 5, 13, 14}]
    for number, pattern in NAMES.items():
        names.setName(pattern.format(family=FAMILY, style=style), number, 3, 1, 0x409)
    names.setName(style, 17, 3, 1, 0x409)
    font["CFF "].cff.fontNames[0] = f"NotoSansSCSubset-{style}"


if __name__ == "__main__":
    main()
