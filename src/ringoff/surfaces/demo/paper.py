"""A page of paper for the demo's bills: the least that is a PDF (ISO 32000-1, 7.5), so that there is one to open."""

from collections.abc import Sequence

_SIZE, _FIRST, _STEP = 12, 780, 22  # of the type; height of the first line; from line to line: in points


def pdf(lines: Sequence[str]) -> bytes:
    """One A4 page. Latin letters only: any other font would have to be embedded."""
    shown = "".join(f"1 0 0 1 72 {_FIRST - _STEP * n} Tm ({_escaped(line)}) Tj\n" for n, line in enumerate(lines))
    text = f"BT /F1 {_SIZE} Tf\n{shown}ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(written))
    )


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
