"""Plain text that is safe and fits: at most 72 columns, where a Chinese character takes two.

Chinese breaks between any two characters, but a line never begins with closing punctuation nor ends with an opening
bracket (GB/T 15834); numbers and Latin words stay whole.
"""

import re
from functools import lru_cache

COLUMNS = 72

_WIDE_SET = (  # Unicode's East Asian Width, the blocks that people write in
    r"\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    r"\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_WIDE = re.compile(f"[{_WIDE_SET}]")
_WITHIN_NUMBER = re.compile(r"(?<=\d) (?=\d)")
_JOINT = "\ue000"  # stands for a space that is no place to break; `tidy` lets none in
_CLOSING = "，。、；：！？…）)」』》】”"
_PIECE = re.compile(
    rf"[（(「『《【“]*(?:[{_WIDE_SET}]|[^\s{_WIDE_SET}])(?:(?<![{_WIDE_SET}])[^\s{_WIDE_SET}])*[{_CLOSING}]*|\s+"
)


def tidy(text: str) -> str:
    """One line, without control characters: what others wrote can forge neither a header nor a paragraph."""
    if text.isprintable():
        return text.strip()
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def columns(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


@lru_cache(maxsize=4096)  # most paragraphs are the same for everybody
def wrap(text: str, indent: int = 0) -> str:
    """`text`, one paragraph, on lines of at most 72 columns; all but the first are indented."""
    room = COLUMNS - indent
    if columns(text) <= room:
        return text
    whole = _WITHIN_NUMBER.sub(_JOINT, text)
    lines = _wrap_wide(whole, room) if _WIDE.search(text) else _wrap_narrow(whole, room)
    return ("\n" + " " * indent).join(lines).replace(_JOINT, " ")


@lru_cache(maxsize=1024)
def underlined(text: str, with_: str) -> str:
    """A title, wrapped, above a rule as long as its last line."""
    title = wrap(text)
    return f"{title}\n{with_ * columns(title.rpartition(chr(10))[2])}"


def _wrap_narrow(text: str, room: int) -> list[str]:
    lines = []
    while len(text) > room:
        cut = text.rfind(" ", 1, room + 1)
        if cut < 0:  # a word longer than the line
            lines.append(text[:room])
            text = text[room:]
        else:
            lines.append(text[:cut])
            text = text[cut + 1 :]
    return [*lines, text]


def _wrap_wide(text: str, room: int) -> list[str]:
    lines, line, used = [], "", 0
    for piece in _pieces(text, room):
        width = columns(piece)
        if used + width > room:
            lines.append(line.rstrip())
            line, used = "", 0
        if line or not piece.isspace():
            line, used = line + piece, used + width
    return [*lines, line.rstrip()]


def _pieces(text: str, room: int) -> list[str]:
    """What is never broken; a piece that fits no line is cut all the same."""
    whole = _PIECE.findall(text)
    return [part for piece in whole for part in ([piece] if columns(piece) <= room else _cut(piece, room // 2))]


def _cut(piece: str, characters: int) -> list[str]:
    return [piece[i : i + characters] for i in range(0, len(piece), characters)]
