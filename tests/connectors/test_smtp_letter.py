"""What a notice looks like on the wire, and what no brief can make of it."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.connectors.smtp.address import Mailbox, NoAddress, masked, parse_address, parse_mailbox
from ringoff.connectors.smtp.letter import write_letter

SENDER = Mailbox("Ringoff, Inc.", "care@example.net")
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
HEADERS = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Language",
    "Content-Type",
]


def written(**brief: Any) -> tuple[bytes, EmailMessage]:
    full = {"to": "lin@example.org", "subject": "Hello", "text": "Hi\n", "html": "<p>Hi</p>\n", "locale": "es", **brief}
    letter = write_letter(full, SENDER, "mail.7.notify.1", NOW)
    return letter.octets, email.message_from_bytes(letter.octets, policy=email.policy.default)


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_letter_says_who_when_in_which_language_and_that_no_person_wrote_it() -> None:
    octets, message = written()
    assert message.keys() == HEADERS
    assert message["Date"] == "Sun, 01 Mar 2026 12:30:00 +0000"
    assert message["From"] == '"Ringoff, Inc." <care@example.net>'
    assert message["Message-ID"] == "<mail.7.notify.1@example.net>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "es"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert octets.isascii()


def test_a_notice_without_html_is_plain_text() -> None:
    _, message = written(html=None)
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == "Hi\r\n"


@pytest.mark.parametrize("field", ["subject", "locale", "message_id"])
@pytest.mark.parametrize("evil", ["x\r\nBcc: all@example.org", "x\nBcc: all@example.org", "x\x00\x0b\u2028Bcc: a@b"])
def test_no_field_can_bring_in_another_header(field: str, evil: str) -> None:
    try:
        _, message = written(**{field: evil})
    except ValueError:
        return
    assert set(message.keys()) <= set(HEADERS)
    assert message.get_all("Bcc") is None


@given(subject=st.text(max_size=300), text=st.text(max_size=600))
def test_any_text_arrives_and_every_line_stays_within_the_limit(subject: str, text: str) -> None:
    octets, message = written(subject=subject, text=text)
    assert message.keys() == HEADERS
    assert max(len(line) for line in octets.split(b"\r\n")) <= 998
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert octets.isascii()
    sendable = text.encode("utf-8", "replace").decode()
    assert content(message, "plain").splitlines() == sendable.splitlines()


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=200))
def test_any_printable_subject_is_read_as_it_was_written(subject: str) -> None:
    _, message = written(subject=subject)
    assert message["Subject"] == subject


def test_a_sender_of_its_own_replaces_the_configured_one() -> None:
    _, message = written(sender="Ana Pérez <ana@example.com>")
    assert message["From"] == "Ana Pérez <ana@example.com>"


def test_only_a_local_part_in_another_script_asks_for_an_international_server() -> None:
    assert parse_address("ana@españa.example") == "ana@xn--espaa-rta.example"
    assert write_letter({"to": "林@例子.example"}, SENDER, "x", NOW).international
    assert not write_letter({"to": "lin@例子.example"}, SENDER, "x", NOW).international


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "lin",
        "lin@",
        "@example.org",
        "a@b@c",
        "a b@example.org",
        "a@b\r\nRCPT TO:<c@d>",
        "<a@b>",
        "a@b,c@d",
        "a@b..c",
        "x" * 250 + "@example.org",
        '"a b"@example.org',
        "a@[127.0.0.1]",
    ],
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(NoAddress):
        parse_address(wrong)


def test_a_mailbox_may_have_a_name() -> None:
    assert parse_mailbox("care@example.net") == Mailbox(None, "care@example.net")
    assert parse_mailbox('"Care, Inc." <care@example.net>') == Mailbox("Care, Inc.", "care@example.net")
    with pytest.raises(NoAddress):
        parse_mailbox("Care\r\nBcc: x@y <care@example.net>")


def test_a_masked_address_tells_its_owner_enough() -> None:
    assert masked("lin@example.org") == "l***@example.org"
