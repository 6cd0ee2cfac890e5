"""The mail connector: one notice, or one letter, is one message to one recipient.

Mail cannot be read back. A message whose answer was lost is sent again with the same Message-ID, by which the
recipient's system recognises the repeat; twice told is better than never.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import aiosmtplib

from ringoff.connectors.smtp.address import NoAddress, masked
from ringoff.connectors.smtp.answers import Stage, refused, said
from ringoff.connectors.smtp.connections import Connections
from ringoff.connectors.smtp.letter import Letter, write_letter
from ringoff.connectors.smtp.options import Options
from ringoff.kit.abreast import abreast
from ringoff.ports import (
    Done,
    Evidence,
    Health,
    NeedsPerson,
    Outcome,
    ReadBack,
    RetryAfter,
    StillOurs,
    Task,
    Unknown,
)

_HEALTH_SECONDS = 4.0
_CLOSING = 421


class SmtpConnector:
    trial = False

    def __init__(self, name: str, options: Options) -> None:
        self.parallel = options.parallel
        self._name = name
        self._sender = options.mailbox
        self._connections = Connections(options)
        self._slots = asyncio.Semaphore(options.parallel)

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        async def act(task: Task) -> Outcome | None:
            async with self._slots:
                return await self._act(task, still_ours) if still_ours(task) else None

        async for task, outcome in abreast(batch, min(len(batch), self.parallel), act):
            if outcome is not None:
                yield task, outcome

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        return "unsure", {"why": "mail cannot be read back"}

    async def health(self) -> Health:
        connection = self._connections.idle()
        try:
            async with asyncio.timeout(_HEALTH_SECONDS):
                connection = connection or await self._connections.fresh()
                answer = await connection.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            if connection is not None:
                connection.close()
            return Health(False, _reason(error), "Is the mail server running, and is the mail url right?")
        self._connections.give_back(connection)
        return Health(True, said(answer.code, answer.message))

    async def close(self) -> None:
        await self._connections.close()

    async def _act(self, task: Task, still_ours: StillOurs) -> Outcome | None:
        if task.kind not in ("notify", "deliver"):
            return NeedsPerson(f"a mail system takes no {task.kind}")
        try:
            letter = write_letter(task.brief, self._sender, f"{self._name}.{task.idempotency_key}", datetime.now(UTC))
        except NoAddress as error:
            return NeedsPerson(str(error))
        kept = self._connections.idle()
        if kept is not None and still_ours(task):
            outcome = await self._transact(kept, letter)
            if not (isinstance(outcome, RetryAfter) and outcome.system_failed):
                return outcome  # else the server has probably closed what we kept: what a new connection says counts
        try:
            fresh = await self._connections.fresh()
        except (aiosmtplib.SMTPException, OSError) as error:
            return RetryAfter(_reason(error), system_failed=True)
        if still_ours(task):
            return await self._transact(fresh, letter)
        self._connections.give_back(fresh)
        return None

    async def _transact(self, connection: aiosmtplib.SMTP, letter: Letter) -> Outcome:
        if letter.international and not connection.supports_extension("smtputf8"):
            self._connections.give_back(connection)
            return NeedsPerson("the mail server takes no address in this script")
        stage: Stage = "MAIL"
        clean = False
        try:
            await connection.mail(letter.sender, **_international(letter))
            stage = "RCPT"
            await connection.rcpt(letter.recipient, encoding="utf-8")
            stage = "DATA"
            answer = await connection.data(letter.octets)
            clean = True
            return Done(_evidence(letter, answer))
        except aiosmtplib.SMTPResponseException as error:
            clean = await _reset(connection, error.code)
            return refused(stage, error.code, error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            if stage == "DATA":
                return Unknown(f"{_reason(error)} after the message was sent", system_failed=True)
            return RetryAfter(_reason(error), system_failed=True)
        finally:
            if clean:
                self._connections.give_back(connection)
            else:
                connection.close()


def _international(letter: Letter) -> dict[str, Any]:
    return {"options": ["SMTPUTF8"], "encoding": "utf-8"} if letter.international else {}


async def _reset(connection: aiosmtplib.SMTP, code: int) -> bool:
    """Forget the refused message; whether the connection can carry another."""
    if code == _CLOSING or not 400 <= code < 600:
        return False
    try:
        await connection.rset()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


def _evidence(letter: Letter, answer: aiosmtplib.SMTPResponse) -> Evidence:
    return {
        "message_id": letter.message_id,
        "to": masked(letter.recipient),
        "answer": said(answer.code, answer.message),
    }


def _reason(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"answered {said(error.code, error.message)}"
    return str(error) or type(error).__name__
