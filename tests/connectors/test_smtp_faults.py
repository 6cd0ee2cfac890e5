"""Mail servers on their bad days, and the keeping of credentials. aiosmtpd says what Exim cannot be made to say."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from ringoff.connectors.smtp import connect
from ringoff.connectors.smtp.connector import SmtpConnector
from ringoff.ports import Done, NeedsPerson, Outcome, RetryAfter, Task, Unknown

BRIEF = {"message_id": "<1@example.net>", "to": "lin@example.org", "subject": "Hi", "text": "Hi", "locale": "en"}
NOTICE = Task(subject_id=7, kind="notify", cycle=1, attempt=1, brief=BRIEF)


class Moody:
    """Answers what it is told to; an answer of None breaks the connection off instead."""

    def __init__(self, **answers: str | None) -> None:
        self.answers = answers
        self.taken: list[bytes] = []

    async def handle_MAIL(self, server: SMTP, _s: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        return self._answer(server, "mail")

    async def handle_RCPT(self, server: SMTP, _s: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        envelope.rcpt_tos.append(address)
        return self._answer(server, "rcpt")

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        return self._answer(server, "data")

    def _answer(self, server: SMTP, to: str) -> str:
        answer = self.answers.get(to, "250 OK")
        if answer is None:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer or "421 gone"


@asynccontextmanager
async def serving(make: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=tls)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@asynccontextmanager
async def sending(handler: Moody, **options: Any) -> AsyncIterator[SmtpConnector]:
    async with serving(lambda: SMTP(handler, hostname="mail.test", enable_SMTPUTF8=False)) as address:
        connector = connect("mail", {"url": f"smtp://{address}", "sender": "care@example.net", **options})
        yield connector
        await connector.close()


async def send(connector: SmtpConnector, task: Task = NOTICE) -> Outcome:
    (outcome,) = [outcome async for _, outcome in connector.discharge([task], lambda _: True)]
    return outcome


async def test_an_answer_lost_after_the_message_was_sent_leaves_it_unknown() -> None:
    handler = Moody(data=None)
    async with sending(handler) as connector:
        first = await send(connector)
        assert isinstance(first, Unknown)
        assert first.system_failed
        handler.answers = {}
        assert isinstance(await send(connector), Done)
    first_sent, repeated = handler.taken
    assert b"Message-ID: <1@example.net>" in first_sent
    assert b"Message-ID: <1@example.net>" in repeated


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
async def test_a_connection_lost_before_that_has_sent_nothing(stage: str) -> None:
    handler = Moody(**{stage: None})
    async with sending(handler) as connector:
        outcome = await send(connector)
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed
    assert handler.taken == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
async def test_a_server_that_closes_down_is_tried_later(stage: str) -> None:
    async with sending(Moody(**{stage: "421 closing down"})) as connector:
        outcome = await send(connector)
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
async def test_a_temporary_refusal_is_waited_out_for_a_minute(stage: str) -> None:
    async with sending(Moody(**{stage: "451 not now"})) as connector:
        outcome = await send(connector)
    assert isinstance(outcome, RetryAfter)
    assert outcome.delay == timedelta(seconds=60)
    assert not outcome.system_failed


@pytest.mark.parametrize("stage", ["rcpt", "data"])
async def test_a_permanent_refusal_goes_to_a_person_with_the_servers_words(stage: str) -> None:
    async with sending(Moody(**{stage: "554 mailbox closed"})) as connector:
        outcome = await send(connector)
    assert isinstance(outcome, NeedsPerson)
    assert outcome.evidence == {"answer": "554 mailbox closed"}


async def test_a_refused_message_leaves_its_connection_fit_for_the_next() -> None:
    handler, connections = Moody(rcpt="550 no such user"), 0

    def connected() -> SMTP:
        nonlocal connections
        connections += 1
        return SMTP(handler, hostname="mail.test")

    async with serving(connected) as address:
        connector = connect("mail", {"url": f"smtp://{address}", "sender": "care@example.net"})
        assert isinstance(await send(connector), NeedsPerson)
        handler.answers = {}
        assert isinstance(await send(connector), Done)
        await connector.close()
    assert connections == 1


async def test_a_server_that_refuses_our_sender_refuses_all_so_it_is_the_systems_failure() -> None:
    async with sending(Moody(mail="550 who are you")) as connector:
        outcome = await send(connector)
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed


async def test_an_address_in_another_script_needs_a_server_that_knows_them() -> None:
    async with sending(Moody()) as connector:
        outcome = await send(connector, Task(7, "notify", 1, 1, {**BRIEF, "to": "林@example.org"}))
    assert isinstance(outcome, NeedsPerson)


class Saying(asyncio.Protocol):
    """Greets with what it is given, and answers nothing after that."""

    def __init__(self, greeting: bytes) -> None:
        self._greeting = greeting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._greeting)


@pytest.mark.parametrize("greeting", [b"", b"554 go away\r\n", b"421 busy\r\n", b"hello?\r\n", b"220 fine\r\n"])
async def test_a_server_that_never_gets_to_the_point_has_sent_nothing(greeting: bytes) -> None:
    async with serving(lambda: Saying(greeting)) as address:
        options = {"url": f"smtp://{address}", "sender": "care@example.net", "timeout_seconds": 0.3}
        connector = connect("mail", options)
        outcome = await send(connector)
        health = await connector.health()
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed
    assert not health.ok
    assert health.advice


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS for 127.0.0.1, and the authority to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return context, public


class Doorkeeper:
    def __init__(self) -> None:
        self.seen: list[tuple[Any, bool]] = []

    def __call__(self, server: SMTP, session: Session, _e: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.seen.append((data, session.ssl is not None))
        return AuthResult(success=data.password == b"p@ss", handled=False)


def guarded(handler: Moody, keeper: Doorkeeper, tls: ssl.SSLContext) -> Callable[[], asyncio.Protocol]:
    return lambda: SMTP(handler, hostname="mail.test", tls_context=tls, authenticator=keeper, auth_required=True)


async def test_credentials_travel_under_tls_to_a_server_that_proves_itself(tmp_path: Path) -> None:
    tls, authority = certificate(tmp_path)
    handler, keeper = Moody(), Doorkeeper()
    async with serving(guarded(handler, keeper, tls)) as address:
        port = address.rpartition(":")[2]
        url = f"smtp://us%40er:p%40ss@localhost:{port}?starttls=always"
        connector = connect("mail", {"url": url, "sender": "care@example.net", "ca_file": authority})
        assert isinstance(await send(connector), Done)
        await connector.close()
    ((credentials, encrypted),) = keeper.seen
    assert (credentials.login, encrypted) == (b"us@er", True)


async def test_a_server_that_cannot_prove_itself_gets_no_credentials(tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path)
    keeper = Doorkeeper()
    async with serving(guarded(Moody(), keeper, tls)) as address:
        url = f"smtp://user:p%40ss@localhost:{address.rpartition(':')[2]}?starttls=always"
        connector = connect("mail", {"url": url, "sender": "care@example.net"})
        outcome = await send(connector)
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed
    assert keeper.seen == []


async def test_a_wrong_password_is_the_systems_failure_and_is_never_shown(tmp_path: Path) -> None:
    tls, authority = certificate(tmp_path)
    async with serving(guarded(Moody(), Doorkeeper(), tls)) as address:
        url = f"smtp://user:hunter2@localhost:{address.rpartition(':')[2]}?starttls=always"
        connector = connect("mail", {"url": url, "sender": "care@example.net", "ca_file": authority})
        outcome = await send(connector)
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed
    assert "hunter2" not in outcome.why


async def test_auto_takes_whatever_tls_is_offered_where_no_credentials_are_at_stake(tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path)
    handler = Moody()
    async with serving(lambda: SMTP(handler, hostname="mail.test", tls_context=tls, require_starttls=True)) as address:
        connector = connect("mail", {"url": f"smtp://{address}", "sender": "care@example.net"})
        assert isinstance(await send(connector), Done)
        await connector.close()


async def test_smtps_is_encrypted_from_the_start(tmp_path: Path) -> None:
    tls, authority = certificate(tmp_path)
    handler = Moody()
    async with serving(lambda: SMTP(handler, hostname="mail.test"), tls) as address:
        url = f"smtps://localhost:{address.rpartition(':')[2]}"
        connector = connect("mail", {"url": url, "sender": "care@example.net", "ca_file": authority})
        assert isinstance(await send(connector), Done)
        await connector.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "smtp://user:hunter2@mail.example?starttls=never"},
        {"url": "smtp://user:hunter2@mail.example?starttls=perhaps"},
        {"url": "smtp://user:hunter2@mail.example?colour=red"},
        {"url": "http://user:hunter2@mail.example"},
        {"url": "smtp://user:hunter2@mail.example:hello"},
        {"sender": "nobody"},
        {"parallel": 0},
        {"colour": "red"},
    ],
)
def test_wrong_options_are_refused_without_showing_the_password(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        connect("mail", {"url": "smtp://mail.example", "sender": "care@example.net", **wrong})
    assert "hunter2" not in str(refused.value)
