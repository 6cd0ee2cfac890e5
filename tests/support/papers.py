"""Files as people hand them in, good and bad."""

import zlib
from io import BytesIO

from PIL import Image


def pdf(*parts: bytes) -> bytes:
    body = b"\n".join(parts or (b"1 0 obj\n<< /Type /Catalog >>\nendobj",))
    return b"%PDF-1.7\n" + body + b"\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def object_stream(plain: bytes, header: bytes = b"/Type /ObjStm", packed: bytes | None = None) -> bytes:
    content = zlib.compress(plain) if packed is None else packed
    return b"5 0 obj\n<< " + header + b" /Filter /FlateDecode >>\nstream\n" + content + b"\nendstream\nendobj"


def picture(kind: str) -> bytes:
    written = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(written, kind)
    return written.getvalue()


JPEG, PNG = picture("JPEG"), picture("PNG")
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 64
