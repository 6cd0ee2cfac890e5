"""Pages as pictures in docs/pictures: in the stylesheet's own colours, so small; shown by a page that is written."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageColor

from ringoff.kit.i18n import LANGUAGES, Language

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
STYLE = Path(__file__).parents[2] / "src/ringoff/surfaces/web/static/style.css"
_TITLES: Mapping[Language, str] = {"en": "English", "zh-Hans": "简体中文", "es": "Español"}


@dataclass(frozen=True, slots=True)
class Album:
    """`chapters`: titles, and under each the pages' names and captions. `width`: how wide one is shown, in px."""

    folder: Path
    head: str
    width: int
    chapters: Mapping[str, Mapping[str, str]]

    @property
    def names(self) -> set[str]:
        return {name for chapter in self.chapters.values() for name in chapter}

    def keep(self, picture: bytes, name: str, language: Language) -> None:
        """What no chapter names is not kept."""
        if name not in self.names:
            return
        self.folder.mkdir(exist_ok=True)
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(self._file(name, language), optimize=True)

    def show(self) -> None:
        """Writes the page; what it does not show goes."""
        named = {self._file(name, language) for name in self.names for language in LANGUAGES}
        there = set(self.folder.glob("*.png"))
        assert named <= there, f"no tour leads to {sorted(path.name for path in named - there)}"
        for path in there - named:
            path.unlink()
        (self.folder / "README.md").write_text("\n".join([self.head, *map(self._chapter, self.chapters)]))

    def _file(self, name: str, language: Language) -> Path:
        return self.folder / f"{name}.{language}.png"

    def _chapter(self, title: str) -> str:
        rows = [f"## {title}", "", f"| | {' | '.join(_TITLES.values())} |", "|---" * (len(_TITLES) + 1) + "|"]
        for name, caption in self.chapters[title].items():
            files = [self._file(name, tongue).name for tongue in LANGUAGES]
            shown = [f'<img src="{file}" width="{self.width}" alt="{caption}">' for file in files]
            rows.append(f"| {caption} | {' | '.join(shown)} |")
        return "\n".join([*rows, ""])


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
