"""Files are known by what is in them; what could act when it is opened is refused."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.features.representation import PAPER_MOST, inspect
from ringoff.kit.errors import InvalidInput
from tests.support.papers import HEIC, JPEG, PNG, object_stream, pdf


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("certificate.pdf", pdf(), "application/pdf"),
        ("Photo.JPG", JPEG, "image/jpeg"),
        ("photo.jpeg", JPEG, "image/jpeg"),
        ("scan.png", PNG, "image/png"),
        ("IMG_0001.HEIC", HEIC, "image/heic"),
        ("IMG_0001.heif", HEIC.replace(b"ftypheic", b"ftypmif1", 1), "image/heic"),
        ("遗嘱 1.2.pdf", pdf(object_stream(b"<< /Type /Page >>")), "application/pdf"),
    ],
)
def test_what_is_taken(name: str, content: bytes, media_type: str) -> None:
    assert inspect(name, content) == (media_type, name)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.pdf", b"<html><script>alert(1)</script></html>", "paper_type"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "paper_type"),
        ("setup.pdf", b"MZ" + bytes(200), "paper_type"),
        ("letter.pdf", b"PK\x03\x04" + bytes(200), "paper_type"),
        ("moved.pdf", b"\xef\xbb\xbf" + pdf(), "paper_type"),
        ("late.pdf", b"GIF89a" + pdf(), "paper_type"),
        ("photo.png", JPEG, "paper_name"),
        ("certificate.pdf.exe", pdf(), "paper_name"),
        ("certificate.html", pdf(), "paper_name"),
        ("certificate", pdf(), "paper_name"),
        (".pdf", pdf(), "paper_name"),
        ("", pdf(), "paper_name"),
        ("exe\u202efdp.pdf", pdf(), "paper_name"),
        ("two\nlines.pdf", pdf(), "paper_name"),
        ("a" * 130 + ".pdf", pdf(), "paper_name"),
        ("empty.pdf", b"", "paper_empty"),
        ("large.png", PNG + bytes(PAPER_MOST), "paper_too_large"),
        ("locked.pdf", pdf(b"trailer << /Encrypt 9 0 R >>"), "paper_locked"),
    ],
)
def test_what_is_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        inspect(name, content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "part",
    [
        b"<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
        b"<< /S /Java#53cript /JS 4 0 R >>",
        b"<< /S /#4Aava#53cript >>",
        b"<< /S /Launch /F (cmd.exe) >>",
        b"<< /Names << /JavaScript 3 0 R >> >>",
        b"<< /Type /EmbeddedFile >>",
        b"<< /AcroForm << /XFA 7 0 R >> >>",
        b"<< /S/SubmitForm/F(https://example.org) >>",
    ],
)
def test_a_pdf_that_acts_is_refused_also_when_it_hides_in_a_compressed_stream(part: bytes) -> None:
    hidden = object_stream(part)
    escaped = object_stream(part, b"/Type /#4fbjStm")
    for content in (pdf(part), pdf(hidden), pdf(object_stream(b"<< >>"), hidden), pdf(escaped)):
        with pytest.raises(InvalidInput) as refused:
            inspect("certificate.pdf", content)
        assert refused.value.code == "paper_active"


@pytest.mark.parametrize("packed", [b"not deflated", b"", os.urandom(64)], ids=["text", "nothing", "noise"])
def test_a_stream_of_objects_that_cannot_be_looked_into_is_refused(packed: bytes) -> None:
    with pytest.raises(InvalidInput):
        inspect("certificate.pdf", pdf(object_stream(b"", packed=packed)))


def test_a_small_file_does_not_become_a_huge_one() -> None:
    with pytest.raises(InvalidInput) as refused:
        inspect("bomb.pdf", pdf(object_stream(bytes(64 * 1024 * 1024))))
    assert refused.value.code == "paper_active"


def test_streams_that_overlap_take_no_time() -> None:
    opening = object_stream(b"<< >>" * 10).partition(b"\nendstream")[0]
    for ending in (b"", b"\nendstream"):
        with pytest.raises(InvalidInput) as refused:
            inspect("slow.pdf", pdf(*[opening] * 40_000, ending))
        assert refused.value.code == "paper_active"


def test_pictures_inside_a_pdf_are_not_taken_for_scripts() -> None:
    picture = b"4 0 obj\n<< /Subtype /Image >>\nstream\n" + os.urandom(4 * 1024 * 1024) + b"\nendstream\nendobj"
    assert inspect("scan.pdf", pdf(picture))[0] == "application/pdf"


@given(st.binary(max_size=400), st.text(max_size=40))
def test_whatever_is_handed_in_is_taken_or_refused(content: bytes, name: str) -> None:
    for given_ in (content, b"%PDF-1.4" + content, b"\xff\xd8\xff" + content, HEIC + content):
        try:
            inspect(name, given_)
        except InvalidInput:
            continue
