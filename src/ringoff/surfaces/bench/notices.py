"""How many notices a second are rendered, and how many are delivered to a mail server on this machine."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiosmtpd.controller import Controller

from ringoff.connectors import smtp
from ringoff.features.notices import NoticeFacts, Released, render
from ringoff.ports import Done, Task
from ringoff.surfaces.bench.rig import free_port

_ZONES = (("en", "Europe/Berlin"), ("zh-Hans", "Asia/Shanghai"), ("es", "America/Mexico_City"))


class _Sink:
    """Takes every mail and keeps none."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return "250 OK"


async def notices(lines: int, url: str | None = None) -> dict[str, Any]:
    """`lines` notices in three languages, rendered; then those same notices sent over SMTP."""
    began = time.monotonic()
    tasks = [_task(n) for n in range(lines)]
    rendered = time.monotonic() - began
    sink = Controller(_Sink(), hostname="127.0.0.1", port=free_port())
    sink.start()
    options = {"url": f"smtp://127.0.0.1:{sink.port}", "sender": "care@example.net"}
    connector = smtp.connect("mail", options, None)
    try:
        began = time.monotonic()
        delivered = await _deliver(connector, tasks)
        took = time.monotonic() - began
    finally:
        await connector.close()
        await asyncio.to_thread(sink.stop)
    return {
        "rendered a second": round(lines / rendered),
        "delivered a second": round(delivered / took),
        "delivered": delivered,
    }


async def _deliver(connector: Any, tasks: Sequence[Task]) -> int:
    outcomes = [outcome async for _, outcome in connector.discharge(tasks, lambda _: True)]
    return sum(isinstance(outcome, Done) for outcome in outcomes)


def _task(n: int) -> Task:
    locale, zone = _ZONES[n % 3]
    now = datetime(2026, 11, 27, 12, 0, tzinfo=UTC) + timedelta(seconds=n)
    facts = NoticeFacts(
        case_number=f"C-{n:04d}-BENCH",
        holder_name=f"Holder {n}",
        locale=locale,
        time_zone=zone,
        carrier_name="Bench",
        line_ref=f"B{n}",
        service="voice",
        msisdn=f"+49151{n:08d}",
        requested_at=now,
        effective_at=now,
        ended_at=now,
        plan=("hlr", "esim", "bindings", "billing"),
        released=(Released("hlr", now),),
        trailing=("esim", "bindings"),
        checks_after=(timedelta(days=1), timedelta(days=7), timedelta(days=30)),
    )
    message = render("closed" if n % 2 else "scheduled", facts)
    brief = {
        "message_id": f"<{n}@bench.invalid>",
        "to": f"holder{n}@example.net",
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "locale": message.language,
    }
    return Task(n, "notify", 1, 1, brief)
