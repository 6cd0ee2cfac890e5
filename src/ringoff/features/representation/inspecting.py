"""Which files are taken: PDF, JPEG, PNG and HEIC, told by what is in them, and nothing that acts when it is opened.

A name and a browser's claim say nothing about what a file is; but a name that says something else is refused, because
whoever downloads it would open it as what its name says.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping

import filetype
from filetype.types.archive import Pdf
from filetype.types.image import Heic, Jpeg, Png

from ringoff.kit.errors import InvalidInput

PAPER_MOST = 10 * 1024 * 1024
NAME_MOST = 120
_TAKEN = (Pdf(), Jpeg(), Png(), Heic())
_ENDINGS: Mapping[str, frozenset[str]] = {
    "application/pdf": frozenset({"pdf"}),
    "image/jpeg": frozenset({"jpg", "jpeg", "jpe"}),
    "image/png": frozenset({"png"}),
    "image/heic": frozenset({"heic", "heif"}),
}
_ACTS = re.compile(
    rb"/(JavaScript|Launch|EmbeddedFile|RichMedia|XFA|SubmitForm|ImportData|Rendition|Movie)(?![A-Za-z0-9])"
)
_ENCRYPTED = re.compile(rb"/Encrypt\s*(<<|\d)")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream[ \t]*(\r\n|\n|\r)")
_INFLATED_MOST, _STREAMS_MOST, _ESCAPES_MOST = 8 * 1024 * 1024, 50_000, 200_000


def inspect(name: str, content: bytes) -> tuple[str, str]:
    """Its media type, and the name as it is kept. Takes a moment for a large file: call it in a thread.

    Raises InvalidInput (`paper_empty`, `paper_too_large`, `paper_type`, `paper_name`, `paper_active`, `paper_locked`).
    """
    if not content:
        raise InvalidInput("paper_empty", "This file is empty.")
    if len(content) > PAPER_MOST:
        raise InvalidInput("paper_too_large", f"A file has at most {PAPER_MOST // 1024 // 1024} MB.")
    kind = filetype.match(content, _TAKEN)
    if kind is None or (kind.mime == "application/pdf" and not content.startswith(b"%PDF-")):
        raise InvalidInput("paper_type", "Only PDF, JPEG, PNG and HEIC are taken, whatever a file is called.")
    media_type = str(kind.mime)
    if media_type == "application/pdf":
        _must_be_still(content)
    return media_type, _named(name, media_type)


def _named(name: str, media_type: str) -> str:
    """Without any folder. What cannot be seen in a name could turn its end around."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2].strip()
    ending = plain.rpartition(".")[2].lower()
    hidden = any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for character in plain)
    if hidden or not 0 < len(plain) <= NAME_MOST or plain.startswith(".") or ending not in _ENDINGS[media_type]:
        named = " or ".join(f".{each}" for each in sorted(_ENDINGS[media_type]))
        raise InvalidInput("paper_name", f"The name of this file does not fit what is in it: it ends in {named}.")
    return plain


def _must_be_still(pdf: bytes) -> None:
    """No scripts, no programs to start, no files inside, no forms that send. Names may be written with escapes, and
    objects may lie in compressed streams: both are looked into. What cannot be looked into is refused.
    """
    if _ENCRYPTED.search(_unescaped(pdf)):
        raise InvalidInput("paper_locked", "This PDF is protected by a password: hand it in without.")
    for part in (pdf, *_object_streams(pdf)):
        if _ACTS.search(_unescaped(part)):
            raise InvalidInput("paper_active", "This PDF holds a script, a form or a file: print it as a plain one.")


def _object_streams(pdf: bytes) -> Iterator[bytes]:
    left, since, looked_at = _INFLATED_MOST, 0, 0
    for count, found in enumerate(_STREAM.finditer(pdf)):
        if count > _STREAMS_MOST:
            raise _closed()
        before, since = _unescaped(pdf[since : found.start()]), found.end()
        if b"/ObjStm" not in before and b"/First" not in before.rpartition(b"endobj")[2]:
            continue
        end = pdf.find(b"endstream", since)
        looked_at += end - since
        if end < 0 or looked_at > len(pdf):  # streams that overlap
            raise _closed()
        inflating = zlib.decompressobj()
        try:
            plain = inflating.decompress(pdf[since:end], left)
        except zlib.error:
            raise _closed() from None
        left -= len(plain)
        if left <= 0 or not inflating.eof:
            raise _closed()
        yield plain


def _unescaped(part: bytes) -> bytes:
    if part.count(b"#") > _ESCAPES_MOST:
        raise _closed()
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), part)


def _closed() -> InvalidInput:
    return InvalidInput("paper_active", "Parts of this PDF cannot be looked into: print it as a plain one.")
