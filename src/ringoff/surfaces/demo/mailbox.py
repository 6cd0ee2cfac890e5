"""A mail server that keeps what it gets: every message is a file, nothing goes any further."""

import asyncio
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self._count = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Mailbox":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._count = len(list(self.folder.glob("*.eml")))
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd calls this once a message is whole."""
        self._count += 1
        content = envelope.content
        assert isinstance(content, bytes)
        unfinished = self.folder / f"{self._count:04}.part"
        unfinished.write_bytes(content)
        unfinished.rename(unfinished.with_suffix(".eml"))
        return "250 kept"

    def about(self, case_number: str) -> list[tuple[Path, EmailMessage]]:
        """The messages that tell of a case, oldest first."""
        found = []
        for path in sorted(self.folder.glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if isinstance(message, EmailMessage) and case_number in text_of(message):
                found.append((path, message))
        return found


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""
