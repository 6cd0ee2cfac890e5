"""One line, the task to release it, and short ways to try: what the tests of the webhook connector share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ringoff.connectors.webhook import connect
from ringoff.connectors.webhook.connector import WebhookConnector
from ringoff.ports import Outcome, Task
from tests.support.carrier import SampleCarrier

LINE = {"line_ref": "L-1", "msisdn": "+4915112345671", "imsi": "262011234567891", "iccid": "89490200001234567891"}
BRIEF: dict[str, Any] = {"case_number": "C-1", "eid": None, "service": "voice", "account_number": "A-1", **LINE}
RELEASE = Task(subject_id=7, kind="release", cycle=1, attempt=1, brief=BRIEF)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


@asynccontextmanager
async def connected(carrier: SampleCarrier, **options: Any) -> AsyncIterator[WebhookConnector]:
    connector = connect("prov", carrier.options(**options))
    yield connector
    await connector.close()


async def discharge(connector: WebhookConnector, *tasks: Task) -> list[Outcome]:
    return [outcome async for _, outcome in connector.discharge(tasks, lambda _: True)]


async def discharge_one(connector: WebhookConnector, task: Task) -> Outcome:
    (outcome,) = await discharge(connector, task)
    return outcome


def line_at(carrier: SampleCarrier, **changes: Any) -> None:
    carrier.set_line({**LINE, **changes})


def effects_of(carrier: SampleCarrier) -> dict[str, int]:
    return {effect["id"]: effect["effects"] for effect in carrier.effects()}
