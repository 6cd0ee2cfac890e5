"""Doing what was accepted once its time has come, and calling Ringoff back about it until it has heard."""

import asyncio
import json
import logging
import secrets
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from sample_carrier.ledger import Ledger, Row
from sample_carrier.provisioning import carry_out_due

LOOK_EVERY = 0.05  # seconds
WAIT_MOST = 30.0  # seconds between tries while Ringoff does not answer
AT_ONCE = 16
UNTOLD = "SELECT id, number FROM work WHERE told = 0 AND status <> 'accepted' ORDER BY number LIMIT 500"
TOLD = "UPDATE work SET told = 1 WHERE id = ?"

log = logging.getLogger("sample_carrier")


async def carry_out_later(ledger: Ledger) -> None:
    while True:
        await ledger.change(carry_out_due)
        await asyncio.sleep(LOOK_EVERY)


async def call_back(ledger: Ledger, url: str, secret: str) -> None:
    webhook, wait = Webhook(secret), LOOK_EVERY
    async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
        while True:
            untold = ledger.read(UNTOLD)
            for first in range(0, len(untold), AT_ONCE):
                calls = (tell(ledger, http, webhook, url, work) for work in untold[first : first + AT_ONCE])
                if not all(await asyncio.gather(*calls)):
                    wait = min(max(wait * 2, 0.5), WAIT_MOST)
                    break
                wait = LOOK_EVERY
            await asyncio.sleep(wait)


async def tell(ledger: Ledger, http: httpx.AsyncClient, webhook: Webhook, url: str, work: Row) -> bool:
    body = json.dumps({"id": work["id"], "reference": f"R-{work['number']}"})
    message_id, now = f"callback-{secrets.token_hex(8)}", datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook.sign(message_id, now, body),
    }
    try:
        answer = await http.post(url, content=body, headers=headers)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        log.warning("Ringoff was not told of %s: %s", work["id"], error)
        return False
    await ledger.change(lambda db: db.execute(TOLD, (work["id"],)))
    return True
